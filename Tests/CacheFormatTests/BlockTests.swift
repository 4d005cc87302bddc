import CacheBase
import CacheFormat
import Testing

@Suite("Block")
struct BlockTests {
    private struct Sample: Equatable {
        var key: [UInt8]
        var type: [UInt8]
        var value: [UInt8]
        var lsn: UInt64
        var expiry: UInt64
    }

    private func samples(_ count: Int) -> [Sample] {
        var random = SplitMix64(seed: 3)
        return (0..<count).map { index in
            Sample(
                key: Array("key-\(index)".utf8), type: index % 3 == 0 ? Array("text/css".utf8) : [],
                value: (0..<Int.random(in: 0..<90, using: &random)).map { UInt8($0 % 7) },
                lsn: UInt64.random(in: 1..<1 << 40, using: &random),
                expiry: index % 2 == 0 ? 0 : UInt64.random(in: 1..<1 << 41, using: &random))
        }
    }

    private func build(_ samples: [Sample], thorough: Bool) -> [UInt8] {
        var builder = BlockBuilder()
        for sample in samples {
            sample.key.withUnsafeBytes { key in
                sample.type.withUnsafeBytes { type in
                    sample.value.withUnsafeBytes { value in
                        builder.add(
                            key: key, contentType: type, value: value,
                            lsn: LSN(rawValue: sample.lsn), expiry: Expiry(rawValue: sample.expiry))
                    }
                }
            }
        }
        var output: [UInt8] = []
        builder.finish(
            into: &output, segment: SegmentID(rawValue: 4), firstOrdinal: 10,
            compressor: Compressor(), thorough: thorough)
        return output
    }

    private func decode(_ bytes: [UInt8]) -> [Sample]? {
        bytes.withUnsafeBytes { raw in
            guard let head = BlockHead(verifying: raw) else { return nil }
            let stored = UnsafeRawBufferPointer(
                rebasing: raw[BlockHead.bytes..<BlockHead.bytes + Int(head.storedBytes)])
            var room = [UInt8](repeating: 0, count: Int(head.rawBytes))
            let done = room.withUnsafeMutableBytes {
                Decompressor().decompress(stored, into: $0, wanted: $0.count, codec: head.codec)
            }
            guard done else { return nil }
            return room.withUnsafeBytes { content in
                var reader = BlockDirectoryReader(
                    head,
                    directory: UnsafeRawBufferPointer(
                        rebasing: content[..<Int(head.directoryBytes)]))
                var found: [Sample] = []
                while let entry = reader.next() {
                    let type = entry.offset + entry.keyBytes
                    let value = type + entry.typeBytes
                    found.append(
                        Sample(
                            key: Array(content[entry.offset..<type]),
                            type: Array(content[type..<value]),
                            value: Array(content[value..<entry.end]), lsn: entry.lsn.rawValue,
                            expiry: entry.expiry.rawValue))
                }
                return found
            }
        }
    }

    @Test(arguments: [false, true], [1, 2, 63, 500])
    func entriesReadBackAsAdded(thorough: Bool, count: Int) {
        let samples = samples(count)
        let bytes = build(samples, thorough: thorough)
        #expect(bytes.count % 8 == 0)
        #expect(decode(bytes) == samples)
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let bytes = build(samples(20), thorough: false)
        let covered = try bytes.withUnsafeBytes {
            BlockHead.bytes + Int(try #require(BlockHead(verifying: $0)).storedBytes)
        }
        for index in 0..<covered {
            var damaged = bytes
            damaged[index] ^= 1
            damaged.withUnsafeBytes { #expect(BlockHead(verifying: $0) == nil) }
        }
    }

    @Test func aHostileDirectoryEndsWithoutATrap() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<2000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
            let head = BlockHead(
                storedBytes: 64, rawBytes: 64, entries: 4096, codec: .raw, directoryBytes: 40,
                firstOrdinal: 0, segment: SegmentID(rawValue: 1), baseLSN: .zero)
            bytes.withUnsafeBytes { raw in
                var reader = BlockDirectoryReader(
                    head, directory: UnsafeRawBufferPointer(rebasing: raw[..<40]))
                while let entry = reader.next() { #expect(entry.end <= 64) }
            }
        }
    }
}
