internal import NIOCore

/// Finds whole answers in what another node sends. Bytes that are no answers end the connection.
struct ResponseReader {
    struct Malformed: Error {}

    private var received = ByteBuffer()

    mutating func receive(_ bytes: inout ByteBuffer) {
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
    }

    /// The next whole answer; nil where more has to come.
    /// - Parameter isHead: it has no body, whatever its head says.
    mutating func next(isHead: Bool) throws(Malformed) -> ByteBuffer? {
        let count: Int?
        do {
            count = try received.withUnsafeReadableBytes { try Self.count(of: $0, isHead) }
        } catch {
            throw Malformed()
        }
        guard let count, received.readableBytes >= count else { return nil }
        return received.readSlice(length: count)
    }

    /// Bytes of the answer at the start; nil where its head is not whole.
    private static func count(
        of bytes: UnsafeRawBufferPointer, _ isHead: Bool
    ) throws -> Int? {
        guard let end = headEnd(bytes) else {
            guard bytes.count <= HTTPLimits.headBytesMax else { throw Malformed() }
            return nil
        }
        guard bytes.count >= 13, ASCII.hasPrefix(bytes, "HTTP/1.1 ") else { throw Malformed() }
        let digits = (9..<12).map { Int(bytes[$0]) - 48 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { throw Malformed() }
        let status = digits[0] * 100 + digits[1] * 10 + digits[2]
        if isHead || status == 204 || status == 304 { return end }
        guard let length = contentLength(bytes[..<end]), length <= HTTPLimits.forwardedBytesMax
        else { throw Malformed() }
        return end + length
    }

    private static func headEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var place = 3
        while place < bytes.count {
            if bytes[place] == ASCII.lineFeed, bytes[place - 1] == 13,
                bytes[place - 2] == ASCII.lineFeed, bytes[place - 3] == 13
            {
                return place + 1
            }
            place += 1
        }
        return nil
    }

    private static func contentLength(_ head: Slice<UnsafeRawBufferPointer>) -> Int? {
        var length: Int?
        ForwardedAnswer.forEachLine(UnsafeRawBufferPointer(rebasing: head)) { name, line in
            guard ASCII.equalsIgnoringCase(name, "content-length") else { return }
            let value = UnsafeRawBufferPointer(rebasing: line[(name.count + 1)...])
            length = Int(String(decoding: ASCII.trimmed(value), as: UTF8.self))
        }
        return length.flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// The answer of another node, taken apart.
enum ForwardedAnswer {
    /// Calls `body` with the name and the whole of each field line, without its line end.
    static func forEachLine(
        _ head: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) {
        var line = (head.firstIndex(of: ASCII.lineFeed) ?? 0) + 1
        while line < head.count - 2 {
            var end = line
            while end < head.count, head[end] != ASCII.lineFeed { end += 1 }
            var colon = line
            while colon < end, head[colon] != UInt8(ascii: ":") { colon += 1 }
            guard colon < end else { return }
            body(
                UnsafeRawBufferPointer(rebasing: head[line..<colon]),
                UnsafeRawBufferPointer(rebasing: head[line..<(end - 1)]))
            line = end + 1
        }
    }
}
