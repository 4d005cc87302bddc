/// Reads a log of requests as it comes, piece by piece, in the space of a line and the trace.
///
/// A line is a key, and behind blanks or tabs its size in bytes and the time in seconds, where they
/// are known: `user:17 2048 1700000000.25`. Requests count in the order of the lines; times are
/// checked for being numbers, and for nothing else. Empty lines and those that begin with `#` are
/// passed over. Bad lines are counted and skipped; the first are told with number and reason.
package struct RequestLog {
    /// A line that is none of a log.
    package struct BadLine: Equatable, Sendable {
        /// From 1.
        package let number: Int
        package let reason: String
    }

    private var builder = TraceBuilder()
    private var line: [UInt8] = []
    private var lineNumber = 1
    private var isTooLong = false
    package private(set) var requests = 0
    package private(set) var badLineCount = 0
    /// The first of them.
    package private(set) var badLines: [BadLine] = []

    package init() {}

    /// Takes the next bytes.
    /// - Throws: `TraceBuilder.Full` where the log has more requests or keys than is allowed.
    package mutating func read(_ bytes: some Sequence<UInt8>) throws(TraceBuilder.Full) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                try endLine()
            } else if line.count < EvictionLimits.lineBytesMax {
                line.append(byte)
            } else {
                isTooLong = true
            }
        }
    }

    /// Ends the last line, which may lack its line end.
    /// - Throws: as `read`.
    package mutating func end() throws(TraceBuilder.Full) {
        if !line.isEmpty || isTooLong { try endLine() }
    }

    /// The trace of all good lines.
    package consuming func trace(named name: String) -> Trace { builder.trace(named: name) }

    private mutating func endLine() throws(TraceBuilder.Full) {
        if isTooLong {
            note("longer than \(EvictionLimits.lineBytesMax) bytes")
        } else {
            try take(line[...])
        }
        line.removeAll(keepingCapacity: true)
        isTooLong = false
        lineNumber += 1
    }

    private mutating func note(_ reason: String) {
        badLineCount += 1
        guard badLines.count < EvictionLimits.badLinesTold else { return }
        badLines.append(BadLine(number: lineNumber, reason: reason))
    }

    private mutating func take(_ line: ArraySlice<UInt8>) throws(TraceBuilder.Full) {
        let fields = line.split { byte in
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        }
        guard let key = fields.first, key.first != UInt8(ascii: "#") else { return }
        guard fields.count <= 3 else { return note("more than key, size and time") }
        var bytes: UInt32 = 1
        if fields.count > 1 {
            guard let size = Self.number(fields[1]).flatMap(UInt32.init(exactly:)) else {
                return note("the size is no number of bytes below 4 GiB")
            }
            bytes = size
        }
        if fields.count > 2, !Self.isTime(fields[2]) { return note("the time is no number") }
        try builder.add(Self.hash(key), bytes: bytes)
        requests += 1
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), value < 1 << 56 else {
                return nil
            }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Digits with at most one dot.
    private static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && number($0) != nil }
    }

    /// FNV-1a of 64 bits, its bits mixed once more. Nobody is defended against here.
    private static func hash(_ key: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15
    }
}
