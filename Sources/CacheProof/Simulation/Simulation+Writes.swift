internal import CacheBase
internal import CacheEngine

/// Writes of single keys, and whether their answers are right.
extension Simulation {
    func put(_ key: Int, if condition: WriteCondition, by number: Int) throws {
        let (value, bytes, expiry) = drawValue()
        let content = ValueBytes.make(value, count: bytes)
        let receipt = try attempt("put") {
            try withKey(key) { view in
                try content.withUnsafeBytes { content in
                    try ValueBytes.contentType(value).withUnsafeBytes { type in
                        try engine.put(
                            view, value: content, contentType: type, expiry: expiry,
                            condition: condition)
                    }
                }
            }
        }
        guard let receipt else { return }
        let version = StoreModel.Version(
            value: value, bytes: bytes, lsn: receipt.lsn.rawValue, expiry: expiry.rawValue)
        try note(receipt, key, condition, version, by: number)
    }

    func remove(_ key: Int, if condition: WriteCondition, by number: Int) throws {
        let receipt = try attempt("remove") {
            try withKey(key) { try engine.remove($0, condition: condition) }
        }
        guard let receipt else { return }
        let version = StoreModel.Version(
            value: nil, bytes: 0, lsn: receipt.lsn.rawValue, expiry: 0)
        try note(receipt, key, condition, version, by: number)
    }

    /// A new value, its length and its expiry.
    func drawValue() -> (ValueID, bytes: Int, Expiry) {
        nextValue += 1
        let isLarge = random.below(profile.largeEvery) == 0
        let bytes = random.below(isLarge ? profile.largeBytes : profile.valueBytes)
        let isTimed = random.below(16) < profile.timedOfSixteen
        let expiry: Expiry =
            isTimed ? Expiry(milliseconds: UInt64(1 + random.below(60_000)), after: clock.now())
            : .never
        return (ValueID(nextValue), bytes, expiry)
    }

    private func note(
        _ receipt: WriteReceipt, _ key: Int, _ condition: WriteCondition,
        _ version: StoreModel.Version, by number: Int
    ) throws {
        counts.writes += 1
        trace.note("write", UInt64(key), Self.number(of: receipt.outcome), receipt.lsn.rawValue)
        try judge(receipt.outcome, key, condition, isDelete: version.value == nil)
        switch receipt.outcome {
        case .created, .replaced, .deleted:
            try check(engine.acceptsWrites, "a write is taken though a sync failed")
            try check(version.lsn > model.newest, "version \(version.lsn) was given twice")
            model.write(key, version)
            journal.addSingle(
                "write \(version.lsn)", writes: [SimulationJournal.write(key, version.value)],
                version: version.lsn)
        case .absent, .conditionFailed: break
        }
        answer(receipt.lsn.rawValue, by: number)
    }

    static func number(of outcome: WriteReceipt.Outcome) -> UInt64 {
        switch outcome {
        case .created: 1
        case .replaced: 2
        case .deleted: 3
        case .absent: 4
        case .conditionFailed: 5
        }
    }

    /// Whether a write may have had this outcome.
    func judge(
        _ outcome: WriteReceipt.Outcome, _ key: Int, _ condition: WriteCondition, isDelete: Bool
    ) throws {
        let possible = possibleExistence(key).map {
            expectedOutcome(key, exists: $0, condition, isDelete: isDelete)
        }
        try check(
            possible.contains(outcome),
            "a write of key \(key) if \(condition) came to \(outcome); "
                + "the key has \(describe(model.entry(key, at: now)))")
        if outcome == .created || outcome == .absent { model.toldAbsent(key, at: now) }
    }

    /// Whether the key has an entry; both where the store need not know exactly.
    private func possibleExistence(_ key: Int) -> [Bool] {
        let exists = model.entry(key, at: now) != nil
        if exists { return profile.evicts ? [true, false] : [true] }
        return model.isAboutToExpire(key, at: now) ? [false, true] : [false]
    }

    private func expectedOutcome(
        _ key: Int, exists: Bool, _ condition: WriteCondition, isDelete: Bool
    ) -> WriteReceipt.Outcome {
        let version = LSN(rawValue: model.newest(of: key)?.lsn ?? 0)
        let holds =
            switch condition {
            case .none: true
            case .absent: !exists
            case .present: exists
            case .version(let wanted): exists && version == wanted
            case .notVersion(let unwanted): !exists || version != unwanted
            }
        if !holds { return .conditionFailed }
        if isDelete { return exists ? .deleted : .absent }
        return exists ? .replaced : .created
    }
}
