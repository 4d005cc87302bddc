import CacheProof
import Testing

/// Histories of transactions, one for each anomaly that serializability forbids.
@Suite("Serializability")
struct SerializabilityTests {
    private func transaction(
        _ name: String, _ span: ClosedRange<Int>, reads: [(String, Int?)] = [],
        writes: [(String, Int?)] = [], _ outcome: TransactionRecord.Outcome
    ) -> TransactionRecord {
        TransactionRecord(
            name: name,
            reads: reads.map { .init(key: $0.0, value: $0.1.map { ValueID($0) }) },
            writes: writes.map { .init(key: $0.0, value: $0.1.map { ValueID($0) }) },
            outcome: outcome, began: span.lowerBound, ended: span.upperBound)
    }

    private func verdict(_ transactions: TransactionRecord...) -> SerializabilityChecker.Verdict {
        SerializabilityChecker().check(transactions)
    }

    private func isViolated(_ verdict: SerializabilityChecker.Verdict, _ words: String) -> Bool {
        guard case .violated(let text) = verdict else { return false }
        return text.contains(words)
    }

    private var start: TransactionRecord {
        transaction("start", 1...2, writes: [("x", 1), ("y", 2)], .committed(version: 1))
    }

    @Test func oneAfterTheOtherIsSerializable() {
        let result = verdict(
            start,
            transaction("A", 3...4, reads: [("x", 1)], writes: [("x", 3)], .committed(version: 2)),
            transaction("B", 5...6, reads: [("x", 3), ("z", nil)], .committed(version: nil)),
            transaction("C", 7...8, writes: [("x", nil)], .committed(version: 3)),
            transaction("D", 9...10, reads: [("x", nil), ("y", 2)], .aborted))
        #expect(result == .serializable)
    }

    @Test func concurrentReadersMayComeBeforeTheWriter() {
        let result = verdict(
            start,
            transaction("A", 3...9, writes: [("x", 3), ("y", 4)], .committed(version: 2)),
            transaction("B", 4...8, reads: [("x", 1), ("y", 2)], .committed(version: nil)),
            transaction("C", 5...7, reads: [("x", 3), ("y", 4)], .committed(version: nil)))
        #expect(result == .serializable)
    }

    @Test func aLostUpdateIsFound() {
        let result = verdict(
            start,
            transaction("A", 3...9, reads: [("x", 1)], writes: [("x", 3)], .committed(version: 2)),
            transaction("B", 4...8, reads: [("x", 1)], writes: [("x", 4)], .committed(version: 3)))
        #expect(isViolated(result, "A"))
    }

    @Test func writeSkewIsFound() {
        let result = verdict(
            start,
            transaction(
                "A", 3...9, reads: [("x", 1), ("y", 2)], writes: [("x", 3)],
                .committed(version: 2)),
            transaction(
                "B", 4...8, reads: [("x", 1), ("y", 2)], writes: [("y", 4)],
                .committed(version: 3)))
        #expect(isViolated(result, "before the write of"))
    }

    @Test func writeSkewOverAbsentKeysIsFound() {
        let result = verdict(
            transaction(
                "A", 3...9, reads: [("p", nil), ("q", nil)], writes: [("p", 3)],
                .committed(version: 2)),
            transaction(
                "B", 4...8, reads: [("p", nil), ("q", nil)], writes: [("q", 4)],
                .committed(version: 3)))
        #expect(isViolated(result, "before the write of"))
    }

    @Test func aStaleReadIsFound() {
        let result = verdict(
            start, transaction("A", 3...4, writes: [("x", 3)], .committed(version: 2)),
            transaction("B", 5...6, reads: [("x", 1)], .committed(version: nil)))
        #expect(isViolated(result, "ended before"))
    }

    @Test func aLostAcknowledgedWriteIsFound() {
        let result = verdict(
            transaction("A", 1...2, writes: [("z", 3)], .committed(version: 2)),
            transaction("B", 5...6, reads: [("z", nil)], .committed(version: nil)))
        #expect(isViolated(result, "ended before"))
    }

    @Test func aResurrectedValueIsFound() {
        let result = verdict(
            start, transaction("A", 3...4, writes: [("x", nil)], .committed(version: 2)),
            transaction("B", 5...6, reads: [("x", 1)], .committed(version: nil)))
        #expect(isViolated(result, "ended before"))
    }

    @Test func aDirtyReadIsFound() {
        let result = verdict(
            start, transaction("A", 3...8, writes: [("x", 3)], .aborted),
            transaction("B", 4...7, reads: [("x", 3)], .committed(version: nil)))
        #expect(isViolated(result, "dirty read"))
    }

    @Test func anIntermediateReadIsFound() {
        let result = verdict(
            start,
            transaction("A", 3...8, writes: [("x", 3), ("x", 4)], .committed(version: 2)),
            transaction("B", 4...7, reads: [("x", 3)], .committed(version: nil)))
        #expect(isViolated(result, "v3"))
    }

    @Test func aNonRepeatableReadIsFound() {
        let result = verdict(
            start, transaction("A", 3...8, writes: [("x", 3)], .committed(version: 2)),
            transaction("B", 4...9, reads: [("x", 1), ("x", 3)], .committed(version: nil)))
        #expect(isViolated(result, "non-repeatable"))
    }

    @Test func aFracturedReadIsFound() {
        let result = verdict(
            start,
            transaction("A", 3...8, writes: [("x", 3), ("y", 4)], .committed(version: 2)),
            transaction("B", 4...9, reads: [("x", 3), ("y", 2)], .committed(version: nil)))
        #expect(isViolated(result, "B"))
    }

    @Test func whatAnAbortedTransactionReadMustHaveBeenTrueToo() {
        let result = verdict(
            start,
            transaction("A", 3...8, writes: [("x", 3), ("y", 4)], .committed(version: 2)),
            transaction("B", 4...9, reads: [("x", 3), ("y", 2)], .aborted))
        #expect(isViolated(result, "B"))
    }

    @Test func anUnansweredTransactionIsWholeOrAbsent() {
        let lost = TransactionRecord(
            name: "L",
            writes: [.init(key: "x", value: ValueID(3)), .init(key: "y", value: ValueID(4))],
            outcome: .unknown, began: 3, ended: nil)
        #expect(
            verdict(
                start, lost,
                transaction("B", 5...6, reads: [("x", 1), ("y", 2)], .committed(version: nil)))
                == .serializable)
        let seen = TransactionRecord(
            name: "B",
            reads: [
                .init(key: "x", value: ValueID(3), version: 9),
                .init(key: "y", value: ValueID(2), version: 1),
            ], outcome: .committed(version: nil), began: 5, ended: 6)
        #expect(isViolated(verdict(start, lost, seen), "B"))
    }

    @Test func anAbsentReadMayBeOfAnyTimeWithoutAnEntry() {
        let result = verdict(
            transaction("A", 1...20, writes: [("z", 3)], .committed(version: 1)),
            transaction("B", 2...19, writes: [("z", nil)], .committed(version: 2)),
            transaction("C", 3...18, writes: [("z", 4)], .committed(version: 3)),
            transaction(
                "D", 4...17, reads: [("z", nil)], writes: [("w", 5)], .committed(version: 4)),
            transaction("E", 21...22, reads: [("w", 5), ("z", 4)], .committed(version: nil)))
        #expect(result == .serializable)
    }
}
