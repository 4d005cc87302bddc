internal import CacheBase

/// How texts become terms. Two indexes can be asked together where it is the same for both.
package struct TextAnalysis: Sendable, Equatable {
    /// The language whose rules bring words to their stem, or `none`.
    package let language: String
    /// Words that are not indexed, as terms; sorted.
    package let stopWords: [String]

    /// English stems, no stop words.
    package static let standard = TextAnalysis(known: "english", stopWords: [])
    /// Words as they are, but for case and accents.
    package static let plain = TextAnalysis(known: "none", stopWords: [])

    /// - Parameter stopWords: compared with words in lower case and without accents.
    /// - Returns: nil where no such language is known.
    package init?(language: String, stopWords: [String] = []) {
        guard Self.languages.contains(language) else { return nil }
        self.init(known: language, stopWords: stopWords)
    }

    private init(known language: String, stopWords: [String]) {
        self.language = language
        self.stopWords = Set(stopWords).sorted()
    }

    /// What `language` may be.
    package static var languages: [String] { ["none"] + Stemmer.languages }

    /// Tells analyses apart in search files: an index of another one is built anew.
    package var fingerprint: UInt32 {
        let text = ([Self.version, language] + stopWords).joined(separator: "\u{1}")
        return Array(text.utf8).withUnsafeBytes { CRC32C.of($0) }
    }

    /// The language of search files of this fingerprint; nil where it is not of this version, or
    /// there are stop words.
    package static func language(ofFingerprint fingerprint: UInt32) -> String? {
        languages.first { TextAnalysis(known: $0, stopWords: []).fingerprint == fingerprint }
    }

    /// Raised with every change of what the same text becomes.
    private static let version = "1"
}
