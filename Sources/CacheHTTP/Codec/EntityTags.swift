internal import CacheBase

/// Reads `If-Match`, `If-None-Match` and `If-Range` (RFC 9110, section 13.1).
///
/// An entry's tag is its version in decimal digits between quotes, on a cluster with the mark of the
/// store that counted it behind them; strong. A well-formed tag of another form, or of another store,
/// is of no version and matches nothing.
struct EntityTags {
    /// `*`: any entry at all.
    private(set) var isAny = false
    /// How many tags stand there.
    private(set) var count = 0
    /// The field is not a list of tags.
    private(set) var isMalformed = false
    /// The first tag of a version, and whether it is weak.
    private(set) var first: (version: LSN, isWeak: Bool)?
    /// The compared version is among them, by the weak and by the strong comparison.
    private(set) var matchesWeakly = false
    private(set) var matchesStrongly = false
    private let version: LSN?
    private let mark: UnsafeRawBufferPointer

    /// Starts a list that is compared with `version`.
    /// - Parameter mark: what stands behind the digits of this store's tags; outlives the list.
    init(
        comparedWith version: LSN?,
        mark: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        self.version = version
        self.mark = mark
    }

    /// Takes in one line's value.
    mutating func add(_ value: UnsafeRawBufferPointer) {
        if ASCII.equals(value, "*") {
            isMalformed = isMalformed || count > 0 || isAny
            isAny = true
            return
        }
        var tags = self
        ASCII.forEachListElement(value) { element in
            tags.addTag(element)
            return true
        }
        self = tags
        isMalformed = isMalformed || isAny || count == 0
    }

    private mutating func addTag(_ element: UnsafeRawBufferPointer) {
        let isWeak = ASCII.hasPrefix(element, "W/")
        let tag = UnsafeRawBufferPointer(rebasing: element[(isWeak ? 2 : 0)...])
        guard Self.isQuoted(tag) else {
            isMalformed = true
            return
        }
        count += 1
        let digits = tag.count - 2 - mark.count
        guard digits > 0,
            tag[(1 + digits)..<(tag.count - 1)].elementsEqual(mark),
            let found = Self.version(UnsafeRawBufferPointer(rebasing: tag[1..<(1 + digits)]))
        else { return }
        if first == nil { first = (found, isWeak) }
        matchesWeakly = matchesWeakly || found == version
        matchesStrongly = matchesStrongly || (found == version && !isWeak)
    }

    private static func isQuoted(_ tag: UnsafeRawBufferPointer) -> Bool {
        guard tag.count >= 2, tag[0] == UInt8(ascii: "\""), tag[tag.count - 1] == tag[0] else {
            return false
        }
        for byte in tag[1..<(tag.count - 1)] where byte <= 0x20 || byte == 0x22 || byte == 0x7F {
            return false
        }
        return true
    }

    /// A version as decimal digits without a leading zero; nil for anything else.
    static func version(_ digits: UnsafeRawBufferPointer) -> LSN? {
        guard !digits.isEmpty, digits.count == 1 || digits[0] != UInt8(ascii: "0") else {
            return nil
        }
        var number: UInt64 = 0
        for byte in digits {
            guard ASCII.isDigit(byte) else { return nil }
            let (tens, high) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - 0x30))
            guard !high, !carry else { return nil }
            number = sum
        }
        return LSN(rawValue: number)
    }
}
