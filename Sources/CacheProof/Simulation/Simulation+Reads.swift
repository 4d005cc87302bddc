internal import CacheBase
internal import CacheEngine
internal import CacheFiles

/// Reads, and whether what they find is right.
extension Simulation {
    func read(_ key: Int, by number: Int) throws {
        counts.reads += 1
        if let cold = try look(up: key) {
            let expected = model.entry(key, at: now)
            if random.coin() {
                clients[number].activity = .readingCold(key: key, cold, expected)
            } else {
                try finishRead(key, cold, expected, clients[number].scratch)
            }
        }
    }

    func beginUpdate(_ key: Int, _ number: Int) throws {
        guard let entry = model.entry(key, at: now) else { return try read(key, by: number) }
        if let cold = try look(up: key) {
            try finishRead(key, cold, entry, clients[number].scratch)
        }
        clients[number].activity = .updating(key: key, version: entry.lsn)
    }

    /// Reads a key as far as memory has it, and judges what was found.
    /// - Returns: where to go on, where the entry is in a segment.
    private func look(up key: Int) throws -> ColdRead? {
        var found: FoundEntry?
        let outcome = withKey(key) { engine.read($0) { found = FoundEntry($0) } }
        let expected = model.entry(key, at: now)
        switch outcome {
        case .hit:
            trace.note("hit", UInt64(key), found?.lsn ?? 0)
            try judge(found, key, expected)
            journal.addSingle(
                "read", reads: [SimulationJournal.read(key, expected)], version: nil)
            if engine.answersWaitForSync, let found {
                try check(
                    found.lsn <= engine.durableLSN.rawValue,
                    "a read of key \(key) shows \(found.lsn), which a crash may take back")
            }
        case .miss:
            trace.note("miss", UInt64(key))
            try judge(nil, key, expected)
            if !mayVanish(key) {
                journal.addSingle("read", reads: [SimulationJournal.read(key, nil)], version: nil)
            }
            let deleted = model.newest(of: key).map { $0.value == nil ? $0.lsn : 0 } ?? 0
            if engine.answersWaitForSync {
                try check(
                    deleted <= engine.durableLSN.rawValue,
                    "a read of key \(key) shows a delete that a crash may take back")
            }
        case .notDurable(let lsn):
            trace.note("not durable", UInt64(key), lsn.rawValue)
            try check(
                engine.answersWaitForSync && lsn > engine.durableLSN,
                "a read is told to wait for \(lsn.rawValue), which is durable")
        case .cold(let cold):
            trace.note("cold", UInt64(key))
            return cold
        }
        return nil
    }

    /// Reads from the segment what was there when the read began.
    func finishRead(
        _ key: Int, _ cold: ColdRead, _ expected: StoreModel.Version?, _ scratch: ReadScratch
    ) throws {
        counts.coldReads += 1
        disk.readsCached = random.below(4) != 0
        var found: FoundEntry?
        let outcome = try attempt("read cold") {
            try withKey(key) { view -> ColdOutcome in
                let first = try engine.readCold(
                    cold, key: view, scratch: scratch, mayBlock: false
                ) { found = FoundEntry($0) }
                guard case .wouldBlock = first else { return first }
                return try engine.readCold(cold, key: view, scratch: scratch, mayBlock: true) {
                    found = FoundEntry($0)
                }
            }
        }
        guard let outcome else { return }
        trace.note("read", UInt64(key), found?.lsn ?? 0)
        let isOver = expected?.hasExpired(at: now) ?? true
        switch outcome {
        case .hit: try judge(found, key, isOver ? nil : expected)
        case .miss:
            try check(
                isOver || model.hadExpired(key),
                "key \(key) has \(describe(expected)), and is not found on disk")
            if expected != nil { model.toldAbsent(key, at: now) }
        case .wouldBlock, .moved: throw failure("a read that may wait for the disk did not end")
        }
    }

    /// Whether what a read found is what it should have.
    func judge(_ found: FoundEntry?, _ key: Int, _ expected: StoreModel.Version?) throws {
        guard let found else {
            try check(
                expected == nil || profile.evicts || model.hadExpired(key),
                "key \(key) has \(describe(expected)), and is not found")
            return model.toldAbsent(key, at: now)
        }
        guard let expected, let value = expected.value else {
            throw failure(
                "key \(key) has no entry, and version \(found.lsn) is found; the last was "
                    + describe(model.newest(of: key)))
        }
        try check(
            found.lsn == expected.lsn && found.expiry == expected.expiry,
            "key \(key) has \(describe(expected)), and version \(found.lsn) is found")
        try check(
            found.value == ValueBytes.make(value, count: expected.bytes)
                && found.contentType == ValueBytes.contentType(value),
            "key \(key), version \(found.lsn): \(found.value.count) bytes are not those written")
    }

    func describe(_ version: StoreModel.Version?) -> String {
        guard let version else { return "no entry" }
        let value = version.value.map { "\($0) of \(version.bytes) bytes" } ?? "a delete"
        return "version \(version.lsn) (\(value), expiry \(version.expiry), now \(now))"
    }
}
