/// Percent-decoding of paths and query components (RFC 3986, section 2.1).
enum PercentCoding {
    /// Where the bytes mean something else than themselves.
    @inline(__always)
    static func isCoded(_ bytes: UnsafeRawBufferPointer, plusIsSpace: Bool) -> Bool {
        for byte in bytes
        where byte == UInt8(ascii: "%") || (plusIsSpace && byte == UInt8(ascii: "+")) {
            return true
        }
        return false
    }

    /// Decodes into `space`, which has room for `bytes.count`.
    /// - Returns: the decoded length; nil where a `%` is not followed by two hexadecimal digits.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer,
        plusIsSpace: Bool
    ) -> Int? {
        precondition(space.count >= bytes.count)
        var index = 0
        var count = 0
        while index < bytes.count {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < bytes.count, let high = ASCII.hexValue(bytes[index]),
                    let low = ASCII.hexValue(bytes[index + 1])
                else { return nil }
                byte = high << 4 | low
                index += 2
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = ASCII.space
            }
            space[count] = byte
            count += 1
        }
        return count
    }
}

/// The parameters of a query (`name=value&…`) that a route knows.
struct Query {
    /// Encoded, as they stand.
    private(set) var key: UnsafeRawBufferPointer?
    private(set) var ttl: UnsafeRawBufferPointer?
    private(set) var transactionID: UnsafeRawBufferPointer?
    /// A known parameter stands twice.
    private(set) var isRepeated = false

    /// Finds the known parameters; others are skipped, as caches' clients add their own.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        Self.forEachParameter(bytes) { note($0, $1) }
    }

    /// Calls `body` with name and value of each parameter, encoded as they stand.
    @inline(__always)
    static func forEachParameter(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        while start < bytes.count {
            var end = start
            var equals = -1
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if equals < 0, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            let nameEnd = equals < 0 ? end : equals
            let name = UnsafeRawBufferPointer(rebasing: bytes[start..<nameEnd])
            let value = UnsafeRawBufferPointer(rebasing: bytes[min(nameEnd + 1, end)..<end])
            body(name, value)
            start = end + 1
        }
    }

    @inline(__always)
    private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if ASCII.equals(name, "key") {
            isRepeated = isRepeated || key != nil
            key = value
        } else if ASCII.equals(name, "ttl") {
            isRepeated = isRepeated || ttl != nil
            ttl = value
        } else if ASCII.equals(name, "transaction_id") {
            isRepeated = isRepeated || transactionID != nil
            transactionID = value
        }
    }
}
