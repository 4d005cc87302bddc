@testable import CacheSearch
import CacheBase
import CacheFiles
import CacheFormat
import Testing

@Suite struct FileTests {
    private let identity = SearchIdentity(
        store: StoreID(high: 1, low: 2), segment: SegmentID(rawValue: 3), checksum: 4,
        analysis: TextAnalysis.plain.fingerprint)

    private func written(_ files: SimulatedFileSystem) throws -> SearchIndex {
        let index = try makeIndex(
            ["the quick fox", nil, #"{"a":1,"b":"fox"}"#], identity: identity)
        try files.createDirectory("/data")
        try SearchFile.write(index, to: "/data/1.fts", files)
        return index
    }

    @Test func whatWasWrittenIsRead() throws {
        let files = SimulatedFileSystem(seed: 1)
        let index = try written(files)
        let read = try SearchFile.open("/data/1.fts", files, expecting: identity)
        #expect(read.withImage { Array($0) } == index.withImage { Array($0) })
        #expect(try ordinals("fox", read) == [0, 2])
        #expect(try ordinals("a:[0 TO 1]", read) == [2])
        #expect(read.entries == 3 && read.documents == 2)
    }

    @Test func everyDamagedByteIsNoticedAndNamed() throws {
        let files = SimulatedFileSystem(seed: 1)
        let image = try written(files).withImage { Array($0) }
        for place in image.indices where place < 120 || place >= SearchFileHead.bytes {
            var damaged = image
            damaged[place] ^= 0x10
            try damaged.withUnsafeBytes { try files.replace("/data/1.fts", with: $0) }
            let error = #expect(throws: StorageError.self) {
                try SearchFile.open("/data/1.fts", files, expecting: identity)
            }
            #expect(error?.kind == .corruption, "byte \(place)")
            #expect(error?.file == "/data/1.fts")
        }
    }

    @Test func aLaterVersionIsLeftToItsReader() throws {
        let files = SimulatedFileSystem(seed: 1)
        var image = try written(files).withImage { Array($0) }
        image[6] = 2
        image.withUnsafeMutableBytes { bytes in
            let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<116]))
            bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 116, as: UInt32.self)
        }
        try image.withUnsafeBytes { try files.replace("/data/1.fts", with: $0) }
        #expect(throws: StorageError(.newerFormat, "")) {
            try SearchFile.open("/data/1.fts", files, expecting: identity)
        }
    }

    @Test func everyLengthButItsOwnIsRefused() throws {
        let files = SimulatedFileSystem(seed: 1)
        let image = try written(files).withImage { Array($0) }
        for length in [0, 1, 127, 128, image.count - 8, image.count - 1, image.count + 8] {
            let cut = Array((image + [UInt8](repeating: 0, count: 8)).prefix(length))
            try cut.withUnsafeBytes { try files.replace("/data/1.fts", with: $0) }
            #expect(throws: StorageError(.corruption, "")) {
                try SearchFile.open("/data/1.fts", files, expecting: identity)
            }
        }
        try files.remove("/data/1.fts")
        #expect(throws: StorageError(.notFound, "")) {
            try SearchFile.open("/data/1.fts", files, expecting: identity)
        }
    }

    @Test func anotherSegmentsFileIsRefused() throws {
        let files = SimulatedFileSystem(seed: 1)
        _ = try written(files)
        var others = [identity, identity, identity, identity]
        others[0].store.low = 9
        others[1].segment.rawValue = 9
        others[2].checksum = 9
        others[3].analysis = 9
        for other in others {
            #expect(throws: StorageError(.foreign, "")) {
                try SearchFile.open("/data/1.fts", files, expecting: other)
            }
        }
    }

    @Test(arguments: 0...32) func numbersSurvivePacking(bits: Int) {
        var random = Xoshiro256(seed: UInt64(bits))
        let mask = bits == 0 ? 0 : UInt32.max >> UInt32(32 - bits)
        var values = (0..<128).map { _ in UInt32(truncatingIfNeeded: random.next()) & mask }
        values[5] = mask
        var packed = [UInt8](repeating: 0, count: BitPacking.bytes(bits: bits) + 16)
        var read = [UInt32](repeating: 1, count: 128)
        #expect(BitPacking.bitsNeeded(values) == bits)
        packed.withUnsafeMutableBytes { BitPacking.pack(values, bits: bits, into: $0.baseAddress!) }
        packed.withUnsafeBytes { source in
            read.withUnsafeMutableBufferPointer {
                BitPacking.unpack(source.baseAddress!, bits: bits, into: $0.baseAddress!)
            }
        }
        #expect(read == values)
        #expect(packed.suffix(16).allSatisfy { $0 == 0 })
    }

    @Test func everyTermIsFoundAgain() throws {
        let terms = Set((0..<5000).map { "t" + String($0 * 7919 % 100_003, radix: 36) })
        let index = try makeIndex([
            terms.joined(separator: " "), "t\(String(repeating: "z", count: 200))",
        ])
        #expect(index.terms == terms.count + 1)
        for term in terms {
            let info = index.term(TermKey.make(path: [], term: Array(term.utf8)))
            #expect(info?.documents == 1 && info?.single == 0, "\(term)")
        }
        for missing in ["", "s", "t", "t1zzzz", "zzz"] {
            #expect(index.term(TermKey.make(path: [], term: Array(missing.utf8))) == nil)
        }
        var cursor = DictionaryCursor(index.dictionary)
        var before: [UInt8] = []
        var count = 0
        while cursor.next() {
            #expect(before.lexicographicallyPrecedes(cursor.key))
            before = cursor.key
            count += 1
        }
        #expect(count == index.terms)
    }

    @Test func anEmptyIndexFindsNothing() throws {
        let index = try makeIndex([nil, nil])
        for query in ["a", "a*", "a~", "*", "\"a b\"", "[a TO b]", "a AND b"] {
            #expect(try ordinals(query, index) == [])
        }
        #expect(try ordinals("*", makeIndex([])) == [])
    }

    @Test func aBuilderWithoutRoomRefusesAndBeginsAnew() throws {
        let builder = try SearchIndexBuilder(.plain, bytes: 4 << 20)
        let text = (0..<2000).map { "word\($0)" }.joined(separator: " ")
        var added = 0
        let error = #expect(throws: StorageError.self) {
            while true {
                try withBytes(text + " n\(added)") { _ = try builder.add($0, at: added) }
                added += 1
            }
        }
        #expect(error?.kind == .overloaded && added > 0)
        let index = builder.finish(entries: added)
        #expect(index.documents == added)
        try withBytes("again") { _ = try builder.add($0, at: 0) }
        #expect(try ordinals("again", builder.finish(entries: 1)) == [0])
    }

    @Test func aDocumentThatDoesNotFitLeavesThoseBefore() throws {
        // Every document makes every word's postings longer, so that all need room at once.
        let text = (0..<4500).map { "w\($0)" }.joined(separator: " ")
        let value = #"{"n":7,"t":"\#(text)"}"#
        let builder = try SearchIndexBuilder(.plain, bytes: 5 << 20)
        var added = 0
        let error = #expect(throws: StorageError.self) {
            while true {
                try withBytes(value) { _ = try builder.add($0, at: added) }
                added += 1
            }
        }
        #expect(error?.kind == .overloaded)
        #expect(error?.message.contains("needs more") ?? false, "it was cut off within the value")
        #expect(throws: StorageError.self) {
            try withBytes("more") { _ = try builder.add($0, at: added) }
        }
        let index = builder.finish(entries: added)
        let fresh = try makeIndex([String](repeating: value, count: added))
        #expect(index.withImage { Array($0) } == fresh.withImage { Array($0) })
        try withBytes("again") { _ = try builder.add($0, at: 0) }
        #expect(try ordinals("again", builder.finish(entries: 1)) == [0])
    }
}
