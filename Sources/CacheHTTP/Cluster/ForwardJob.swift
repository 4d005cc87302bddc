internal import CacheBase
internal import NIOCore

/// A request on its way to the node that serves its key.
struct ForwardJob {
    /// A place in the loop's routing table.
    let node: UInt16
    /// Of the key; nil where there are several.
    let partition: Partition?
    /// Head and body, as this node sends them.
    let bytes: ByteBuffer
    /// The answer has no body, whatever its head says.
    let isHead: Bool
    /// Whether it may have changed something when nothing is heard of it.
    let mayWrite: Bool

    /// Fields that are of one connection, or that this node has answered for.
    private static let dropped: [StaticString] = [
        "connection", "keep-alive", "content-length", "transfer-encoding", "expect",
        "authorization", "host", "te", "trailer", "upgrade", "proxy-authorization",
    ]

    init(node: UInt16, bytes: ByteBuffer, isHead: Bool, mayWrite: Bool) {
        self.node = node
        partition = nil
        self.bytes = bytes
        self.isHead = isHead
        self.mayWrite = mayWrite
    }

    init(_ request: Request, to node: UInt16, partition: Partition? = nil) {
        let head = request.head
        self.node = node
        self.partition = partition
        isHead = head.method == .head
        mayWrite = !(head.method == .get || head.method == .head)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(head.count + request.body.count + 64)
        // The method as it stands: the target and what follows it are written again.
        let method = request.bytes[..<(request.bytes.firstIndex(of: UInt8(ascii: " ")) ?? 0)]
        bytes.writeBytes(method)
        bytes.writeStaticString(" ")
        bytes.writeBytes(head.target.bytes(in: request.bytes))
        bytes.writeStaticString(" HTTP/1.1\r\nHost: dcs\r\n")
        Self.copyFields(request, to: &bytes)
        if head.framing != .none || !request.body.isEmpty || mayWrite {
            bytes.writeString("Content-Length: \(request.body.count)\r\n")
        }
        bytes.writeStaticString("\r\n")
        bytes.writeBytes(request.body)
        self.bytes = bytes
    }

    static func copyFields(_ request: Request, to bytes: inout ByteBuffer) {
        var line = Int(request.head.fieldsStart)
        while line < request.head.count - 2 {
            var end = line
            while request.bytes[end] != ASCII.lineFeed { end += 1 }
            var colon = line
            while colon < end, request.bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            let name = UnsafeRawBufferPointer(rebasing: request.bytes[line..<colon])
            if !dropped.contains(where: { ASCII.equalsIgnoringCase(name, $0) }) {
                bytes.writeBytes(request.bytes[line...end])
            }
            line = end + 1
        }
    }
}

/// What became of a forwarded request.
enum ForwardOutcome {
    /// The other node's answer, head and body.
    case answered(ByteBuffer)
    /// It was not sent: nothing was applied.
    case notSent
    /// It was sent, and nothing was heard of it.
    case unknown

    /// The other node has not applied it, because it does not lead the key.
    var saysNoPrimary: Bool {
        guard case .answered(let answer) = self else { return false }
        return answer.withUnsafeReadableBytes { bytes in
            let problem: StaticString = #"{"type":"urn:dcs:error:no-primary""#
            guard ASCII.hasPrefix(bytes, "HTTP/1.1 503 "), let body = ASCII.bodyStart(bytes) else {
                return false
            }
            return ASCII.hasPrefix(UnsafeRawBufferPointer(rebasing: bytes[body...]), problem)
        }
    }
}

extension ASCII {
    /// Where the body of a whole answer begins; nil where its head does not end.
    static func bodyStart(_ answer: UnsafeRawBufferPointer) -> Int? {
        var place = 3
        while place < answer.count {
            if answer[place] == 10, answer[place - 1] == 13, answer[place - 2] == 10 {
                return place + 1
            }
            place += 1
        }
        return nil
    }
}
