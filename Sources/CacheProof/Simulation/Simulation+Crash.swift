internal import CacheBase
internal import CacheEngine
internal import CacheFiles

/// Crashes, and what must be there after them.
extension Simulation {
    private static let openingsMax = 12

    /// Stops the machine and starts it again.
    func crash(losesPower: Bool) throws {
        try stop(losesPower: losesPower)
        let lostPower = try reopen()
        try checkRecovery(lostPower: losesPower || lostPower)
    }

    private func stop(losesPower: Bool) throws {
        try checkJournal()
        if losesPower { counts.powerLosses += 1 } else { counts.kills += 1 }
        trace.note("crash", losesPower ? 1 : 0)
        disk.crash(losesPower ? .power(seed: random.next()) : .process)
        dismissClients()
    }

    /// Their connections end; what was open is over.
    private func dismissClients() {
        for number in clients.indices {
            if case .inTransaction(let transaction) = clients[number].activity {
                ended.append(EndedTransaction(id: transaction.id, lsn: nil))
            }
            clients[number].activity = .idle
        }
    }

    /// Whether all that was answered since the last start can be put into an order.
    private func checkJournal() throws {
        if let anomaly = journal.anomaly() { throw failure(anomaly) }
        journal.begin(with: [])
    }

    /// Stops in order and starts again.
    func restart() throws {
        counts.restarts += 1
        trace.note("restart")
        try checkJournal()
        engine.close()
        if disk.isDown { return }
        dismissClients()
        let lostPower = try reopen()
        try checkRecovery(lostPower: lostPower)
    }

    /// Opens the store, now and then with a crash in the middle.
    /// - Returns: whether such a crash was a loss of power.
    private func reopen() throws -> Bool {
        var lostPower = false
        isAmbiguous = false
        for opening in 1...Self.openingsMax {
            clock = .manual(start: Timestamp(rawValue: wall))
            if !isEnding, opening < 4, random.below(4) == 0 {
                disk.planCrash(atMutation: 1 + random.below(12))
            }
            options.identitySeed = random.next()
            do {
                engine = try Engine.open(options, files: disk, clock: clock)
                trace.note("open", engine.recovery.lastLSN.rawValue)
                return lostPower
            } catch {
                trace.note("open", 0xE, Self.number(of: error.kind))
                isAmbiguous = true
                if disk.isDown {
                    let losesPower = profile.adversity.powerLosses && random.coin()
                    try stop(losesPower: losesPower)
                    lostPower = lostPower || losesPower
                } else {
                    let hasCause = faultsArePlanned || spaceIsLimited
                    let isCause = error.kind == .io || error.kind == .noSpace
                    try check(hasCause && isCause, "cannot open: \(error.kind): \(error)")
                    heal()
                }
            }
        }
        throw failure("the store cannot be opened \(Self.openingsMax) times")
    }

    private func checkRecovery(lostPower: Bool) throws {
        if lostPower { model.forgetTime() }
        let needed = lostPower ? durable : model.newest
        let reached = try prefixReached(atLeast: needed, lostPower)
        try check(
            reached >= needed,
            "recovered up to \(reached); \(lostPower ? "durable" : "written") was \(needed)")
        try checkOutcomes(reached: reached)
        if engine.recovery.tornBytes > 0 { counts.tornTails += 1 }
        if reached < model.newest {
            counts.lossyPowerLosses += 1
            model.cut(after: reached)
        }
        try examine()
        journal.begin(
            with: model.keys.compactMap { key in
                model.newest(of: key).flatMap { $0.value == nil ? nil : (key, $0) }
            })
    }

    /// Up to which version the writes were recovered.
    ///
    /// A start that failed or was cut off may have cut the log and begun anew there: then the
    /// newest record need not be the write of that version. The longest prefix that fits what is
    /// found counts.
    private func prefixReached(atLeast needed: UInt64, _ lostPower: Bool) throws -> UInt64 {
        let newest = engine.recovery.lastLSN.rawValue
        guard lostPower, isAmbiguous else { return newest }
        ended = []
        var found: [(key: Int, lsn: UInt64?)] = []
        for key in model.keys where !disk.isDown {
            if let entry = try attempt("look up", { try Self.lookUp(key, in: engine) }) {
                found.append((key, entry?.lsn))
            }
        }
        // What is needed may be a record that wrote no key, as that of a read-only transaction.
        let prefixes = [needed] + model.prefixes.filter { $0 > needed && $0 <= newest }
        let fitting = prefixes.last { prefix in
            found.allSatisfy { key, lsn in
                model.entry(key, at: now, upTo: prefix)?.lsn == lsn
                    || model.isAboutToExpire(key, at: now)
                    || lsn == nil && (profile.evicts || model.hadExpired(key))
            }
        }
        return fitting ?? newest
    }

    /// Reads every key and walks the engine's own structures.
    func examine() throws {
        for key in model.keys where !disk.isDown {
            guard let found = try attempt("look up", { try Self.lookUp(key, in: engine) })
            else { continue }
            try judge(found, key, model.entry(key, at: now))
        }
        if !disk.isDown, !plan.omissions.contains(.bitmapUpdate) { engine.checkInvariants() }
        disk.checkInvariants()
        trace.note("examined", UInt64(engine.statistics().liveEntries))
    }

    /// A whole read, as a client does it.
    /// - Throws: `StorageError`.
    static func lookUp(_ key: Int, in engine: Engine) throws -> FoundEntry? {
        let scratch = ReadScratch()
        return try ValueBytes.key(key).withUnsafeBytes { bytes in
            let view = engine.key(bytes)
            while true {
                var found: FoundEntry?
                switch engine.read(view, { found = FoundEntry($0) }) {
                case .hit, .miss: return found
                case .notDurable(let lsn): try engine.waitUntilDurable(lsn)
                case .cold(let cold):
                    _ = try engine.readCold(cold, key: view, scratch: scratch, mayBlock: true) {
                        found = FoundEntry($0)
                    }
                    return found
                }
            }
        }
    }

    /// Once the disk is well again, everything must go on, and two more crashes find all of it.
    func finish() throws {
        isEnding = true
        heal()
        if !engine.acceptsWrites {
            counts.poisonings += 1
            try crash(losesPower: profile.adversity.powerLosses)
            heal()
        }
        if disk.isDown { try settle() }
        heal()
        while try attempt("last flush", { try engine.flush() }) == true {}
        try put(0, if: .none, by: 0)
        try check(model.newest(of: 0)?.value == ValueID(nextValue), "a write fails without cause")
        try examine()
        try restart()
        heal()
        _ = try attempt("last sync") { try engine.waitUntilDurable(engine.lastLSN) }
        durable = max(durable, engine.durableLSN.rawValue)
        try check(durable >= model.newest, "a sync leaves something out")
        try crash(losesPower: true)
        heal()
    }
}
