internal import CacheBase
internal import CacheEngine
internal import NIOCore

/// A call inside a transaction whose key another node leads: it goes to the part of the
/// transaction that is there.
struct PartJob {
    /// Of the transaction, on this node.
    let id: TransactionID
    /// Of the key that is written; nil for a read.
    let written: Partition?
    /// The request, with room for the part's name in the places of the transaction's.
    private let request: ForwardJob
    private let places: [Int]

    /// - Parameter names: where the request names the transaction, in its target and its body.
    init(
        _ request: Request, of id: TransactionID, to node: UInt16, written: Partition?,
        names: [UnsafeRawBufferPointer]
    ) {
        self.id = id
        self.written = written
        (self.request, places) = ForwardJob.withRoom(for: names, request, to: node)
    }

    /// A place in the loop's routing table.
    var node: UInt16 { request.node }

    /// The request as the part's node is to get it.
    func request(naming part: TransactionID) -> ForwardJob { request.naming(part, at: places) }
}

extension ForwardJob {
    /// The request with 32 bytes of room where it names its transaction.
    fileprivate static func withRoom(
        for names: [UnsafeRawBufferPointer], _ request: Request, to node: UInt16
    ) -> (ForwardJob, [Int]) {
        let head = request.head
        var places: [Int] = []
        var target = ByteBuffer()
        let inTarget = target.write(head.target.bytes(in: request.bytes), withRoomFor: names)
        var body = ByteBuffer()
        let inBody = body.write(request.body, withRoomFor: names)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(head.count + body.readableBytes + 64)
        let method = request.bytes[..<(request.bytes.firstIndex(of: UInt8(ascii: " ")) ?? 0)]
        bytes.writeBytes(method)
        bytes.writeStaticString(" ")
        places += inTarget.map { $0 + bytes.readableBytes }
        bytes.writeBuffer(&target)
        bytes.writeStaticString(" HTTP/1.1\r\nHost: dcs\r\n")
        copyFields(request, to: &bytes)
        let mayWrite = !(head.method == .get || head.method == .head)
        if head.framing != .none || body.readableBytes > 0 || mayWrite {
            bytes.writeString("Content-Length: \(body.readableBytes)\r\n")
        }
        bytes.writeStaticString("\r\n")
        places += inBody.map { $0 + bytes.readableBytes }
        bytes.writeBuffer(&body)
        // Nothing is applied before the commit, whatever is heard of the call.
        let job = ForwardJob(
            node: node, bytes: bytes, isHead: head.method == .head, mayWrite: mayWrite)
        return (job, places)
    }

    fileprivate func naming(_ part: TransactionID, at places: [Int]) -> ForwardJob {
        var bytes = bytes
        let text = ByteBuffer(string: part.text)
        for place in places { bytes.setBuffer(text, at: bytes.readerIndex + place) }
        return ForwardJob(node: node, bytes: bytes, isHead: isHead, mayWrite: mayWrite)
    }
}

extension ByteBuffer {
    /// Writes `text`, and in place of each of `names` that lies in it 32 zeros.
    /// - Returns: where those are.
    fileprivate mutating func write(
        _ text: UnsafeRawBufferPointer, withRoomFor names: [UnsafeRawBufferPointer]
    ) -> [Int] {
        guard let base = text.baseAddress else { return [] }
        var places: [Int] = []
        var done = 0
        let inside = names.compactMap { name -> Range<Int>? in
            guard let start = name.baseAddress else { return nil }
            let offset = start - base
            guard offset >= 0, offset + name.count <= text.count else { return nil }
            return offset..<(offset + name.count)
        }.sorted { $0.lowerBound < $1.lowerBound }
        for range in inside {
            writeBytes(text[done..<range.lowerBound])
            places.append(readableBytes)
            writeRepeatingByte(UInt8(ascii: "0"), count: TransactionID.textBytes)
            done = range.upperBound
        }
        writeBytes(text[done...])
        return places
    }
}
