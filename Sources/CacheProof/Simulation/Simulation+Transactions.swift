internal import CacheBase
internal import CacheEngine

/// Transactions, between whose steps others act.
extension Simulation {
    private static let endedMax = 16

    func beginTransaction(_ number: Int) throws {
        let started = try attemptInTransaction("start", nil) {
            try engine.transactions.start(mayBlock: true)
        }
        guard case .some(.some(let id)) = started else { return }
        let snapshot = engine.lastLSN.rawValue
        trace.note("start", snapshot)
        clients[number].activity = .inTransaction(
            SimulatedTransaction(id: id, snapshot: snapshot, began: journal.tick()))
    }

    /// One more step of a transaction.
    func advance(_ transaction: SimulatedTransaction, of number: Int) throws {
        var transaction = transaction
        clients[number].activity = .idle
        let goesOn: Bool
        switch random.below(8) {
        case 0..<3: goesOn = try read(in: &transaction, clients[number].scratch)
        case 3..<5: goesOn = try put(in: &transaction, clients[number].scratch)
        case 5: goesOn = try remove(in: &transaction, clients[number].scratch)
        case 6 where random.below(4) == 0:
            goesOn = false
            try rollBack(transaction)
        default:
            goesOn = false
            try commit(transaction, number)
        }
        if goesOn { clients[number].activity = .inTransaction(transaction) }
    }

    /// - Returns: nil where the call failed for a cause; the transaction may be over then.
    private func attemptInTransaction<Result>(
        _ name: StaticString, _ transaction: SimulatedTransaction?, _ body: () throws -> Result
    ) throws -> Result? {
        try attempt(name) {
            do {
                return try body()
            } catch let error as TransactionError {
                guard case .storage(let cause) = error else {
                    trace.note(name, 0xC)
                    guard let transaction else { throw failure("cannot start: \(error)") }
                    try judge(error, of: transaction)
                    return nil
                }
                throw cause
            }
        } ?? nil
    }

    /// A transaction ends by itself only where somebody else wrote, or it is too old; and it may be
    /// too large where memory is short.
    private func judge(_ error: TransactionError, of transaction: SimulatedTransaction) throws {
        switch error {
        case .conflict:
            note(transaction, lsn: nil)
            let others = model.newest > transaction.snapshot
            let expires = profile.timedOfSixteen > 0 || profile.evicts
            try check(others || expires, "a transaction has a conflict with nobody")
        case .ended(.timedOut):
            note(transaction, lsn: nil)
        case .tooLarge, .spread:
            try check(!profile.hotTier, "a transaction is too large")
        case .ended, .unknown, .busy, .tooMany, .storage:
            throw failure("a transaction of one client fails: \(error)")
        }
    }

    /// Keeps how a transaction ended, for the journal and for those who ask after a crash.
    private func note(_ transaction: SimulatedTransaction, lsn: UInt64?) {
        ended.append(EndedTransaction(id: transaction.id, lsn: lsn))
        if ended.count > Self.endedMax { ended.removeFirst() }
        journal.add(
            TransactionRecord(
                name: "transaction of \(transaction.snapshot)", reads: transaction.reads,
                writes: transaction.written,
                outcome: lsn.map { .committed(version: $0) } ?? .aborted,
                began: transaction.began, ended: journal.tick()))
    }
}

// MARK: - Steps

extension Simulation {
    private func read(
        in transaction: inout SimulatedTransaction, _ scratch: ReadScratch
    ) throws -> Bool {
        let key = random.below(profile.keys)
        var found: FoundEntry?
        let id = transaction.id
        let outcome = try attemptInTransaction("transactional read", transaction) {
            try withKey(key) { view in
                try engine.transactions.read(id, view, scratch: scratch, mayBlock: true) {
                    found = FoundEntry($0)
                }
            }
        }
        guard let outcome else { return engine.transactions.state(of: id) == .known(.open) }
        trace.note("transactional read", UInt64(key), found?.lsn ?? 0)
        if case .notDurable = outcome { return true }
        transaction.touched.insert(key)
        if let own = transaction.writes[key] {
            try judge(found, key, own.value == nil || own.hasExpired(at: now) ? nil : own)
            return true
        }
        let expected = model.entry(key, at: now, upTo: transaction.snapshot)
        try judge(found, key, expected)
        // What expiry and eviction do to a key is no transaction's work.
        if found != nil || !mayVanish(key) {
            transaction.reads.append(SimulationJournal.read(key, found == nil ? nil : expected))
        }
        return true
    }

    /// True where the key's entry may go without having been written.
    func mayVanish(_ key: Int) -> Bool { profile.evicts || profile.timedOfSixteen > 0 }

