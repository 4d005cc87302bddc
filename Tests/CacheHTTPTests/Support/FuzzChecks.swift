// Shared by the fuzz targets, which are one module with the codec, and by the corpus test.
#if !FUZZ
    @testable import CacheHTTP
#endif

/// What must hold of any input at all. A violation stops the process. Each check tells whether the
/// input was accepted.
enum FuzzChecks {
    static let all: [(name: String, check: @Sendable (UnsafeRawBufferPointer) -> Bool)] = [
        ("request", request), ("fields", fields), ("json", json),
    ]

    /// A request parses the same in one piece and in two, and every extent lies inside of it.
    static func request(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first else { return false }
        let bytes = UnsafeRawBufferPointer(rebasing: input[1...])
        var whole = RequestParser()
        let step = whole.parse(bytes)
        var split = RequestParser()
        let cut = bytes.isEmpty ? 0 : Int(first) % bytes.count
        let early = split.parse(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
        if early == .incomplete {
            precondition(split.parse(bytes) == step, "a split changes the outcome")
        } else {
            precondition(early == step, "more bytes change what was decided")
        }
        guard step == .complete else { return false }
        let head = whole.head
        recall(bytes, head)
        precondition(head.count <= bytes.count && head.count <= HTTPLimits.headBytesMax)
        precondition(head.path(in: bytes).count + head.query(in: bytes).count < head.count)
        for name in ["if-match", "if-none-match", "cache-control", "host"] as [StaticString] {
            head.forEachValue(of: name, in: bytes) { _ = fields($0, number: first) }
        }
        for part in [head.range.bytes(in: bytes), head.path(in: bytes), head.query(in: bytes)] {
            _ = fields(part, number: first)
        }
        if head.framing == .chunked {
            chunks(UnsafeRawBufferPointer(rebasing: bytes[head.count...]), cut: Int(first))
        }
        return true
    }

    /// A parser that read the same head before, with a longer or shorter target, reads it alike.
    private static func recall(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) {
        var parser = RequestParser()
        let target = head.target
        for earlier in ["/", "/cache?key=a%20much?longer/key#"] as [StaticString] {
            var other = Array(bytes[..<Int(target.start)])
            other += UnsafeBufferPointer(start: earlier.utf8Start, count: earlier.utf8CodeUnitCount)
            other += bytes[target.end..<head.count]
            _ = other.withUnsafeBytes { parser.parse($0) }
            parser.reset()
            precondition(parser.parse(bytes) == .complete, "refused after a like one")
            var recalled = parser.head
            recalled.takeUnset(of: head)
            precondition(recalled == head, "read otherwise after a like one")
            parser.reset()
        }
    }

    /// A text that is accepted is UTF-8, and its strings come back from what is written of them.
    static func json(_ text: UnsafeRawBufferPointer) -> Bool {
        let isBatch = (try? BatchDocument(text)) != nil
        var scanner = JSONScanner(text)
        let all: OperationFields.Members = OperationFields.Members.ofPut.union(.kind)
        guard let fields = try? OperationFields(&scanner, allowed: all),
            (try? scanner.end()) != nil
        else { return isBatch }
        precondition(String(validating: text, as: UTF8.self) != nil, "accepted what is not UTF-8")
        for string in [fields.key, fields.value] { roundTrip(string, text) }
        return true
    }

    private static func roundTrip(_ string: JSONString, _ text: UnsafeRawBufferPointer) {
        var space = [UInt8](repeating: 0, count: Int(string.extent.count))
        let count = space.withUnsafeMutableBytes { string.unescape(text, into: $0) }
        let value = Array(space[..<count])
        let written = value.withUnsafeBytes { bytes -> [UInt8] in
            let form = JSONText(measuring: bytes)
            precondition(form != .binary, "a string that is not UTF-8")
            var room = [UInt8](repeating: 0, count: form.count(of: bytes) + 2)
            room.withUnsafeMutableBytes {
                var cursor = ByteCursor($0)
                cursor.write("\"")
                form.write(bytes, to: &cursor)
                cursor.write("\"")
                precondition(cursor.count == $0.count, "the measure is wrong")
            }
            return room
        }
        written.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard let again = try? scanner.string() else { preconditionFailure("cannot be read") }
            var back = [UInt8](repeating: 0, count: Int(again.extent.count))
            let length = back.withUnsafeMutableBytes { again.unescape(bytes, into: $0) }
            precondition(Array(back[..<length]) == value, "comes back as another")
        }
    }

    private static func chunks(_ bytes: UnsafeRawBufferPointer, cut: Int) {
        let middle = bytes.isEmpty ? 0 : cut % bytes.count
        let parts = [
            UnsafeRawBufferPointer(rebasing: bytes[..<middle]),
            UnsafeRawBufferPointer(rebasing: bytes[middle...]),
        ]
        let inOne = decode([bytes])
        let inTwo = decode(parts)
        precondition(inOne.body == inTwo.body && inOne.last == inTwo.last, "a split changes it")
    }

    private static func decode(
        _ parts: [UnsafeRawBufferPointer]
    ) -> (body: [UInt8], last: ChunkedDecoder.Event) {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        for part in parts {
            var position = 0
            reading: while true {
                let event = decoder.next(part, &position)
                precondition(position <= part.count)
                switch event {
                case .data(let data): body += Array(data.bytes(in: part))
                case .incomplete: break reading
                case .complete, .failed: return (body, event)
                }
            }
        }
        return (body, .incomplete)
    }
}

extension RequestHead {
    /// Takes over the extents that mean nothing, because their fields are not there.
    fileprivate mutating func takeUnset(of other: RequestHead) {
        if !fields.contains(.contentType) { contentType = other.contentType }
        if !fields.contains(.contentEncoding) { contentEncoding = other.contentEncoding }
        if !fields.contains(.ifRange) { ifRange = other.ifRange }
        if !fields.contains(.range) { range = other.range }
        if !fields.contains(.authorization) { authorization = other.authorization }
        if !fields.contains(.wait) { wait = other.wait }
        if !fields.contains(.minLSN) { minLSN = other.minLSN }
    }
}
