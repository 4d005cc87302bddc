/// A history of transactions with the order of every key's versions.
///
/// Invariant: `transactions` holds what was committed, what aborted with its reads alone, and of
/// the unanswered what somebody saw.
struct VersionedHistory {
    /// A read of no entry, and the places in the key's order where that may have been.
    struct OpenRead {
        let transaction: Int
        let key: String
        let positions: [Int]
    }

    /// The dependencies that are certain, and time.
    private(set) var graph: DependencyGraph
    private let all: [TransactionRecord]
    private var transactions: [TransactionRecord] = []
    private var orders: [String: VersionOrder] = [:]
    /// The transaction of each value, by its place in `transactions`; for those that aborted, nil.
    private var writers: [ValueID: Int] = [:]
    /// Keys that an unanswered transaction may have deleted without anybody having seen it.
    private var maybeDeleted: Set<String> = []

    init(_ all: [TransactionRecord]) {
        self.all = all
        graph = DependencyGraph(spans: [])
        let seen = Self.seenVersions(all)
        for transaction in all { admit(transaction, seen) }
        for key in Array(orders.keys) { orders[key]?.sort() }
        graph = DependencyGraph(spans: transactions.map { ($0.began, $0.ended) })
        for (key, order) in orders {
            for (position, version) in order.versions.enumerated().dropFirst() {
                graph.add(
                    .overwrite(key), from: order.versions[position - 1].writer, to: version.writer)
            }
        }
    }

    /// Every value that was read, with the version that came with it.
    private static func seenVersions(_ all: [TransactionRecord]) -> [ValueID: UInt64?] {
        var seen: [ValueID: UInt64?] = [:]
        for read in all.lazy.flatMap(\.reads) {
            guard let value = read.value else { continue }
            seen[value] = .some(read.version ?? seen[value] ?? nil)
        }
        return seen
    }

    private mutating func admit(
        _ transaction: TransactionRecord, _ seen: [ValueID: UInt64?]
    ) {
        switch transaction.outcome {
        case .aborted:
            transactions.append(transaction)
        case .committed(let version):
            add(transaction, version)
        case .unknown:
            let values = transaction.finalWrites.values.compactMap { $0 }.filter { seen.keys.contains($0) }
            guard !values.isEmpty else {
                let deletes = transaction.writes.filter { $0.value == nil }
                return maybeDeleted.formUnion(deletes.map(\.key))
            }
            add(transaction, values.lazy.compactMap { seen[$0] ?? nil }.first)
        }
    }

    private mutating func add(_ transaction: TransactionRecord, _ version: UInt64?) {
        let index = transactions.count
        transactions.append(transaction)
        for (key, value) in transaction.finalWrites {
            if let value { writers[value] = index }
            guard let version else { continue }
            orders[key, default: VersionOrder()].add(
                VersionOrder.Version(version: version, writer: index, value: value))
        }
    }
}

// MARK: - What needs no order

extension VersionedHistory {
    /// A read that no order explains: of a value that nobody committed, or twice differently.
    func directAnomaly() -> String? {
        let aborted = all.filter { $0.outcome == .aborted }
        let dirty = Set(aborted.flatMap(\.writes).compactMap(\.value))
        for transaction in all {
            var before: [String: ValueID?] = [:]
            for read in transaction.reads {
                if let earlier = before[read.key], earlier != read.value {
                    return "non-repeatable read of \(read.key) in \(transaction.name)"
                }
                before.updateValue(read.value, forKey: read.key)
                guard let value = read.value else { continue }
                if dirty.contains(value) {
                    return "dirty read: \(transaction.name) saw \(value) of an aborted transaction"
                }
                if let anomaly = strangeValue(value, read, transaction) { return anomaly }
            }
        }
        return nil
    }

    private func strangeValue(
        _ value: ValueID, _ read: TransactionRecord.Read, _ reader: TransactionRecord
    ) -> String? {
        guard let writer = writers[value] else {
            return "\(reader.name) saw \(value) of \(read.key), which no transaction left there"
        }
        guard transactions[writer].finalWrites[read.key] == value else {
            return "\(reader.name) saw \(value) of \(read.key), which is another key's"
        }
        let version = orders[read.key].flatMap { order in
            order.position(of: value).map { order.versions[$0].version }
        }
        if let seen = read.version, let version, seen != version {
            return "\(reader.name) saw \(value) as version \(seen); it is version \(version)"
        }
        return nil
    }
}

// MARK: - What depends on the order

extension VersionedHistory {
    /// Adds the dependencies of all reads whose place is certain.
    /// - Returns: the others.
    mutating func resolveReads() -> [OpenRead] {
        var open: [OpenRead] = []
        for (index, transaction) in transactions.enumerated() {
            for read in Set(transaction.reads) {
                if let value = read.value {
                    addEdges(ofRead: value, read.key, index)
                } else if !maybeDeleted.contains(read.key) {
                    let positions = emptyPositions(read.key, index)
                    let resolved = OpenRead(
                        transaction: index, key: read.key, positions: positions)
                    if positions.count == 1 {
                        addEdges(of: resolved, at: positions[0], to: &graph)
                    } else {
                        open.append(resolved)
                    }
                }
            }
        }
        return open
    }

    private mutating func addEdges(ofRead value: ValueID, _ key: String, _ reader: Int) {
        guard let writer = writers[value] else { return }
        graph.add(.read(key), from: writer, to: reader)
        if let position = orders[key]?.position(of: value),
            let next = orders[key]?.writer(at: position + 1)
        {
            graph.add(.antiRead(key), from: reader, to: next)
        }
    }

    /// Where a key had no entry as far as time allows: the write that made it so has begun, the
    /// next one has not ended before the reader began. The last place where none does.
    private func emptyPositions(_ key: String, _ reader: Int) -> [Int] {
        guard let order = orders[key] else { return [-1] }
        let span = transactions[reader]
        let possible = order.emptyPositions.filter { position in
            let began = order.writer(at: position).map { transactions[$0].began } ?? .min
            let ended = order.writer(at: position + 1).map { transactions[$0].ended ?? .max }
            return began < span.ended ?? .max && ended ?? .max > span.began
        }
        return possible.isEmpty ? Array(order.emptyPositions.suffix(1)) : possible
    }

    func addEdges(of read: OpenRead, at position: Int, to graph: inout DependencyGraph) {
        guard let order = orders[read.key] else { return }
        if let writer = order.writer(at: position) {
            graph.add(.read(read.key), from: writer, to: read.transaction)
        }
        if let next = order.writer(at: position + 1) {
            graph.add(.antiRead(read.key), from: read.transaction, to: next)
        }
    }

    func describe(_ cycle: [(transaction: Int, dependency: Dependency)]) -> String {
        let steps = cycle.map { "\(transactions[$0.transaction].name) \($0.dependency)" }
        let first = cycle.first.map { transactions[$0.transaction].name } ?? ""
        return "no order in time: " + (steps + [first]).joined(separator: " ")
    }
}
