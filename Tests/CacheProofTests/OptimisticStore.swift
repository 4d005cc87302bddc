import CacheBase
import CacheProof

/// A small optimistic store in memory, to make histories of transactions: right, or without the
/// validation of commits.
struct OptimisticStore {
    private struct Open {
        let client: Int
        let began: Int
        /// Key to value and version when the transaction began.
        let snapshot: [Int: (value: ValueID?, version: UInt64)]
        var reads: [Int] = []
        var writes: [(key: Int, value: ValueID?)] = []
    }

    private var random: Xoshiro256
    private let validates: Bool
    private var state: [Int: (value: ValueID?, version: UInt64)] = [:]
    private var version: UInt64 = 0
    private var time = 0
    private var written = 0
    private var open: [Open] = []
    private(set) var transactions: [TransactionRecord] = []

    init(seed: UInt64, steps: Int, validates: Bool) {
        random = Xoshiro256(seed: seed)
        self.validates = validates
        for _ in 0..<steps { step() }
    }

    private mutating func step() {
        time += 1
        if open.count < 4, random.below(3) == 0 {
            open.append(Open(client: open.count, began: time, snapshot: state))
            return
        }
        guard !open.isEmpty else { return }
        let index = random.below(open.count)
        let key = random.below(4)
        switch random.below(5) {
        case 0..<2:
            // A read of what it wrote itself says nothing of others.
            if !open[index].writes.contains(where: { $0.key == key }) {
                open[index].reads.append(key)
            }
        case 2:
            written += 1
            open[index].writes.append((key, random.below(5) == 0 ? nil : ValueID(written)))
        default: end(index)
        }
    }

    private mutating func end(_ index: Int) {
        let transaction = open.remove(at: index)
        let touched = Set(transaction.reads + transaction.writes.map(\.key))
        let isFresh = touched.allSatisfy { key in
            state[key]?.version ?? 0 == transaction.snapshot[key]?.version ?? 0
        }
        var outcome = TransactionRecord.Outcome.aborted
        if isFresh || !validates {
            version += 1
            for write in transaction.writes { state[write.key] = (write.value, version) }
            outcome = .committed(version: transaction.writes.isEmpty ? nil : version)
        }
        time += 1
        transactions.append(
            TransactionRecord(
                name: "T\(transactions.count)",
                reads: transaction.reads.map { key in
                    let seen = transaction.snapshot[key]
                    return .init(
                        key: "\(key)", value: seen?.value,
                        version: seen?.value == nil ? nil : seen?.version)
                },
                writes: transaction.writes.map { .init(key: "\($0.key)", value: $0.value) },
                outcome: outcome, began: transaction.began, ended: time))
    }
}
