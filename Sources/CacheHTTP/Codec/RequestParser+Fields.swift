extension RequestParser {
    /// Parses the field line `bytes[start..<end]`, line end excluded.
    mutating func parseField(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(RequestFault) {
        var colon = start
        while colon < end, ASCII.isToken(bytes[colon]) { colon += 1 }
        guard colon > start, colon < end, bytes[colon] == UInt8(ascii: ":") else {
            throw ASCII.isBlank(bytes[start])
                ? .malformed("A folded header line.")
                : .malformed("A header line without a name and a colon right behind it.")
        }
        var lower = colon + 1
        while lower < end, ASCII.isBlank(bytes[lower]) { lower += 1 }
        for index in lower..<end where !ASCII.isFieldValue(bytes[index]) {
            throw .malformed("A control character in a header field.")
        }
        var upper = end
        while upper > lower, ASCII.isBlank(bytes[upper - 1]) { upper -= 1 }
        let name = UnsafeRawBufferPointer(rebasing: bytes[start..<colon])
        try note(name, Extent(lower, upper), bytes)
    }

    /// Keeps a field that the data plane knows, found by the length of its name first.
    private mutating func note(
        _ name: UnsafeRawBufferPointer, _ value: Extent, _ bytes: UnsafeRawBufferPointer
    ) throws(RequestFault) {
        switch name.count {
        case 4: if isNamed(name, "host") { try noteHost(value.bytes(in: bytes)) }
        case 5: if isNamed(name, "range") { Self.once(.range, &head.fields, &head.range, value) }
        case 6: if isNamed(name, "expect") { noteExpect(value.bytes(in: bytes)) }
        case 8:
            if isNamed(name, "if-match") { head.fields.insert(.ifMatch) }
            if isNamed(name, "if-range") { Self.once(.ifRange, &head.fields, &head.ifRange, value) }
            if isNamed(name, "dcs-wait") { Self.once(.wait, &head.fields, &head.wait, value) }
        case 10: if isNamed(name, "connection") { noteConnection(value.bytes(in: bytes)) }
        case 11:
            if isNamed(name, "dcs-min-lsn") {
                Self.once(.minLSN, &head.fields, &head.minLSN, value)
            }
        case 12:
            if isNamed(name, "content-type") {
                Self.once(.contentType, &head.fields, &head.contentType, value)
            }
        case 13:
            if isNamed(name, "if-none-match") { head.fields.insert(.ifNoneMatch) }
            if isNamed(name, "cache-control") { head.fields.insert(.cacheControl) }
            if isNamed(name, "authorization") {
                Self.once(.authorization, &head.fields, &head.authorization, value)
            }
        case 14: if isNamed(name, "content-length") { try noteLength(value.bytes(in: bytes)) }
        case 16:
            if isNamed(name, "content-encoding") {
                Self.once(.contentEncoding, &head.fields, &head.contentEncoding, value)
            }
        case 17: if isNamed(name, "transfer-encoding") { try noteCoding(value.bytes(in: bytes)) }
        default: break
        }
    }

    @inline(__always)
    private func isNamed(_ name: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        ASCII.equalsIgnoringCase(name, text)
    }

    private static func once(
        _ field: FieldSet, _ fields: inout FieldSet, _ place: inout Extent, _ value: Extent
    ) {
        fields.insert(fields.contains(field) ? [field, .repeated] : field)
        place = value
    }

    private mutating func noteHost(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        guard !head.fields.contains(.host) else { throw .malformed("Two Host fields.") }
        for byte in value where !ASCII.isHost(byte) { throw .malformed("A malformed Host.") }
        head.fields.insert(.host)
    }

    private mutating func noteExpect(_ value: UnsafeRawBufferPointer) {
        let isContinue = ASCII.equalsIgnoringCase(value, "100-continue")
        head.fields.insert(isContinue ? .expectContinue : .expectOther)
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        var found: FieldSet = []
        ASCII.forEachListElement(value) { option in
            if ASCII.equalsIgnoringCase(option, "close") { found.insert(.close) }
            if ASCII.equalsIgnoringCase(option, "keep-alive") { found.insert(.keepAlive) }
            return true
        }
        head.fields.formUnion(found)
    }

    /// One number, or the same number several times; anything else leaves the framing unknown.
    private mutating func noteLength(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        var start = 0
        for index in 0...value.count {
            if index < value.count, value[index] != UInt8(ascii: ",") { continue }
            let element = ASCII.trimmed(UnsafeRawBufferPointer(rebasing: value[start..<index]))
            let length = try Self.length(element)
            if head.fields.contains(.contentLength), head.framing != .length(length) {
                throw .malformed("Different Content-Lengths.")
            }
            head.framing = .length(length)
            head.fields.insert(.contentLength)
            start = index + 1
        }
    }

    private static func length(_ digits: UnsafeRawBufferPointer) throws(RequestFault) -> Int {
        guard !digits.isEmpty, digits.count <= HTTPLimits.contentLengthDigitsMax else {
            throw .malformed("A malformed Content-Length.")
        }
        var length = 0
        for byte in digits {
            guard ASCII.isDigit(byte) else { throw .malformed("A malformed Content-Length.") }
            length = length * 10 + Int(byte - 0x30)
        }
        return length
    }

    private mutating func noteCoding(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        guard !head.fields.contains(.transferEncoding) else {
            throw .malformed("Two Transfer-Encoding fields.")
        }
        guard ASCII.equalsIgnoringCase(value, "chunked") else {
            throw value.count > 8 && Self.endsInChunked(value)
                ? RequestFault(501, "Of transfer codings, only chunked is known.")
                : .malformed("A Transfer-Encoding that is not chunked.")
        }
        head.fields.insert(.transferEncoding)
        head.framing = .chunked
    }

    /// True where `chunked` is the last of several codings, and only the last.
    private static func endsInChunked(_ value: UnsafeRawBufferPointer) -> Bool {
        var chunked = 0
        var isLast = false
        ASCII.forEachListElement(value) { coding in
            isLast = ASCII.equalsIgnoringCase(coding, "chunked")
            chunked += isLast ? 1 : 0
            return true
        }
        return isLast && chunked == 1
    }
}
