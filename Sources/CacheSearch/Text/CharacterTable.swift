/// For each character of the basic plane what it means for words and what it is searched as.
///
/// Constant after construction. 192 KiB, made once in a few milliseconds; asked for every
/// character that is not ASCII.
final class CharacterTable: Sendable {
    /// The one table: it depends on nothing but the Unicode version of the standard library.
    static let standard = CharacterTable()

    /// Codes of `folds`: 0 stays as it is, `dropped` vanishes, `expansion` + n stands for several
    /// characters; anything else is the character that it becomes.
    private static let dropped: UInt16 = 1
    private static let expansion: UInt16 = 0xE000

    private let classes: [UInt8]
    private let folds: [UInt16]
    private let expansions: [[UInt8]]
    /// The classes of ASCII, and `beyondASCII` for every other byte.
    let ascii: [UInt8]

    private init() {
        var classes = [UInt8](repeating: 0, count: 65_536)
        var folds = [UInt16](repeating: 0, count: 65_536)
        var expansions: [[UInt8]] = []
        let accents = Self.accents()
        for value in 0..<UInt32(65_536) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            classes[Int(value)] = WordClass(scalar).rawValue
            let folded = Self.folded(scalar, accents)
            guard folded != [scalar] else { continue }
            if folded.isEmpty {
                folds[Int(value)] = Self.dropped
            } else if folded.count == 1, folded[0].value < 0xE000 {
                folds[Int(value)] = UInt16(folded[0].value)
            } else {
                folds[Int(value)] = Self.expansion + UInt16(expansions.count)
                expansions.append(folded.flatMap { Array(String($0).utf8) })
            }
        }
        self.classes = classes
        self.folds = folds
        self.expansions = expansions
        ascii = (0..<256).map { $0 < 128 ? classes[$0] : WordClass.beyondASCII.rawValue }
    }

    func wordClass(_ scalar: Unicode.Scalar) -> WordClass {
        guard scalar.value < 65_536 else { return WordClass(scalar) }
        return WordClass(rawValue: classes[Int(scalar.value)]) ?? .other
    }

    /// Writes what `scalar` is searched as, in UTF-8; at most `foldedBytesMax` bytes.
    func fold(_ scalar: Unicode.Scalar, into target: UnsafeMutablePointer<UInt8>) -> Int {
        guard scalar.value < 65_536 else { return foldBeyond(scalar, into: target) }
        let code = folds[Int(scalar.value)]
        if code == 0 { return Self.encode(scalar, target) }
        if code == Self.dropped { return 0 }
        if code < Self.expansion {
            return Self.encode(Unicode.Scalar(code) ?? scalar, target)
        }
        let bytes = expansions[Int(code - Self.expansion)]
        for (index, byte) in bytes.enumerated() { target[index] = byte }
        return bytes.count
    }

    /// The longest that one character becomes.
    static let foldedBytesMax = 16

    private func foldBeyond(
        _ scalar: Unicode.Scalar, into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard scalar.properties.changesWhenLowercased else { return Self.encode(scalar, target) }
        var count = 0
        for byte in scalar.properties.lowercaseMapping.utf8.prefix(Self.foldedBytesMax) {
            target[count] = byte
            count += 1
        }
        return count
    }

    private static func encode(
        _ scalar: Unicode.Scalar, _ target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var count = 0
        for byte in UTF8.encode(scalar).unsafelyUnwrapped {
            target[count] = byte
            count += 1
        }
        return count
    }

    // MARK: Making the table

    private static func accents() -> [Unicode.Scalar: [Unicode.Scalar]] {
        var accents: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for group in AccentTable.groups {
            for scalar in group.accented.unicodeScalars {
                accents[scalar] = Array(group.plain.unicodeScalars)
            }
        }
        return accents
    }

    private static func folded(
        _ scalar: Unicode.Scalar, _ accents: [Unicode.Scalar: [Unicode.Scalar]]
    ) -> [Unicode.Scalar] {
        if vanishing.contains(where: { $0.contains(scalar.value) }) { return [] }
        var plain = scalar
        // The forms as wide as an ideograph: the same letters, elsewhere.
        if (0xFF10...0xFF5A).contains(scalar.value) {
            plain = Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        }
        let lower =
            plain.properties.changesWhenLowercased
            ? Array(plain.properties.lowercaseMapping.unicodeScalars) : [plain]
        return lower.flatMap { accents[$0] ?? [$0] }.filter { single in
            !vanishing.contains { $0.contains(single.value) }
        }
    }

    /// Accents that stand behind their letter, vowel points of Hebrew and Arabic, invisible signs.
    private static let vanishing: [ClosedRange<UInt32>] = [
        0xAD...0xAD, 0x0300...0x036F, 0x0591...0x05BD, 0x05BF...0x05BF, 0x05C1...0x05C2,
        0x05C4...0x05C5, 0x05C7...0x05C7, 0x0640...0x0640, 0x064B...0x065F, 0x0670...0x0670,
        0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064,
        0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFEFF...0xFEFF,
    ]
}
