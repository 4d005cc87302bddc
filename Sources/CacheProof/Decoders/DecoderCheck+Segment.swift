internal import CacheBase
internal import CacheFormat

extension DecoderCheck {
    /// Larger blocks are left alone: a fuzzer's memory is limited, not the decoder's.
    private static let rawBytesMax: UInt32 = 1 << 20

    /// A block of a segment: head, compressed payload, directory, entries.
    static let block = DecoderCheck(
        "block", seeds: { SegmentSeeds.blocks() },
        seal: { bytes in
            guard let base = bytes.baseAddress, bytes.count >= BlockHead.bytes else { return }
            // Behind the payload there is padding.
            let room = bytes.count - BlockHead.bytes
            let stored = min(Int(UnsafeRawPointer(base).u32(4)), room)
            base.put(UInt32(stored), at: 4)
            let summed = UnsafeRawBufferPointer(
                rebasing: bytes[4..<(BlockHead.bytes + stored)])
            base.put(CRC32C.of(summed), at: 0)
        },
        decode: { bytes in
            guard let head = BlockHead(verifying: bytes), head.rawBytes <= rawBytesMax else {
                return false
            }
            let end = BlockHead.bytes + Int(head.storedBytes)
            let stored = UnsafeRawBufferPointer(rebasing: bytes[BlockHead.bytes..<end])
            var raw = [UInt8](repeating: 0, count: Int(head.rawBytes))
            return raw.withUnsafeMutableBytes { raw in
                let decompressor = Decompressor()
                for wanted in [Int(head.directoryBytes), raw.count] {
                    guard
                        decompressor.decompress(
                            stored, into: raw, wanted: wanted, codec: head.codec)
                    else { return false }
                }
                return walk(head, UnsafeRawBufferPointer(raw))
            }
        })

    private static func walk(_ head: BlockHead, _ raw: UnsafeRawBufferPointer) -> Bool {
        var reader = BlockDirectoryReader(
            head, directory: UnsafeRawBufferPointer(rebasing: raw[..<Int(head.directoryBytes)]))
        var end = Int(head.directoryBytes)
        for _ in 0..<head.entries {
            guard let entry = reader.next() else { return false }
            precondition(entry.offset == end && entry.end <= raw.count, "an entry leaves its block")
            end = entry.end
        }
        precondition(reader.next() == nil, "more entries than the head says")
        return true
    }

    /// The end of a segment file: table of blocks and counts.
    static let footer = DecoderCheck(
        "footer", seeds: { [SegmentSeeds.footer()] },
        seal: { bytes in
            guard let base = bytes.baseAddress, bytes.count >= SegmentFooter.bytes else { return }
            let footer = base + bytes.count - SegmentFooter.bytes
            let blocks = Int(UnsafeRawPointer(footer).u32(16))
            let tableBytes = min(blocks * 8, bytes.count - SegmentFooter.bytes)
            footer.put(UInt64(bytes.count - SegmentFooter.bytes - tableBytes), at: 8)
            footer.put(
                CRC32C.of(UnsafeRawBufferPointer(start: footer - tableBytes, count: tableBytes)),
                at: 72)
            footer.put(CRC32C.of(UnsafeRawBufferPointer(start: footer, count: 76)), at: 76)
        },
        decode: { bytes in
            let counts = UnsafeRawBufferPointer(rebasing: bytes.suffix(SegmentFooter.bytes))
            guard
                let footer =
                    (try? SegmentFooter(
                        verifying: counts, fileBytes: UInt64(bytes.count))) ?? nil
            else { return false }
            let start = Int(footer.tableOffset)
            let table = UnsafeRawBufferPointer(
                rebasing: bytes[start..<(start + footer.tableBytes)])
            guard let blocks = footer.table(verifying: table) else { return false }
            precondition(
                footer.encoded(table: blocks).elementsEqual(bytes[start...]), "written otherwise")
            check(blocks, footer)
            return true
        })

    /// Blocks follow each other, and so do their entries, within the segment.
    private static func check(_ blocks: [BlockReference], _ footer: SegmentFooter) {
        var (offset, ordinal) = (UInt64(SegmentHead.bytes), -1)
        for block in blocks {
            precondition(block.offset >= offset && block.offset < footer.tableOffset)
            precondition(Int(block.firstOrdinal) > ordinal && block.firstOrdinal < footer.entries)
            (offset, ordinal) = (block.offset + 1, Int(block.firstOrdinal))
        }
    }

    /// A hint file, taken for one of the segment and length that it names.
    static let hint = DecoderCheck(
        "hint", seeds: { SegmentSeeds.hints() },
        seal: { bytes in
            guard let base = bytes.baseAddress, bytes.count >= 48 else { return }
            base.put(CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[48...])), at: 40)
            base.put(CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<44])), at: 44)
        },
        decode: { bytes in
            guard bytes.count >= 48, let base = bytes.baseAddress else { return false }
            let columns = try? HintFile.verified(
                bytes, store: StoreID(reading: base + 8),
                segment: SegmentID(rawValue: base.u64(24)), entries: Int(base.u32(32)))
            guard let columns = columns ?? nil else { return false }
            for ordinal in 0..<columns.count { _ = columns[ordinal] }
            return true
        })
}

/// Parts of segments as the engine writes them.
enum SegmentSeeds {
    static func blocks() -> [[UInt8]] {
        [(0, 1), (1, 40), (2, 300)].map { seed, entries in
            var builder = BlockBuilder()
            for number in 0..<entries {
                let key = Array("key \(number)".utf8)
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: seed * 20)
                key.withUnsafeBytes { key in
                    value.withUnsafeBytes { value in
                        builder.add(
                            key: key, contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                            value: value, lsn: LSN(rawValue: UInt64(number + 5)),
                            expiry: Expiry(rawValue: UInt64(number * 77)))
                    }
                }
            }
            var output: [UInt8] = []
            builder.finish(
                into: &output, segment: SegmentID(rawValue: 7), firstOrdinal: 0,
                compressor: Compressor(), thorough: seed == 2)
            return [0] + output
        }
    }

    static func footer() -> [UInt8] {
        let table = [64, 400, 1000].enumerated().map {
            BlockReference(offset: UInt64($1), firstOrdinal: UInt32($0 * 16))
        }
        let footer = SegmentFooter(
            tableOffset: 1200, blocks: 3, entries: 40, rawBytes: 3000, earliestExpiry: .never,
            latestExpiry: .never, firstLSN: LSN(rawValue: 3), lastLSN: LSN(rawValue: 60),
            id: SegmentID(rawValue: 7))
        return [0] + [UInt8](repeating: 0, count: 1200) + footer.encoded(table: table)
    }

    static func hints() -> [[UInt8]] {
        [UInt32(0), 1_800_000_000].map { expiry in
            let entries = (0..<12).map {
                HintEntry(hash: UInt64($0) &* 0x9E37_79B9_7F4A_7C15, expirySeconds: expiry)
            }
            return [0]
                + HintFile.encoded(
                    entries, store: StoreID(high: 1, low: 2), segment: SegmentID(rawValue: 7))
        }
    }
}
