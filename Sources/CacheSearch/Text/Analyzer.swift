/// Turns words into terms: lower case, no accents, the stem. One for each thread.
///
/// Invariants: `folded` has room for any word that is not too long, and eight zero bytes after it;
/// `ascii` is the content of the table's classes.
final class Analyzer {
    let analysis: TextAnalysis
    private let table: CharacterTable
    private let ascii: UnsafeMutablePointer<UInt8>
    private let stemmer: Stemmer?
    private let stopWords: Set<[UInt8]>
    /// The word as of the last `fold`.
    let folded: UnsafeMutablePointer<UInt8>
    private static let foldedRoom = SearchLimits.termBytesMax + CharacterTable.foldedBytesMax + 16

    init(_ analysis: TextAnalysis) {
        self.analysis = analysis
        table = CharacterTable.standard
        ascii = .allocate(capacity: 256)
        ascii.initialize(from: table.ascii, count: 256)
        stemmer = analysis.language == "none" ? nil : Stemmer(language: analysis.language)
        stopWords = Set(analysis.stopWords.map { Array($0.utf8) })
        folded = .allocate(capacity: Self.foldedRoom)
        folded.initialize(repeating: 0, count: Self.foldedRoom)
    }

    deinit {
        ascii.deallocate()
        folded.deallocate()
    }

    func words(_ text: UnsafeRawBufferPointer) -> WordSegmenter {
        WordSegmenter(text, table, ascii: ascii)
    }

    /// Puts a word of `text` into `folded`, followed by zeros up to a multiple of eight.
    /// - Returns: its length there; 0 where nothing is left of it, or it is too long.
    @inline(__always)
    func fold(_ word: WordSegmenter.Word, of text: UnsafeRawBufferPointer) -> Int {
        let length = word.end &- word.start
        guard word.isASCII, length <= SearchLimits.termBytesMax else {
            return foldBeyondASCII(word, text)
        }
        let source = text.baseAddress.unsafelyUnwrapped + word.start
        let target = UnsafeMutableRawPointer(folded)
        var done = 0
        while done < length {
            let left = min(length &- done, 8)
            var letters: UInt64 = 0
            if word.start &+ done &+ 8 <= text.count {
                letters = source.loadUnaligned(fromByteOffset: done, as: UInt64.self)
                letters &= UInt64.max >> UInt64((8 &- left) &* 8)
            } else {
                withUnsafeMutableBytes(of: &letters) {
                    $0.baseAddress.unsafelyUnwrapped.copyMemory(
                        from: source + done, byteCount: left)
                }
            }
            target.storeBytes(of: Self.lowered(letters), toByteOffset: done, as: UInt64.self)
            done &+= 8
        }
        return length
    }

    /// Eight ASCII characters at once: the bit of lower case where a byte is A to Z.
    @inline(__always)
    private static func lowered(_ word: UInt64) -> UInt64 {
        let notBelowA = word &+ 0x3F3F_3F3F_3F3F_3F3F
        let aboveZ = word &+ 0x2525_2525_2525_2525
        return word | ((notBelowA & ~aboveZ & 0x8080_8080_8080_8080) >> 2)
    }

    private func foldBeyondASCII(
        _ word: WordSegmenter.Word, _ text: UnsafeRawBufferPointer
    ) -> Int {
        let bytes = text.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
        var index = word.start
        var count = 0
        while index < word.end {
            let (scalar, next) = UTF8Text.decode(bytes, index)
            count += table.fold(scalar, into: folded + count)
            guard count <= SearchLimits.termBytesMax else { return 0 }
            index = next
        }
        let rest = UnsafeMutableRawPointer(folded) + count
        rest.storeBytes(of: UInt64(0), as: UInt64.self)
        return count
    }

    /// Calls `body` with the term of the word that is in `folded`; with nil for a stop word.
    func withTerm<Result>(
        length: Int, _ body: (UnsafeBufferPointer<UInt8>?) -> Result
    ) -> Result {
        let word = UnsafeBufferPointer(start: folded, count: length)
        if !stopWords.isEmpty, stopWords.contains(Array(word)) { return body(nil) }
        guard let stemmer else { return body(word) }
        return stemmer.withStem(of: word) { stem in
            body(stem.isEmpty || stem.count > SearchLimits.termBytesMax ? word : stem)
        }
    }

    /// A word of a text as queries and highlights need it.
    struct Token {
        var term: [UInt8]
        /// Where the word stands, in bytes.
        var range: Range<Int>
        /// Its place among the words, stop words counted.
        var position: UInt32
    }

    /// The terms of a short text.
    func tokens(_ text: UnsafeRawBufferPointer, stems: Bool = true) -> [Token] {
        var tokens: [Token] = []
        var segmenter = words(text)
        var position: UInt32 = 0
        while let word = segmenter.next() {
            defer { position += 1 }
            let length = fold(word, of: text)
            guard length > 0 else { continue }
            let term: [UInt8]? =
                stems
                ? withTerm(length: length) { $0.map(Array.init) }
                : Array(UnsafeBufferPointer(start: folded, count: length))
            if let term {
                tokens.append(
                    Token(term: term, range: word.start..<word.end, position: position))
            }
        }
        return tokens
    }
}
