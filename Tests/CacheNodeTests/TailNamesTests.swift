import CacheBase
import Testing

@testable import CacheNode

@Suite("Names of the log's tail")
struct TailNamesTests {
    private func names(_ count: UInt64) -> TailNames {
        var names = TailNames()
        for number in 1...count {
            let place = names.append(
                TailNames.Name(hash: number * 7, lsn: LSN(rawValue: number / 3)))
            precondition(place == number)
        }
        return names
    }

    @Test func aPlaceLeadsToItsName() {
        let names = names(10_000)
        #expect(names.end == 10_001)
        for place in stride(from: UInt64(1), through: 10_000, by: 613) {
            #expect(names[place]?.hash == place * 7)
        }
        #expect(names[0] == nil && names[10_001] == nil)
    }

    @Test func theFirstPlaceOfARecordIsFound() {
        let names = names(10_000)
        for lsn in [UInt64(0), 1, 2, 1000, 3333] {
            #expect(names.place(ofRecord: LSN(rawValue: lsn), from: 1) == max(1, lsn * 3))
        }
        #expect(names.place(ofRecord: LSN(rawValue: 9999), from: 1) == 10_001)
        #expect(names.place(ofRecord: LSN(rawValue: 2), from: 500) == 500)
    }

    @Test func whatIsLetGoStaysInACopy() {
        var names = names(10_000)
        let copy = names
        names.trim(before: 9_000)
        #expect(names[1] == nil && names[8_192] == nil)
        #expect(names[9_000]?.hash == 63_000, "the stretch is kept")
        #expect(copy[1]?.hash == 7)
        #expect(names.append(TailNames.Name(hash: 1, lsn: LSN(rawValue: 9_999))) == 10_001)
        #expect(copy[10_001] == nil && names[10_001]?.hash == 1)
    }

    @Test func allCanBeLetGo() {
        var names = names(8_192)
        names.trim(before: names.end)
        #expect(names[8_192] == nil)
        #expect(names.append(TailNames.Name(hash: 5, lsn: LSN(rawValue: 9_999))) == 8_193)
        #expect(names[8_193]?.hash == 5)
    }
}
