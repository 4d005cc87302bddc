/// Finds the words of a UTF-8 text, one after the other: UAX #29, rules WB3c to WB16.
///
/// A word is kept where it has a letter, a digit, an ideograph or an emoji. The text must be valid
/// UTF-8 (see `UTF8Text`), and must stay where it is.
/// - Complexity: O(length); a table look-up a byte where the text is ASCII.
struct WordSegmenter {
    private let bytes: UnsafePointer<UInt8>
    private let end: Int
    private var offset = 0
    private let table: CharacterTable
    private let ascii: UnsafePointer<UInt8>

    /// A word's place, and whether all of it is ASCII.
    struct Word {
        var start: Int
        var end: Int
        var isASCII: Bool
    }

    /// - Parameter ascii: the bytes of `table.ascii`, held by the caller.
    init(
        _ text: UnsafeRawBufferPointer, _ table: CharacterTable, ascii: UnsafePointer<UInt8>
    ) {
        bytes =
            text.baseAddress?.assumingMemoryBound(to: UInt8.self)
            ?? UnsafePointer(bitPattern: 8)!
        end = text.count
        self.table = table
        self.ascii = ascii
    }

    /// The next word; nil at the end of the text.
    @inline(__always)
    mutating func next() -> Word? {
        while offset < end {
            let kind = ascii[Int(bytes[offset])]
            if kind == 0 || (kind > 3 && kind < 16) {
                offset &+= 1
                continue
            }
            if kind == WordClass.beyondASCII.rawValue {
                if let word = nextBeyondASCII(from: offset) { return word }
                continue
            }
            if let word = nextASCII() { return word }
        }
        return nil
    }

    /// A word that begins with an ASCII letter, digit or underscore.
    @inline(__always)
    private mutating func nextASCII() -> Word? {
        let start = offset
        var index = start
        var seen: UInt8 = 0
        var previous: UInt8 = 0
        while index < end {
            let kind = ascii[Int(bytes[index])]
            if kind &- 1 < 3 {
                seen |= kind
                previous = kind
                index &+= 1
                continue
            }
            if kind == WordClass.beyondASCII.rawValue { return nextBeyondASCII(from: start) }
            guard kind >= 4, kind <= 7, index &+ 1 < end, joins(previous, kind, index &+ 1) else {
                break
            }
            if bytes[index &+ 1] >= 128 { return nextBeyondASCII(from: start) }
            index &+= 1
        }
        offset = index
        // An underscore alone sets both bits of its class; what counts is a letter or a digit.
        guard seen != WordClass.joiner.rawValue || hasLetterOrDigit(start, index) else {
            return nil
        }
        return Word(start: start, end: index, isASCII: true)
    }

    /// Whether a mark of class `kind` after `previous` may be inside of a word.
    @inline(__always)
    private func joins(_ previous: UInt8, _ kind: UInt8, _ following: Int) -> Bool {
        let next = ascii[Int(bytes[following])]
        let isBeyond = next == WordClass.beyondASCII.rawValue
        if previous == WordClass.letter.rawValue {
            return kind != WordClass.midDigit.rawValue
                && (next == WordClass.letter.rawValue || isBeyond)
        }
        if previous == WordClass.digit.rawValue {
            return kind != WordClass.midLetter.rawValue
                && (next == WordClass.digit.rawValue || isBeyond)
        }
        return false
    }

    private func hasLetterOrDigit(_ start: Int, _ end: Int) -> Bool {
        (start..<end).contains { ascii[Int(bytes[$0])] != WordClass.joiner.rawValue }
    }

    // MARK: All of Unicode

    /// A word by all the rules, from `start`; nil where it is not worth finding.
    private mutating func nextBeyondASCII(from start: Int) -> Word? {
        var (scalar, index) = decode(start)
        var before = WordClass.other
        var last = table.wordClass(scalar)
        var isWorthFinding = last.isWorthFinding
        var afterJoiner = last == .zeroWidthJoiner
        var regionals = last == .regional ? 1 : 0
        while index < end {
            let (following, next) = decode(index)
            let kind = table.wordClass(following)
            scalar = following
            if kind == .extend || kind == .zeroWidthJoiner {
                guard last != .other || isWorthFinding else { break }
                afterJoiner = kind == .zeroWidthJoiner
                index = next
                continue
            }
            guard
                (afterJoiner && kind == .pictograph)
                    || isInside(before, last, kind, next, regionals)
            else { break }
            isWorthFinding = isWorthFinding || kind.isWorthFinding
            regionals = kind == .regional ? regionals + 1 : 0
            (before, last, afterJoiner, index) = (last, kind, false, next)
        }
        offset = index
        return isWorthFinding ? Word(start: start, end: index, isASCII: false) : nil
    }

    /// True where no border is between `last` and `kind`; rules WB5 to WB16.
    private func isInside(
        _ before: WordClass, _ last: WordClass, _ kind: WordClass, _ next: Int, _ regionals: Int
    ) -> Bool {
        switch kind {
        case .letter, .hebrew:
            if last.isLetter || last == .digit || last == .joiner { return true }
            if last == .doubleQuote { return before == .hebrew && kind == .hebrew }
            return before.isLetter && (last == .midLetter || isMiddle(last))
        case .digit:
            if last.isLetter || last == .digit || last == .joiner { return true }
            return before == .digit && (last == .midDigit || isMiddle(last))
        case .katakana: return last == .katakana || last == .joiner
        case .joiner:
            return last.isLetter || last == .digit || last == .katakana || last == .joiner
        case .midLetter: return last.isLetter && follows(next) { $0.isLetter }
        case .midDigit: return last == .digit && follows(next) { $0 == .digit }
        case .midBoth, .singleQuote:
            if last == .hebrew && kind == .singleQuote { return true }
            if last.isLetter { return follows(next) { $0.isLetter } }
            return last == .digit && follows(next) { $0 == .digit }
        case .doubleQuote: return last == .hebrew && follows(next) { $0 == .hebrew }
        case .regional: return last == .regional && regionals % 2 == 1
        case .other, .single, .extend, .zeroWidthJoiner, .pictograph, .beyondASCII: return false
        }
    }

    private func isMiddle(_ kind: WordClass) -> Bool {
        kind == .midBoth || kind == .singleQuote
    }

    /// Whether the next character that is no mark is of a class.
    private func follows(_ start: Int, _ matches: (WordClass) -> Bool) -> Bool {
        var index = start
        while index < end {
            let (scalar, next) = decode(index)
            let kind = table.wordClass(scalar)
            guard kind == .extend || kind == .zeroWidthJoiner else { return matches(kind) }
            index = next
        }
        return false
    }

    private func decode(_ index: Int) -> (Unicode.Scalar, Int) {
        UTF8Text.decode(bytes, index)
    }
}
