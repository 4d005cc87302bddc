/// What a character means for the borders of words: UAX #29, table 3, with the classes that its
/// rules tell apart.
enum WordClass: UInt8 {
    case other = 0
    /// A letter of a script that puts spaces between words.
    case letter = 1
    case digit = 2
    /// The underscore and its relatives: joins letters and digits.
    case joiner = 3
    /// Between letters, such as a colon.
    case midLetter = 4
    /// Between letters or between digits, such as a full stop.
    case midBoth = 5
    /// Between digits, such as a comma.
    case midDigit = 6
    case singleQuote = 7
    case doubleQuote = 8
    case hebrew = 9
    case katakana = 10
    /// A word by itself: ideographs, Hiragana, and scripts without spaces.
    case single = 11
    /// Belongs to the character before: marks, format characters, variation selectors.
    case extend = 12
    case zeroWidthJoiner = 13
    case regional = 14
    case pictograph = 15
    /// In the table for ASCII: the first byte of something longer.
    case beyondASCII = 16

    var isLetter: Bool { self == .letter || self == .hebrew }

    /// A word that has one of these is worth finding.
    var isWorthFinding: Bool {
        switch self {
        case .letter, .digit, .hebrew, .katakana, .single, .regional, .pictograph: true
        case .other, .joiner, .midLetter, .midBoth, .midDigit, .singleQuote, .doubleQuote,
            .extend, .zeroWidthJoiner, .beyondASCII:
            false
        }
    }

    /// The class of any character, from the properties that the standard library knows.
    init(_ scalar: Unicode.Scalar) {
        self = Self.named[scalar.value] ?? Self.general(scalar)
    }

    private static func general(_ scalar: Unicode.Scalar) -> WordClass {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .format: return .extend
        case .decimalNumber: return .digit
        case .connectorPunctuation: return .joiner
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .letterNumber:
            return letter(scalar)
        case .otherSymbol, .modifierSymbol, .mathSymbol, .otherPunctuation, .unassigned:
            if scalar.value > 0xFF, properties.isEmojiModifier { return .extend }
            if scalar.value > 0xFF, properties.isEmoji { return .pictograph }
            return properties.isAlphabetic ? .letter : .other
        default: return .other
        }
    }

    private static func letter(_ scalar: Unicode.Scalar) -> WordClass {
        let value = scalar.value
        if scalar.properties.isIdeographic || isIn(singleRanges, value) { return .single }
        if isIn(katakanaRanges, value) { return .katakana }
        if isIn(hebrewRanges, value) { return .hebrew }
        return .letter
    }

    private static func isIn(_ ranges: [ClosedRange<UInt32>], _ value: UInt32) -> Bool {
        ranges.contains { $0.contains(value) }
    }

    /// Blocks of Hiragana and of scripts whose words only a dictionary could tell apart.
    private static let singleRanges: [ClosedRange<UInt32>] = [
        0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x1950...0x19DF, 0x1A20...0x1AAF,
        0x3041...0x309F, 0xA9E0...0xA9FF, 0xAA60...0xAADF, 0x11700...0x1174F,
        0x1B001...0x1B11F, 0x1B150...0x1B152,
    ]
    private static let katakanaRanges: [ClosedRange<UInt32>] = [
        0x3031...0x3035, 0x30A0...0x30FF, 0x31F0...0x31FF, 0x32D0...0x3357, 0xFF66...0xFF9D,
        0x1AFF0...0x1AFFE, 0x1B000...0x1B000, 0x1B120...0x1B122, 0x1B164...0x1B167,
    ]
    private static let hebrewRanges: [ClosedRange<UInt32>] = [0x05D0...0x05F2, 0xFB1D...0xFB4F]

    /// Characters that table 3 names one by one.
    private static let named: [UInt32: WordClass] = {
        var classes: [UInt32: WordClass] = [
            0x27: .singleQuote, 0x22: .doubleQuote, 0x200D: .zeroWidthJoiner, 0x200B: .other,
            0x202F: .joiner, 0xFF9E: .extend, 0xFF9F: .extend, 0x05F3: .letter,
        ]
        let lists: [(WordClass, [UInt32])] = [
            (.midLetter, [0x3A, 0xB7, 0x387, 0x55F, 0x5F4, 0x2027, 0xFE13, 0xFE55, 0xFF1A]),
            (.midBoth, [0x2E, 0x2018, 0x2019, 0x2024, 0xFE52, 0xFF07, 0xFF0E]),
            (
                .midDigit,
                [
                    0x2C, 0x3B, 0x37E, 0x589, 0x60C, 0x60D, 0x66C, 0x7F8, 0x2044, 0xFE10, 0xFE14,
                    0xFE50, 0xFE54, 0xFF0C, 0xFF1B,
                ]
            ),
        ]
        for (kind, values) in lists { for value in values { classes[value] = kind } }
        for value in UInt32(0x1F1E6)...0x1F1FF { classes[value] = .regional }
        return classes
    }()
}
