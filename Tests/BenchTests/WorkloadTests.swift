import Testing

@testable import dcs_bench

@Suite("Workloads")
struct WorkloadTests {
    private func key(_ number: Int, of workload: Workload) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: Workload.keyBytes)
        key.withUnsafeMutableBytes { workload.writeKey(number, to: $0) }
        return key
    }

    @Test func keysAreDistinct() {
        let workload = Workload(keyCount: 20_000)
        #expect(Set((0..<20_000).map { key($0, of: workload) }).count == 20_000)
    }

    @Test(arguments: [1, 16, 100, 1001])
    func entriesFollowFromTheirNumber(valueBytes: Int) {
        let one = Workload(keyCount: 10, valueBytes: valueBytes)
        let two = Workload(keyCount: 10, valueBytes: valueBytes)
        for number in 0..<10 {
            #expect(key(number, of: one) == key(number, of: two))
            let value = one.withValue(number) { Array($0) }
            #expect(value == two.withValue(number) { Array($0) })
            #expect(value.count == valueBytes)
            #expect(value.allSatisfy { (32..<127).contains($0) })
        }
    }

    @Test func halfOfAValueRepeatsTheOther() {
        let value = Workload(keyCount: 1).withValue(0) { Array($0) }
        #expect(Array(value[..<50]) == Array(value[50...]))
        #expect(Set(value).count > 10)
    }

    @Test func randomNumbersStayUnderTheirBoundAndReachAll() {
        var random = Random(seed: 1)
        let drawn = (0..<2000).map { _ in random.next(below: 17) }
        #expect(Set(drawn) == Set(0..<17))
    }

    @Test func randomNumbersRepeatWithTheirSeed() {
        var one = Random(seed: 5)
        var two = Random(seed: 5)
        var other = Random(seed: 6)
        let numbers = (0..<8).map { _ in one.next() }
        #expect(numbers == (0..<8).map { _ in two.next() })
        #expect(numbers != (0..<8).map { _ in other.next() })
    }
}
