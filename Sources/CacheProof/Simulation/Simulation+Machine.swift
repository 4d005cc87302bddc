internal import CacheBase
internal import CacheEngine
internal import CacheFiles

/// Background work, the clock, and what goes wrong with the disk.
extension Simulation {
    private static let magicBytes = 8

    func doBackgroundWork() throws {
        switch random.below(16) {
        case 0..<4: try flush()
        case 4..<7: try compact()
        case 7: sweep()
        case 8: engine.reclaimMemory()
        case 9: _ = try attempt("prepare") { try engine.prepareLog() }
        case 10..<13: try sync()
        case 13: disk.writeBack()
        default: passTime(milliseconds: UInt64(random.below(4000)))
        }
    }

    private func flush() throws {
        guard let flushed = try attempt("flush", { try engine.flush() }) else { return }
        if flushed { counts.flushes += 1 }
        trace.note("flush", flushed ? 1 : 0, UInt64(engine.statistics().segments))
    }

    private func compact() throws {
        // What bits that were not cleared do to a reader is the question, not to compaction.
        guard !plan.omissions.contains(.bitmapUpdate) else { return }
        guard let compacted = try attempt("compact", { try engine.compact() }) else { return }
        if compacted { counts.compactions += 1 }
        trace.note("compact", compacted ? 1 : 0, UInt64(engine.statistics().segments))
    }

    private func sweep() {
        engine.sweep()
        let second = now / 1000 * 1000
        for key in model.keys { model.toldAbsent(key, at: second) }
        trace.note("sweep", UInt64(engine.statistics().liveEntries))
    }

    private func sync() throws {
        let last = engine.lastLSN
        guard try attempt("sync", { try engine.waitUntilDurable(last) }) != nil else { return }
        trace.note("sync", last.rawValue)
    }

    private func passTime(milliseconds: UInt64) {
        wall += milliseconds
        clock.advance(milliseconds: milliseconds)
        trace.note("time", now)
    }

    func meetAdversity() throws {
        let adversity = profile.adversity
        switch random.below(14) {
        case 0..<2: try crash(losesPower: false)
        case 2..<4: try crash(losesPower: adversity.powerLosses)
        case 4: try restart()
        case 5..<7:
            trace.note("plan crash")
            disk.planCrash(atMutation: 1 + random.below(60))
        case 7..<9 where adversity.faults: planFault()
        case 9..<11: heal()
        case 11 where adversity.fullDisks: fillDisk()
        case 12 where adversity.clockSteps: stepClock()
        default: try loseHint()
        }
    }

    private func planFault() {
        let sets: [Set<FileOperation>] = [
            [.write, .create, .map], [.rename, .remove, .syncDirectory], [.sync], [.read, .open],
            .all,
        ]
        let choice = random.below(sets.count)
        let kind: StorageError.Kind = choice == 0 && random.coin() ? .noSpace : .io
        let nth = 1 + random.below(12)
        let persists = choice != 2 && random.below(4) == 0
        trace.note("fault", UInt64(choice), UInt64(nth), persists ? 1 : 0)
        disk.inject(FileFault(kind, on: sets[choice], nth: nth, isPersistent: persists))
        faultsArePlanned = true
    }

    func heal() {
        trace.note("heal")
        disk.heal()
        disk.capacityBytes = nil
        faultsArePlanned = false
        spaceIsLimited = false
    }

    private func fillDisk() {
        let used = disk.files.reduce(0) { $0 + $1.size }
        let room = random.below(3) == 0 ? 0 : random.below(128 << 10)
        trace.note("full", UInt64(room))
        disk.capacityBytes = UInt64(used + room)
        spaceIsLimited = true
    }

    /// Sets the machine's clock forward, or back by up to an hour.
    private func stepClock() {
        let back = UInt64(random.below(3_600_000))
        wall = random.below(3) == 0 ? wall + back / 60 : wall - back
        clock.step(to: Timestamp(rawValue: wall))
        trace.note("clock", wall)
    }

    /// Takes or damages a derived file between a kill and the next start.
    private func loseHint() throws {
        let hints = disk.files.filter { $0.path.hasSuffix(".hint") }
        guard !hints.isEmpty else { return }
        let hint = hints[random.below(hints.count)]
        trace.note("lose hint", UInt64(hint.size))
        // A fault of the disk that keeps the hint is as good.
        if random.coin() || hint.size <= Self.magicBytes {
            try? disk.remove(hint.path)
        } else {
            // A newer version would be a reason to refuse the store.
            let offset = Self.magicBytes + random.below(hint.size - Self.magicBytes)
            try? disk.flip(hint.path, at: offset)
        }
        try crash(losesPower: false)
    }
}
