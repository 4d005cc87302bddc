internal import CStemmer

/// Brings words to their stem by one language's rules; one for each thread.
///
/// Invariant: the handle is open as long as the object lives.
final class Stemmer {
    private let handle: OpaquePointer

    /// - Parameter language: as `TextAnalysis.languages` names it; nil where there is no such one.
    init?(language: String) {
        guard let handle = sb_stemmer_new(language, nil) else { return nil }
        self.handle = handle
    }

    deinit { sb_stemmer_delete(handle) }

    /// Calls `body` with the stem of a word in lower case; the bytes are the stemmer's.
    func withStem<Result>(
        of word: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        guard let base = word.baseAddress,
            let stem = sb_stemmer_stem(handle, base, Int32(word.count))
        else { return body(word) }
        return body(
            UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(handle))))
    }

    /// The languages that the library of this machine knows.
    static let languages: [String] = {
        var names: [String] = []
        guard var next = sb_stemmer_list() else { return [] }
        while let name = next.pointee {
            names.append(String(cString: name))
            next += 1
        }
        return names.sorted()
    }()
}
