internal import CacheFormat

/// Copies terms with all their documents and places, as a merge does with each term of each source:
/// most are in a few documents, and those take no memory of their own.
final class PostingsCopy {
    private let values = UnsafeMutablePointer<UInt32>.allocate(capacity: BitPacking.length)

    deinit { values.deallocate() }

    /// Adds the postings of a term to `buffer`, but those of entries that are dropped.
    func append(_ source: SearchIndexMerger.Source, _ info: TermInfo, to buffer: PostingBuffer) {
        let places = PlaceStream(source.index, info, values: values)
        var copy = TermCopy(source: source, places: places, buffer: buffer)
        if info.documents == 1 {
            copy.add(info.single, UInt32(info.places))
        } else if info.documents < BitPacking.length {
            copy.addTail(source.index.postings + info.postingsOffset, info.documents)
        } else {
            let cursor = PostingsCursor(source.index, info)
            while cursor.document != PostingsCursor.ended {
                copy.add(cursor.document, cursor.frequency)
                cursor.next()
            }
        }
    }
}

/// One term on its way from an index to a buffer.
///
/// Invariant: `places` stands at the first place of the next document.
private struct TermCopy {
    let source: SearchIndexMerger.Source
    var places: PlaceStream
    let buffer: PostingBuffer

    @inline(__always)
    mutating func add(_ document: UInt32, _ frequency: UInt32) {
        let target = source.ordinals[Int(document)]
        guard target != SearchIndexMerger.dropped else {
            for _ in 0..<frequency { _ = places.next() }
            return
        }
        buffer.open(document: target)
        for _ in 0..<frequency { buffer.place(delta: places.next()) }
    }

    /// Adds documents that are not packed.
    mutating func addTail(_ start: UnsafeRawPointer, _ documents: Int) {
        var bytes = start
        var previous: UInt32 = 0
        for _ in 0..<documents {
            let code = Varint.next(&bytes)
            let document = previous &+ code >> 1
            add(document, code & 1 == 1 ? 1 : Varint.next(&bytes) &+ 2)
            previous = document &+ 1
        }
    }
}
