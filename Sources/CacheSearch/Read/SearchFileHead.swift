package import CacheBase
package import CacheFormat

/// What a search file belongs to: it is used where all of this fits, and built anew else.
package struct SearchIdentity: Sendable, Equatable {
    package var store: StoreID
    package var segment: SegmentID
    /// Tells contents of the segment's number apart, such as the checksum of its footer.
    package var checksum: UInt32
    /// `TextAnalysis.fingerprint`.
    package var analysis: UInt32

    package init(store: StoreID, segment: SegmentID, checksum: UInt32, analysis: UInt32) {
        self.store = store
        self.segment = segment
        self.checksum = checksum
        self.analysis = analysis
    }

    /// Of an index that no file holds.
    package static let unnamed = SearchIdentity(
        store: StoreID(high: 0, low: 0), segment: SegmentID(rawValue: 0), checksum: 0, analysis: 0)
}

/// The first 128 bytes of a search file; the parts follow in the order of their lengths here, each
/// padded with zeros to a multiple of eight.
///
///     0   magic "DCSFTS" and format version u16
///     8   store id, 16 bytes
///     24  segment id u64
///     32  segment checksum u32
///     36  analysis u32
///     40  entries u32             ordinals are below it
///     44  documents u32           entries that are indexed
///     48  words u64               of all documents
///     56  terms u32
///     60  bytes of a length u32   1, 2 or 4
///     64  lengths u64             bytes of each part from here on
///     72  dictionary table u64
///     80  dictionary u64
///     88  postings u64
///     96  places u64
///     104 points u64
///     112 body crc32c u32         over everything behind the head
///     116 crc32c u32              over bytes 0..<116
///     120 zeros
struct SearchFileHead {
    static let bytes = 128
    static let partCount = 6

    var identity = SearchIdentity.unnamed
    var entries = 0
    var documents = 0
    var words: UInt64 = 0
    var terms = 0
    var lengthBytes = 1
    var parts = [Int](repeating: 0, count: partCount)
    var bodyChecksum: UInt32 = 0

    init() {}

    func write(to base: UnsafeMutableRawPointer) {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
        FormatMagic.search.write(to: base)
        identity.store.write(to: base + 8)
        base.put(identity.segment.rawValue, at: 24)
        base.put(identity.checksum, at: 32)
        base.put(identity.analysis, at: 36)
        base.put(UInt32(entries), at: 40)
        base.put(UInt32(documents), at: 44)
        base.put(words, at: 48)
        base.put(UInt32(terms), at: 56)
        base.put(UInt32(lengthBytes), at: 60)
        for (index, part) in parts.enumerated() { base.put(UInt64(part), at: 64 + index * 8) }
        base.put(bodyChecksum, at: 112)
        base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 116)), at: 116)
    }

    /// - Parameters:
    ///   - bytes: the file's, or its first ones.
    ///   - fileBytes: of the whole file.
    /// - Throws: `newerFormat`; `corruption` where the head or a length in it is wrong.
    init(verifying bytes: UnsafeRawBufferPointer, fileBytes: UInt64) throws(StorageError) {
        guard bytes.count >= Self.bytes, fileBytes >= UInt64(bytes.count),
            let base = bytes.baseAddress
        else {
            throw StorageError(.corruption, "a search file of \(fileBytes) bytes")
        }
        // The checksum first: so a damaged version is not taken for a later one.
        guard CRC32C.of(UnsafeRawBufferPointer(start: base, count: 116)) == base.u32(116),
            try FormatMagic.search.matches(base)
        else { throw StorageError(.corruption, "the search file's head is damaged", offset: 0) }
        identity = SearchIdentity(
            store: StoreID(reading: base + 8), segment: SegmentID(rawValue: base.u64(24)),
            checksum: base.u32(32), analysis: base.u32(36))
        entries = Int(base.u32(40))
        documents = Int(base.u32(44))
        words = base.u64(48)
        terms = Int(base.u32(56))
        lengthBytes = Int(base.u32(60))
        bodyChecksum = base.u32(112)
        var left = fileBytes - UInt64(Self.bytes)
        for index in 0..<Self.partCount {
            let part = base.u64(64 + index * 8)
            guard part <= left, part % 8 == 0 else { throw Self.misfit }
            left -= part
            parts[index] = Int(part)
        }
        let tableBytes =
            (terms + DictionaryWriter.termsPerBlock - 1)
            / DictionaryWriter.termsPerBlock * TermDictionary.tableEntryBytes
        guard left == 0, [1, 2, 4].contains(lengthBytes), documents <= entries,
            parts[0] == aligned8(entries * lengthBytes), parts[1] == aligned8(tableBytes)
        else { throw Self.misfit }
    }

    private static let misfit = StorageError(
        .corruption, "the parts of the search file do not fit its length", offset: 40)
}
