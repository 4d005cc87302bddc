#if FUZZ
    internal import CacheBase
#else
    import CacheBase
    @testable import CacheHTTP
#endif

/// The values of fields and of parameters, each taken for all of them.
extension FuzzChecks {
    /// The first byte is the length that a range is of, and the version that tags are compared with.
    static func fields(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first else { return false }
        return fields(UnsafeRawBufferPointer(rebasing: input[1...]), number: first)
    }

    static func fields(_ value: UnsafeRawBufferPointer, number: UInt8) -> Bool {
        let accepted = [
            tags(value, LSN(rawValue: UInt64(number))), version(value), range(value, Int(number)),
            lifetimes(value), query(value), base64(value),
        ]
        return accepted.contains(true)
    }

    private static func tags(_ value: UnsafeRawBufferPointer, _ version: LSN) -> Bool {
        var tags = EntityTags(comparedWith: version)
        tags.add(value)
        precondition(!tags.matchesStrongly || tags.matchesWeakly, "strong and not weak")
        precondition(tags.isMalformed || tags.isAny != (tags.count > 0), "neither a list nor any")
        precondition(tags.first == nil || tags.count > 0, "the first of none")
        var twice = tags
        twice.add(value)
        precondition(!tags.isMalformed || twice.isMalformed, "mended by a second line")
        return !tags.isMalformed
    }

    /// A version has one text.
    private static func version(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let version = EntityTags.version(value) else { return false }
        precondition(
            value.elementsEqual(String(version.rawValue).utf8), "another text of a version")
        return true
    }

    private static func range(_ value: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        switch ContentRange(value, of: count) {
        case .whole: return false
        case .unsatisfiable: return true
        case .part(let range):
            precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= count)
            return true
        }
    }

    private static func lifetimes(_ value: UnsafeRawBufferPointer) -> Bool {
        let lifetimes = [TimeToLive(seconds: value), TimeToLive(cacheControl: value)]
        for case .milliseconds(let milliseconds) in lifetimes {
            precondition(milliseconds <= HTTPLimits.ttlMillisecondsMax, "longer than any life")
        }
        return lifetimes.contains { $0 != nil }
    }

    /// Parameters lie in the query; decoded they are not longer, and without codes they stay.
    private static func query(_ value: UnsafeRawBufferPointer) -> Bool {
        let query = Query(value)
        let parts = [query.key, query.ttl, query.transactionID].compactMap { $0 }
        precondition(parts.reduce(0) { $0 + $1.count } <= value.count, "longer than the query")
        for part in parts + [value] {
            for plusIsSpace in [false, true] { decode(part, plusIsSpace) }
        }
        return !parts.isEmpty
    }

    private static func decode(_ value: UnsafeRawBufferPointer, _ plusIsSpace: Bool) {
        var space = [UInt8](repeating: 0, count: value.count)
        let count = space.withUnsafeMutableBytes {
            PercentCoding.decode(value, into: $0, plusIsSpace: plusIsSpace)
        }
        guard let count else { return }
        let isSame = space[..<count].elementsEqual(value)
        let isCoded = PercentCoding.isCoded(value, plusIsSpace: plusIsSpace)
        precondition(count <= value.count && (isCoded || isSame), "changed without a code")
    }

    /// A value has one text.
    private static func base64(_ value: UnsafeRawBufferPointer) -> Bool {
        var space = [UInt8](repeating: 0, count: value.count)
        let decoded = space.withUnsafeMutableBytes { Base64.decode(value, into: $0) }
        guard let count = decoded else { return false }
        precondition(Base64.encodedCount(count) == value.count, "another length")
        var text = [UInt8](repeating: 0, count: value.count)
        space[..<count].withUnsafeBytes { bytes in
            text.withUnsafeMutableBytes {
                var cursor = ByteCursor($0)
                Base64.encode(bytes, into: &cursor)
            }
        }
        precondition(text.elementsEqual(value), "another text of the same bytes")
        return true
    }
}
