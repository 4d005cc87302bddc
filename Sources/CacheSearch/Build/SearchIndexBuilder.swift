package import CacheBase

/// Builds the index of a segment, or of a part of the log's tail, value by value.
///
/// One thread at a time. After `finish` or `reset` it begins anew and keeps its memory.
///
/// Invariants: `lengths` has an element for every ordinal up to the last one added; `surfaces`
/// holds words as they are written, with the chain of their stem or `noChain`;
/// `terms` holds stems, `termChains` their chains; `fieldKeys` holds pairs of path and term,
/// `fieldChains` their chains. So a word is brought to its stem once, not each time it occurs.
package final class SearchIndexBuilder {
    package let analysis: TextAnalysis
    let analyzer: Analyzer
    private let arena: Arena
    private let surfaces: WordTable
    private let terms: ByteTable
    private var termChains: [UInt32] = []
    private let paths: ByteTable
    private let fieldKeys: ByteTable
    private var fieldChains: [UInt32] = []
    private let chains: PostingChains
    private var points = PointCollector()
    private var lengths: [UInt32] = []
    private let padded: UnsafeMutableRawPointer
    private static let noChain = UInt32.max
    private static let paddedBytes = 512

    /// - Parameter bytes: address space for what is being built; only what is used takes memory.
    /// - Throws: `overloaded` where there is not so much.
    package init(
        _ analysis: TextAnalysis, bytes: Int = SearchLimits.builderBytesMax
    ) throws(StorageError) {
        self.analysis = analysis
        analyzer = Analyzer(analysis)
        arena = try Arena(bytes: min(bytes, SearchLimits.builderBytesMax))
        surfaces = WordTable(arena)
        terms = ByteTable(arena)
        paths = ByteTable(arena)
        fieldKeys = ByteTable(arena)
        chains = PostingChains(arena)
        padded = .allocate(byteCount: Self.paddedBytes, alignment: 8)
        padded.initializeMemory(as: UInt8.self, repeating: 0, count: Self.paddedBytes)
        prepare()
    }

    deinit { padded.deallocate() }

    private func prepare() {
        // Path 0 is the text as a whole.
        _ = paths.insert(padded, 0, ByteTable.hash(padded, 0))
    }

    /// Bytes taken by what was added.
    package var bytes: Int { arena.used }
    /// One past the last ordinal added.
    package var entries: Int { lengths.count }

    /// Indexes a value where it is text or JSON.
    ///
    /// - Parameter ordinal: the entry's number; larger than those added before.
    /// - Returns: whether it is indexed.
    /// - Throws: `overloaded` where the memory is used up: what was added before is still there,
    ///   and `finish` or `reset` makes room.
    @discardableResult
    package func add(
        _ value: UnsafeRawBufferPointer, at ordinal: Int
    ) throws(StorageError) -> Bool {
        precondition(ordinal >= lengths.count && ordinal < SearchLimits.ordinalsMax)
        guard let text = Self.text(of: value) else { return false }
        // A word of one byte with its chain takes about 16 times its text; where full slices of
        // many chains are followed by larger ones it is more, and noticed afterwards.
        guard !arena.isExhausted, arena.free > 16 * text.count + 1 << 20 else {
            throw StorageError(.overloaded, "an index of \(arena.used) bytes takes no more text")
        }
        lengths.append(contentsOf: repeatElement(0, count: ordinal - lengths.count))
        var document = DocumentWalk(self, UInt32(ordinal))
        if JSONWalk.mayBeJSON(text), text.count == value.count {
            var probe = JSONProbe()
            if JSONWalk.walk(text, &probe) {
                _ = JSONWalk.walk(text, &document)
            } else {
                document.plain(text)
            }
        } else {
            document.plain(text)
        }
        guard !arena.isExhausted else {
            // Its postings are left out by its number, which is beyond the last length.
            points.removeAll(from: UInt32(ordinal))
            defer { if lengths.isEmpty { reset() } }
            throw StorageError(.overloaded, "an index needs more than \(arena.used) bytes")
        }
        lengths.append(document.words + 1)
        return true
    }

    /// What of a value is indexed; nil where it is no text.
    static func text(of value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var text = value
        if text.count > SearchLimits.documentBytesMax {
            var end = SearchLimits.documentBytesMax
            while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
            text = UnsafeRawBufferPointer(rebasing: text[..<end])
        }
        return UTF8Text.isText(text) ? text : nil
    }

    // MARK: Words

    /// The chain of the word in the analyzer's buffer; nil where it is not indexed.
    @inline(__always)
    func chain(ofFolded length: Int) -> Int? {
        let chain: UInt32
        if length <= WordTable.shortBytes {
            let word = foldedWord
            chain = self.chain(ofShort: word, WordTable.hash(word))
        } else {
            chain = self.chain(ofLong: length)
        }
        return chain == Self.noChain ? nil : Int(chain)
    }

    /// The first eight bytes of the analyzer's buffer.
    @inline(__always)
    private var foldedWord: UInt64 {
        UnsafeRawPointer(analyzer.folded).loadUnaligned(as: UInt64.self)
    }

    /// The chain of a word of up to eight bytes, or `noChain`.
    @inline(__always)
    private func chain(ofShort word: UInt64, _ hash: UInt32) -> UInt32 {
        surfaces.find(word, hash) ?? newShort(word, hash)
    }

    @inline(never)
    private func newShort(_ word: UInt64, _ hash: UInt32) -> UInt32 {
        // The buffer may hold another word by now.
        UnsafeMutableRawPointer(analyzer.folded).storeBytes(of: word, as: UInt64.self)
        let length = (64 - word.leadingZeroBitCount + 7) / 8
        let found = chain(ofStem: length)
        surfaces.insert(word, hash, chain: found)
        return found
    }

    @inline(never)
    private func chain(ofLong length: Int) -> UInt32 {
        let hash = ByteTable.hash(analyzer.folded, length)
        if let chain = surfaces.find(analyzer.folded, length, hash) { return chain }
        let found = chain(ofStem: length)
        surfaces.insert(analyzer.folded, length, hash, chain: found)
        return found
    }

    /// The chain of the stem of the word in the analyzer's buffer, or `noChain`.
    private func chain(ofStem length: Int) -> UInt32 {
        analyzer.withTerm(length: length) { term in
            term.map { UInt32(chain(ofTerm: UnsafeRawBufferPointer($0))) } ?? Self.noChain
        }
    }

    /// Adds the word in the analyzer's buffer to those that `post` takes.
    @inline(__always)
    func add(folded length: Int, at position: UInt32, to batch: inout WordBatch) {
        if length <= WordTable.shortBytes {
            let word = foldedWord
            let hash = WordTable.hash(word)
            surfaces.prefetch(hash)
            batch.add(word, hash, at: position)
        } else {
            batch.add(chain: chain(ofLong: length), at: position)
        }
    }

    /// Posts the words of a batch.
    /// - Returns: how many are indexed.
    @inline(__always)
    func post(_ batch: inout WordBatch, of document: UInt32) -> UInt32 {
        var words: UInt32 = 0
        batch.empty { word, hash in
            let chain = chain(ofShort: word, hash)
            if chain != Self.noChain { chains.prefetch(Int(chain)) }
            return chain
        } post: { chain, position in
            guard chain != Self.noChain else { return }
            chains.post(Int(chain), document: document, position: position)
            words &+= 1
        }
        return words
    }

    private func chain(ofTerm term: UnsafeRawBufferPointer) -> Int {
        pad(term)
        let hash = ByteTable.hash(padded, term.count)
        if let number = terms.find(padded, term.count, hash) { return Int(termChains[number]) }
        let number = terms.insert(padded, term.count, hash)
        let chain = chains.add(path: 0, term: number)
        termChains.append(UInt32(chain))
        return chain
    }

    private func pad(_ bytes: UnsafeRawBufferPointer) {
        padded.storeBytes(of: 0, toByteOffset: max(0, (bytes.count - 1) & ~7), as: UInt64.self)
        if let source = bytes.baseAddress {
            padded.copyMemory(from: source, byteCount: bytes.count)
        }
    }

    /// The number of a field; nil where there are too many, or its path is too long.
    func path(_ path: UnsafeRawBufferPointer) -> Int? {
        guard !path.isEmpty, path.count <= SearchLimits.pathBytesMax, !path.contains(0) else {
            return nil
        }
        pad(path)
        let hash = ByteTable.hash(padded, path.count)
        if let number = paths.find(padded, path.count, hash) { return number }
        guard paths.count <= SearchLimits.fieldsMax else { return nil }
        return paths.insert(padded, path.count, hash)
    }

    /// The chain of a field's term, given the chain of the term.
    func fieldChain(_ chain: Int, path: Int) -> Int {
        let term = chains.chains[chain].term
        padded.storeBytes(of: UInt64(path) << 32 | UInt64(term), as: UInt64.self)
        let hash = ByteTable.hash(padded, 8)
        if let number = fieldKeys.find(padded, 8, hash) { return Int(fieldChains[number]) }
        _ = fieldKeys.insert(padded, 8, hash)
        let added = chains.add(path: path, term: Int(term))
        fieldChains.append(UInt32(added))
        return added
    }

    @inline(__always)
    func post(_ chain: Int, _ document: UInt32, _ position: UInt32) {
        chains.post(chain, document: document, position: position)
    }

    func addPoint(
        _ kind: PointCollector.Kind, _ path: UnsafeRawBufferPointer, _ value: Double,
        _ document: UInt32
    ) {
        guard self.path(path) != nil else { return }
        points.add(kind, path: path, value, document)
    }

    // MARK: The end

    /// The index of what was added; the builder begins anew.
    /// - Parameter entries: ordinals of the segment; at least one past the last one added.
    package func finish(entries: Int, identity: SearchIdentity = .unnamed) -> SearchIndex {
        precondition(entries >= lengths.count)
        let documentsEnd = UInt32(lengths.count)
        lengths.append(contentsOf: repeatElement(0, count: entries - lengths.count))
        let writer = IndexWriter(lengths: lengths)
        let buffer = PostingBuffer()
        let key = SectionBytes()
        for number in sortedChains() {
            chains.read(number, before: documentsEnd, into: buffer)
            guard buffer.count > 0 else { continue }
            let chain = chains.chains[number]
            key.put(paths.bytes(Int(chain.path)))
            key.putByte(0)
            key.put(terms.bytes(Int(chain.term)))
            writer.add(UnsafeRawBufferPointer(start: key.base, count: key.count), buffer)
            key.removeAll()
        }
        defer { reset() }
        return writer.finish(points: points, identity: identity)
    }

    /// Numbers of the chains in the order of the dictionary: by path, then by term.
    private func sortedChains() -> [Int] {
        let pathRanks = ranks(paths)
        let termRanks = ranks(terms)
        var keys = (0..<chains.count).map { number -> (key: UInt64, chain: Int) in
            let chain = chains.chains[number]
            let path = UInt64(pathRanks[Int(chain.path)])
            return (path << 32 | UInt64(termRanks[Int(chain.term)]), number)
        }
        keys.sort { $0.key < $1.key }
        return keys.map { $0.chain }
    }

    /// For each number of a table its place in the order of the bytes.
    private func ranks(_ table: ByteTable) -> [UInt32] {
        var order = (0..<table.count).map { number -> (word: UInt64, number: Int) in
            // Words are padded with zeros, and hold none: eight at a time sort like the bytes.
            let bytes = table.bytes(number)
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return (0, number) }
            return (UInt64(bigEndian: base.loadUnaligned(as: UInt64.self)), number)
        }
        order.sort { left, right in
            if left.word != right.word { return left.word < right.word }
            return TermKey.precedes(table.bytes(left.number), table.bytes(right.number))
        }
        var ranks = [UInt32](repeating: 0, count: table.count)
        for (rank, entry) in order.enumerated() { ranks[entry.number] = UInt32(rank) }
        return ranks
    }

    /// Forgets what was added.
    package func reset() {
        surfaces.removeAll()
        for table in [terms, paths, fieldKeys] { table.removeAll() }
        termChains.removeAll(keepingCapacity: true)
        fieldChains.removeAll(keepingCapacity: true)
        chains.removeAll()
        points.removeAll()
        lengths.removeAll(keepingCapacity: true)
        arena.reset()
        prepare()
    }
}
