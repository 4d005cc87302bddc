internal import CacheEngine
internal import CacheSearch

/// A sealed segment with its index.
struct IndexedSegment: Sendable {
    let sealed: SealedSegment
    let index: SearchIndex
    /// What was live when its entries began to move to other segments, as long as those have no
    /// index: here they are dead, there they would not be found.
    var moved: LiveDocuments?

    /// What is searched of it now.
    var searched: SearchPart {
        SearchPart(index, live: moved ?? LiveDocuments(words: sealed.liveWords()))
    }

    /// Live documents, where all that died were some.
    var documents: Int { max(0, index.documents - (index.entries - sealed.liveEntries)) }
}
