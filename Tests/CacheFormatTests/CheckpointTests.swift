import CacheBase
import CacheFormat
import Testing

@Suite("Checkpoint file")
struct CheckpointTests {
    private var sample: Checkpoint {
        Checkpoint(
            store: StoreID(high: 1, low: 2), number: 7, clockMark: Timestamp(rawValue: 99),
            replayFrom: LogPosition(
                file: 3, offset: 4096, lsn: LSN(rawValue: 12), predecessor: 0xABCD),
            epoch: Epoch(rawValue: 1), durableLSN: LSN(rawValue: 11),
            nextSegment: SegmentID(rawValue: 5),
            sequences: (0...UInt64(Limits.partitions)).map { $0 },
            segments: [
                SegmentLiveness(
                    id: SegmentID(rawValue: 1), entries: 70,
                    bitmap: SegmentLiveness.allLive(entries: 70)),
                SegmentLiveness(id: SegmentID(rawValue: 4), entries: 3, bitmap: [0b101]),
            ], incarnation: 9, histories: [history])
    }

    private var history: TransactionHistory {
        var mixed = TransactionHistory.Group(lastEnd: Timestamp(rawValue: 70))
        mixed[0] = .committed
        mixed[33] = .rolledBack
        mixed[4095] = .timedOut
        var full = TransactionHistory.Group(lastEnd: Timestamp(rawValue: 71))
        for place in 0..<TransactionHistory.Group.size { full[place] = .committed }
        return TransactionHistory(
            incarnation: 8, firstGroup: 5, lastEnd: Timestamp(rawValue: 72), groups: [mixed, full])
    }

    @Test func outcomesAreTwoBitsEach() {
        let groups = history.groups
        #expect(groups[0][0] == .committed && groups[0][1] == .none)
        #expect(groups[0][33] == .rolledBack && groups[0][4095] == .timedOut)
        #expect(groups.map(\.ended) == [3, 4096])
        var group = groups[1]
        group[7] = .timedOut
        #expect(group[6] == .committed && group[7] == .timedOut && group[8] == .committed)
    }

    @Test func readsBackAsWritten() throws {
        let read = try Checkpoint(decoding: sample.encoded(), store: sample.store)
        #expect(read == sample)
        #expect(read.segments.map(\.liveEntries) == [70, 2])
    }

    @Test func everyFlippedByteAndEveryCutIsNoticed() {
        let bytes = sample.encoded()
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: StorageError.self) {
                try Checkpoint(decoding: damaged, store: sample.store)
            }
        }
        for count in 0..<bytes.count {
            #expect(throws: StorageError.self) {
                try Checkpoint(decoding: Array(bytes.prefix(count)), store: sample.store)
            }
        }
    }

    /// Each with a right checksum: whoever uses a checkpoint need not look again.
    @Test func partsThatDoNotFitAreNoticed() {
        let changes: [(inout Checkpoint) -> Void] = [
            { $0.number = Limits.numberCeiling },
            { $0.durableLSN = LSN(rawValue: .max) },
            { $0.replayFrom.lsn = .zero },
            { $0.replayFrom.offset = 0 },
            { $0.replayFrom.offset += 4 },
            { $0.sequences.removeLast() },
            { $0.nextSegment = SegmentID(rawValue: 4) },
            { $0.segments[1].id = $0.segments[0].id },
            { $0.segments[1].bitmap = [0b1000] },
            { $0.incarnation = 7 },
            { $0.histories[0].firstGroup = .max },
            { $0.histories.append($0.histories[0]) },
        ]
        for (index, change) in changes.enumerated() {
            var checkpoint = sample
            change(&checkpoint)
            #expect(throws: StorageError(.corruption, ""), "change \(index)") {
                try Checkpoint(decoding: checkpoint.encoded(), store: sample.store)
            }
        }
    }

    @Test func aNewerVersionIsRefusedAsSuch() {
        var bytes = sample.encoded()
        bytes[6] = 2
        #expect(throws: StorageError(.newerFormat, "")) {
            try Checkpoint(decoding: bytes, store: sample.store)
        }
    }
}
