import CacheBase
import CacheEngine
import CacheFiles
import Synchronization
import Testing

/// What is told of entries on their way to new segments.
struct MoveTests {
    private final class Told: Sendable {
        private let moves = Mutex<[EntryMove]>([])
        func add(_ move: EntryMove) { moves.withLock { $0.append(move) } }
        func take() -> [EntryMove] {
            moves.withLock { moves in
                defer { moves = [] }
                return moves
            }
        }
    }

    private func values(_ segment: SealedSegment) throws -> [[UInt8]] {
        var values: [[UInt8]] = []
        try segment.forEachValue(ReadScratch()) { ordinal, value throws(StorageError) in
            precondition(ordinal == values.count)
            values.append(Array(value))
        }
        return values
    }

    @Test func everyEntrysOriginIsTold() throws {
        let rig = try Rig()
        let told = Told()
        rig.engine.onMove { told.add($0) }
        var written: [LSN: [UInt8]] = [:]
        var (flushed, moved) = (0, 0)
        for round in 0..<8 {
            for number in 0..<150 where round == 0 || number % 5 > 0 {
                let words = (0..<(round == 0 ? 20 : 3)).map { place in
                    "\((number + round) * 7919 * place % 104_729)"
                }
                let text = words.joined()
                let ttl: UInt64? = number % 10 == 4 ? 1_000_000 : nil
                let receipt = try rig.put("key \(number)", text, ttl: ttl)
                written[receipt.lsn] = Array(text.utf8)
            }
            try rig.flushAll()
            while try rig.engine.compact() {}
            for move in told.take() {
                let sources = try Dictionary(
                    uniqueKeysWithValues: move.from.map { ($0.id, try values($0)) })
                for arrival in move.to {
                    let own = try values(arrival.segment)
                    #expect(arrival.origins.count == own.count)
                    switch arrival.origins {
                    case .log(let names):
                        #expect(move.from.isEmpty)
                        #expect(names.map { written[$0.lsn] } == own)
                        #expect(names.map(\.lsn).max() == arrival.segment.lastLSN)
                        #expect(Set(names.map(\.hash)).count == own.count)
                        flushed += own.count
                    case .segments(let places):
                        #expect(places.map { sources[$0.segment]?[$0.ordinal] } == own)
                        moved += own.count
                    }
                }
            }
        }
        #expect(flushed > 500 && moved >= 30)
    }

    @Test func someEntriesAreReadByThemselves() throws {
        let rig = try Rig()
        for number in 0..<300 {
            try rig.put("key \(number)", String(repeating: "v\(number) ", count: number % 40))
        }
        try rig.flushAll()
        for segment in try rig.engine.sealedSegments().segments {
            let all = try values(segment)
            for step in [1, 2, 7, 50, 1000] {
                let wanted = Array(stride(from: step / 2, to: all.count, by: step))
                var found: [Int] = []
                try segment.forEachValue(at: wanted, ReadScratch()) {
                    ordinal, value throws(StorageError) in
                    precondition(Array(value) == all[ordinal])
                    found.append(ordinal)
                }
                #expect(found == wanted)
            }
        }
    }
}
