package import CacheBase
internal import CacheFormat

/// An immutable index: of a sealed segment, mapped from its search file, or in memory.
///
/// Invariants: the bytes never change and live as long as the object; their checksums have been
/// verified, or they were written by this process, so that what is in them is trusted from then
/// on.
package final class SearchIndex: @unchecked Sendable {
    // Safe because: all of it is constant after construction, but for what is behind the lock of
    // `liveTotals`.
    let head: SearchFileHead
    private let image: UnsafeRawBufferPointer
    private let owner: AnyObject
    let lengths: LengthColumn
    let dictionary: TermDictionary
    let postings: UnsafeRawPointer
    let positions: UnsafeRawPointer
    let points: [[UInt8]: PointColumn]
    let meanLength: Float
    let liveTotals: LiveTotals

    /// - Parameter owner: keeps the bytes.
    init(trusting head: SearchFileHead, _ image: UnsafeRawBufferPointer, owner: AnyObject) {
        self.head = head
        self.image = image
        self.owner = owner
        var starts: [UnsafeRawPointer] = []
        var offset = SearchFileHead.bytes
        for part in head.parts {
            starts.append(image.baseAddress.unsafelyUnwrapped + offset)
            offset += part
        }
        lengths = LengthColumn(starts[0], width: head.lengthBytes)
        liveTotals = LiveTotals(head)
        dictionary = TermDictionary(table: starts[1], blocks: starts[2], terms: head.terms)
        postings = starts[3]
        positions = starts[4]
        points = PointColumn.columns(
            UnsafeRawBufferPointer(start: starts[5], count: head.parts[5]))
        meanLength = CorpusStatistics.meanLength(words: head.words, documents: head.documents)
    }

    /// Verifies and takes over the bytes of a search file.
    /// - Throws: `corruption`, `newerFormat`.
    package convenience init(
        verifying image: UnsafeRawBufferPointer, owner: AnyObject
    ) throws(StorageError) {
        let head = try SearchFileHead(verifying: image, fileBytes: UInt64(image.count))
        let body = UnsafeRawBufferPointer(rebasing: image[SearchFileHead.bytes...])
        guard CRC32C.of(body) == head.bodyChecksum else {
            throw StorageError(
                .corruption, "the search file fails its checksum",
                offset: UInt64(SearchFileHead.bytes))
        }
        self.init(trusting: head, image, owner: owner)
    }

    /// Calls `body` with all bytes of the index, as a search file has them.
    package func withImage<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // A pointer alone would not keep the object, and so its bytes.
        defer { withExtendedLifetime(self) {} }
        return try body(image)
    }

    package var identity: SearchIdentity { head.identity }
    /// Ordinals are below it.
    package var entries: Int { head.entries }
    /// Entries that are indexed.
    package var documents: Int { head.documents }
    /// Words of all documents.
    package var words: UInt64 { head.words }
    package var terms: Int { head.terms }
    package var bytes: Int { image.count }

    /// Whether the entry is indexed.
    @inline(__always)
    package func isIndexed(_ ordinal: Int) -> Bool { lengths.stored(ordinal) != 0 }

    /// Postings of an exact term; nil where no document has it.
    func term(_ key: [UInt8]) -> TermInfo? { key.withUnsafeBytes { dictionary.find($0) } }
}