    private func put(
        in transaction: inout SimulatedTransaction, _ scratch: ReadScratch
    ) throws -> Bool {
        let key = random.below(profile.keys)
        let (value, bytes, expiry) = drawValue()
        let content = ValueBytes.make(value, count: bytes)
        let id = transaction.id
        let outcome = try attemptInTransaction("transactional put", transaction) {
            try withKey(key) { view in
                try content.withUnsafeBytes { content in
                    try ValueBytes.contentType(value).withUnsafeBytes { type in
                        try engine.transactions.put(
                            id, view, value: content, contentType: type, expiry: expiry,
                            scratch: scratch, mayBlock: true)
                    }
                }
            }
        }
        guard let outcome else { return engine.transactions.state(of: id) == .known(.open) }
        trace.note("transactional put", UInt64(key))
        guard case .taken(let told) = outcome, told == .created || told == .replaced else {
            throw failure("a write in a transaction came to \(outcome)")
        }
        return note(key, (value, bytes, expiry.rawValue), in: &transaction)
    }

    private func remove(
        in transaction: inout SimulatedTransaction, _ scratch: ReadScratch
    ) throws -> Bool {
        let key = random.below(profile.keys)
        let id = transaction.id
        let outcome = try attemptInTransaction("transactional remove", transaction) {
            try withKey(key) { view in
                try engine.transactions.remove(id, view, scratch: scratch, mayBlock: true)
            }
        }
        guard let outcome else { return engine.transactions.state(of: id) == .known(.open) }
        trace.note("transactional remove", UInt64(key))
        transaction.touched.insert(key)
        // What it knew of, and somebody else took meanwhile, it deletes all the same.
        let knew =
            transaction.writes[key] != nil
            || transaction.reads.contains { $0.key == "\(key)" && $0.value != nil }
        guard case .taken(let told) = outcome, told == .deleted || knew else { return true }
        return note(key, (nil, 0, 0), in: &transaction)
    }

    private func note(
        _ key: Int, _ write: (value: ValueID?, bytes: Int, expiry: UInt64),
        in transaction: inout SimulatedTransaction
    ) -> Bool {
        transaction.touched.insert(key)
        transaction.writes[key] = StoreModel.Version(
            value: write.value, bytes: write.bytes, lsn: 0, expiry: write.expiry)
        transaction.written.append(SimulationJournal.write(key, write.value))
        return true
    }

    private func rollBack(_ transaction: SimulatedTransaction) throws {
        trace.note("roll back")
        let done: Void? = try attemptInTransaction("roll back", transaction) {
            try engine.transactions.rollback(transaction.id)
        }
        if done != nil { note(transaction, lsn: nil) }
    }

    private func commit(_ transaction: SimulatedTransaction, _ number: Int) throws {
        var transaction = transaction
        let scratch = clients[number].scratch
        let outcome = try attemptInTransaction("commit", transaction) {
            try engine.transactions.commit(transaction.id, scratch: scratch, mayBlock: true)
        }
        guard case .committed(let lsn) = outcome else { return }
        trace.note("commit", lsn.rawValue, UInt64(transaction.writes.count))
        counts.commits += 1
        try check(engine.acceptsWrites, "a commit is taken though a sync failed")
        try check(lsn.rawValue > model.newest, "version \(lsn.rawValue) was given twice")
        for key in transaction.touched.sorted() {
            let newest = model.newestChange(of: key)
            try check(
                newest <= transaction.snapshot || plan.omissions.contains(.commitValidation),
                "a transaction of \(transaction.snapshot) commits, though version \(newest) of key "
                    + "\(key) came after its start")
        }
        // A delete of nothing changes nothing.
        let idle = transaction.writes.filter {
            $1.value == nil && model.newest(of: $0)?.value == nil
        }
        transaction.written.removeAll { write in idle.keys.contains { "\($0)" == write.key } }
        note(transaction, lsn: lsn.rawValue)
        for (key, write) in transaction.writes.sorted(by: { $0.key < $1.key })
        where idle[key] == nil {
            model.write(
                key,
                StoreModel.Version(
                    value: write.value, bytes: write.bytes, lsn: lsn.rawValue,
                    expiry: write.expiry, isChange: !mayFindNothing(write, key)))
        }
        // In every mode.
        clients[number].activity = .awaitingSync(lsn.rawValue)
    }

    /// True for a delete of what an expiry or an eviction may have taken before.
    private func mayFindNothing(_ write: StoreModel.Version, _ key: Int) -> Bool {
        guard write.value == nil, let newest = model.newest(of: key) else { return false }
        return profile.evicts || newest.hasExpired(at: now)
    }

    /// Whether the store knows after a start how transactions ended that were under way before.
    func checkOutcomes(reached: UInt64) throws {
        for (index, transaction) in ended.enumerated() {
            let isThere = transaction.lsn.map { $0 <= reached } ?? false
            let report = engine.transactions.state(of: transaction.id)
            switch report {
            case .known(.committed), .notDurable:
                try check(isThere, "a transaction that is not there counts as committed")
            case .known(.rolledBack), .known(.timedOut), .known(.unknown):
                try check(!isThere, "transaction \(transaction.lsn ?? 0) is there and \(report)")
            case .known(.open): throw failure("a transaction is open after a start")
            }
            // Its version may be another's from now on.
            if !isThere { ended[index] = EndedTransaction(id: transaction.id, lsn: nil) }
        }
    }
}
