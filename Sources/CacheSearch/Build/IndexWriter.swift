internal import CacheBase
internal import CacheFormat

/// Puts an index together: terms in order with their postings, then the rest at once.
///
/// Invariant: `lengths[n]` is the number of words of entry n plus one, 0 where it is not indexed.
final class IndexWriter {
    private let lengths: [UInt32]
    private let words: UnsafeMutablePointer<UInt32>
    private let documents: Int
    private let total: UInt64
    private let postings: PostingsWriter
    private let dictionary = DictionaryWriter()

    init(lengths: [UInt32]) {
        self.lengths = lengths
        words = .allocate(capacity: max(lengths.count, 1))
        var documents = 0
        var total: UInt64 = 0
        for (ordinal, length) in lengths.enumerated() {
            words[ordinal] = length == 0 ? 0 : length - 1
            documents += length == 0 ? 0 : 1
            total += UInt64(words[ordinal])
        }
        self.documents = documents
        self.total = total
        postings = PostingsWriter(
            lengths: words,
            meanLength: CorpusStatistics.meanLength(words: total, documents: documents))
    }

    deinit { words.deallocate() }

    /// Adds the next term; `buffer` holds at least one document.
    func add(_ key: UnsafeRawBufferPointer, _ buffer: PostingBuffer) {
        let extent = postings.add(buffer)
        dictionary.add(key, buffer, extent)
    }

    func finish(points: PointCollector, identity: SearchIdentity) -> SearchIndex {
        let column = lengthColumn()
        let parts = [
            column.bytes, dictionary.table, dictionary.blocks, postings.postings,
            postings.positions, points.encoded(),
        ]
        for part in parts { part.pad() }
        var head = SearchFileHead()
        head.identity = identity
        head.entries = lengths.count
        head.documents = documents
        head.words = total
        head.terms = dictionary.terms
        head.lengthBytes = column.width
        head.parts = parts.map { $0.count }
        let image = HeapImage(bytes: SearchFileHead.bytes + head.parts.reduce(0, +))
        var offset = SearchFileHead.bytes
        for part in parts {
            (image.base + offset).copyMemory(from: part.base, byteCount: part.count)
            offset += part.count
        }
        head.bodyChecksum = CRC32C.of(
            UnsafeRawBufferPointer(rebasing: image.buffer[SearchFileHead.bytes...]))
        head.write(to: image.base)
        return SearchIndex(trusting: head, image.buffer, owner: image)
    }

    private func lengthColumn() -> (bytes: SectionBytes, width: Int) {
        let longest = lengths.max() ?? 0
        let width = longest < 1 << 8 ? 1 : longest < 1 << 16 ? 2 : 4
        let bytes = SectionBytes(capacity: lengths.count * width + 8)
        for length in lengths {
            switch width {
            case 1: bytes.put(UInt8(length))
            case 2: bytes.put(UInt16(length))
            default: bytes.put(length)
            }
        }
        return (bytes, width)
    }
}

/// An index in memory.
final class HeapImage {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(bytes: Int) {
        base = .allocate(byteCount: bytes, alignment: 16)
        count = bytes
    }

    deinit { base.deallocate() }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}
