import Testing

@testable import dcs_bench

@Suite("Targets")
struct JudgementTests {
    private func row(_ ours: Double, _ peer: Double?, _ target: Target) -> Measurement {
        Measurement(
            "x", ours: Quantity(ours, .perSecond), peer: peer.map { Quantity($0, .perSecond) },
            target: target)
    }

    @Test func allConditionsMustHold() {
        let target = Target(.atLeast(100), .ratioAtLeast(2))
        #expect(row(100, 50, target).verdict == .met)
        #expect(row(99, 10, target).verdict == .missed)
        #expect(row(100, 51, target).verdict == .missed)
    }

    @Test func upperLimitsHoldToo() {
        let target = Target(.atMost(3), .ratioAtMost(1))
        #expect(row(3, 3, target).verdict == .met)
        #expect(row(3.1, 4, target).verdict == .missed)
        #expect(row(3, 2.9, target).verdict == .missed)
    }

    @Test func withoutThePeerARatioIsNotJudged() {
        let target = Target(.atLeast(100), .ratioAtLeast(2))
        #expect(row(100, nil, target).verdict == .unjudged)
        #expect(row(99, nil, target).verdict == .missed)
    }

    @Test func rowsForInformationAreNotJudged() {
        #expect(row(1, 1, Target()).verdict == .unjudged)
        #expect(row(1, 1, Target()).cells.count == Measurement.columns.count)
    }

    @Test(arguments: [([3], 3), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5)] as [([Double], Double)])
    func theMedianIsTheMiddle(values: [Double], median: Double) {
        var samples = Samples()
        values.forEach { samples.add($0) }
        #expect(samples.median == median)
    }
}
