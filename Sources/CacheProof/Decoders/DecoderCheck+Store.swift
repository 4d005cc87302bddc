internal import CacheBase
internal import CacheFormat

extension DecoderCheck {
    private static let store = StoreID(high: 1, low: 2)

    /// A checkpoint of the store that it names.
    static let checkpoint = DecoderCheck(
        "checkpoint", seeds: { [false, true].map { [0] + StoreSeeds.checkpoint(isLarge: $0) } },
        seal: { bytes in
            guard let base = bytes.baseAddress, bytes.count >= 12 else { return }
            let summed = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
            base.put(CRC32C.of(summed), at: bytes.count - 4)
        },
        decode: { bytes in
            guard bytes.count >= 24, let base = bytes.baseAddress else { return false }
            let store = StoreID(reading: base + 8)
            guard let checkpoint = try? Checkpoint(decoding: Array(bytes), store: store) else {
                return false
            }
            let again = try? Checkpoint(decoding: checkpoint.encoded(), store: store)
            precondition(again == checkpoint, "written otherwise")
            precondition(checkpoint.sequences.count == Limits.partitions + 1)
            for segment in checkpoint.segments {
                precondition(segment.bitmap.count == (Int(segment.entries) + 63) / 64)
                precondition(
                    segment.liveEntries <= Int(segment.entries), "more live than there are")
            }
            return true
        })

    /// Small files and heads: `STORE`, `CLOCK`, a log file's, a segment's.
    static let heads = DecoderCheck(
        "heads", seeds: { StoreSeeds.heads().map { [0] + $0 } },
        seal: { bytes in
            guard let base = bytes.baseAddress else { return }
            for offset in [24, 40, 52, 60] where bytes.count >= offset + 4 {
                // Only one of the four is its file's; the others are content or behind the end.
                let letters = UnsafeRawPointer(base).u64(0) & 0xFFFF_FFFF_FFFF
                guard StoreSeeds.checksumOffset(letters: letters) == offset else { continue }
                let summed = UnsafeRawBufferPointer(rebasing: bytes[..<offset])
                base.put(CRC32C.of(summed), at: offset)
            }
        },
        decode: { bytes in
            var accepted = 0
            if let file = try? StoreFile(decoding: Array(bytes)) {
                precondition(file.encoded().elementsEqual(bytes), "written otherwise")
                accepted += 1
            }
            if (try? LogFileHead(verifying: bytes)) ?? nil != nil { accepted += 1 }
            if (try? SegmentHead(verifying: bytes)) ?? nil != nil { accepted += 1 }
            if bytes.count >= 72, let base = bytes.baseAddress,
                (try? ClockMark.read(base, store: StoreID(reading: base + 8))) ?? nil != nil
            {
                accepted += 1
            }
            precondition(accepted <= 1, "the same bytes are two files")
            return accepted == 1
        })
}

/// Files of a store as the engine writes them.
enum StoreSeeds {
    private static let store = StoreID(high: 1, low: 2)

    static func checkpoint(isLarge: Bool) -> [UInt8] {
        var history = TransactionHistory(
            incarnation: 1, firstGroup: 0, lastEnd: Timestamp(rawValue: 9), groups: [])
        if isLarge { history.groups.append(.init(lastEnd: Timestamp(rawValue: 5))) }
        return Checkpoint(
            store: store, number: 3, clockMark: Timestamp(rawValue: 1_800_000_000_000),
            replayFrom: LogPosition(file: 2, offset: 4096, lsn: LSN(rawValue: 9), predecessor: 5),
            epoch: Epoch(rawValue: 1), durableLSN: LSN(rawValue: 8),
            nextSegment: SegmentID(rawValue: 3),
            sequences: [UInt64](repeating: 0, count: Limits.partitions + 1),
            segments: isLarge
                ? [
                    SegmentLiveness(
                        id: SegmentID(rawValue: 1), entries: 70, bitmap: [.max, 0x15]),
                    SegmentLiveness(
                        id: SegmentID(rawValue: 2), entries: 65,
                        bitmap: SegmentLiveness.allLive(entries: 65)),
                ] : [],
            incarnation: 1, histories: isLarge ? [history] : []
        ).encoded()
    }

    static func heads() -> [[UInt8]] {
        let log = page {
            LogFileHead(
                store: store, number: 4, firstLSN: LSN(rawValue: 70), durableLSN: LSN(rawValue: 60),
                predecessor: 99
            ).write(to: $0)
        }
        let clock = page {
            ClockMark.writeHead(to: $0, store: store)
            ClockMark.write(Timestamp(rawValue: 1_800_000_000_000), to: $0)
        }
        return [
            StoreFile(id: store, hashKey: StoreID(high: 3, low: 4)).encoded(), log, clock,
            SegmentHead(
                store: store, id: SegmentID(rawValue: 7), created: Timestamp(rawValue: 5),
                generation: 1
            ).encoded(),
        ]
    }

    /// The part of a page that is used.
    private static func page(_ write: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 96)
        bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { write(base) } }
        return bytes
    }

    /// Where the checksum of a file is that begins with these letters.
    static func checksumOffset(letters: UInt64) -> Int? {
        let offsets: [(FormatMagic, Int)] = [
            (.store, 40), (.log, 52), (.segment, 60), (.clock, 24),
        ]
        return offsets.first { magic, _ in
            (try? magic.matches(word: letters | UInt64(FormatMagic.version) << 48)) == true
        }?.1
    }
}
