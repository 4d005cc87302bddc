internal import CacheBase
internal import CacheEngine
internal import CacheFiles

/// One run of an engine on a simulated machine, step by step beside a model of what it promises.
///
/// One thread does everything: clients' operations, the engine's background work, faults, crashes
/// and the clock, each when a generator says so that is seeded by the plan. So a run is repeated by
/// its seed, which the digest of its report shows.
///
/// What is checked, at every answer and for every key after each crash:
/// - a read is exactly what was written last, byte for byte, or no entry where there is none;
/// - after a kill every write is there; after a power loss, exactly those up to some version, and
///   all that were durable: a batch whole or not at all, a refused write never;
/// - what was deleted, overwritten, or seen to have expired does not come back;
/// - with `SyncMode.always` nobody sees what a power loss could take back;
/// - a transaction sees the state of its start and what it wrote itself, and commits only where
///   nobody has changed what it touched; all answers between two starts are strictly serializable;
/// - an error has a cause on the machine, a write that failed was not applied, and once the causes
///   are gone all works again, after a failed sync by a restart;
/// - bits that were flipped on the disk are an error or change nothing.
package final class Simulation {
    let plan: SimulationPlan
    let profile: SimulationProfile
    let disk: SimulatedFileSystem
    var options: EngineOptions
    /// The last start was cut off before, and what it did is not known.
    var isAmbiguous = false
    /// Nothing new goes wrong any more.
    var isEnding = false

    // The run's own state.
    var random: Xoshiro256
    var trace: SimulationTrace
    var counts = SimulationCounts()
    var step = 0
    var clients: [SimulatedClient]
    var nextValue = 0

    // The machine: its clock, and what is wrong with its disk.
    var wall: UInt64 = 1_800_000_000_000
    var clock: Clock
    var faultsArePlanned = false
    var spaceIsLimited = false

    // The store, and what it should hold.
    var engine: Engine
    var model: StoreModel
    /// What was answered since the last start.
    var journal = SimulationJournal()
    /// The last transactions that ended.
    var ended: [EndedTransaction] = []
    /// Every version up to this one was durable at some time.
    var durable: UInt64 = 0

    /// Makes the run and says what it did.
    /// - Parameter print: receives a line for each event.
    /// - Throws: `SimulationFailure` where the store broke a promise.
    package static func run(
        _ plan: SimulationPlan, print: ((String) -> Void)? = nil
    ) throws -> SimulationReport {
        let simulation = try Simulation(plan, print)
        try simulation.run()
        return SimulationReport(
            seed: plan.seed, steps: simulation.step, digest: simulation.trace.digest,
            counts: simulation.counts)
    }

    private init(_ plan: SimulationPlan, _ print: ((String) -> Void)?) throws {
        self.plan = plan
        var random = Xoshiro256(seed: plan.seed)
        var profile = SimulationProfile(&random)
        // What an omission leaves behind is to be found by readers, not by a disk that is too small.
        if !plan.omissions.isEmpty { profile.evicts = false }
        if plan.omissions.contains(.commitValidation) { profile.transactionsOfSixteen = 8 }
        self.profile = profile
        disk = SimulatedFileSystem(seed: random.next())
        var options = profile.options
        options.unsafeOmissions = plan.omissions
        // By the seed and not by a draw: earlier seeds stay the runs that they are.
        options.eviction = plan.seed % 2 == 0 ? .lru : .s3FIFO
        self.options = options
        self.random = random
        trace = SimulationTrace(print)
        clients = (0..<profile.clients).map { _ in SimulatedClient() }
        clock = .manual(start: Timestamp(rawValue: wall))
        engine = try Engine.open(options, files: disk, clock: clock)
        model = StoreModel(keys: profile.keys)
    }

    private func run() throws {
        while step < plan.steps {
            step += 1
            model.pass(now)
            try takeStep()
            if step % 256 == 0 { try examine() }
        }
        try finish()
        try damage()
        noteEnd()
    }

    private func takeStep() throws {
        let draw = random.below(1000)
        if draw < profile.backgroundOfThousand {
            try doBackgroundWork()
        } else if draw < profile.backgroundOfThousand + profile.adversityOfThousand {
            try meetAdversity()
        } else {
            try advance(random.below(clients.count))
        }
        try settle()
    }

    /// What follows every step: a machine that went down is started again.
    func settle() throws {
        if disk.isDown { return try crash(losesPower: random.coin()) }
        durable = max(durable, engine.durableLSN.rawValue)
    }

    private func noteEnd() {
        for file in disk.files {
            trace.note("file", UInt64(file.path.utf8.count), UInt64(file.size))
        }
        trace.note(
            "end", UInt64(disk.counts.all), disk.counts.bytesWritten, engine.lastLSN.rawValue)
    }
}

// MARK: - Judging

extension Simulation {
    var now: UInt64 { clock.now().rawValue }

    func failure(_ message: String) -> SimulationFailure {
        SimulationFailure(seed: plan.seed, step: step, message: message)
    }

    func check(_ holds: Bool, _ message: @autoclosure () -> String) throws {
        if !holds { throw failure(message()) }
    }

    /// Runs a call of the engine.
    /// - Returns: nil where it failed for a cause that the machine has.
    /// - Throws: `SimulationFailure` where it failed for none.
    func attempt<Result>(_ name: StaticString, _ body: () throws -> Result) throws -> Result? {
        do {
            return try body()
        } catch let error as StorageError {
            counts.errors += 1
            trace.note(name, 0xE, Self.number(of: error.kind))
            if !disk.isDown { try check(isExcused(error), "\(name): \(error.kind): \(error)") }
            return nil
        }
    }

    static func number(of kind: StorageError.Kind) -> UInt64 {
        UInt64(StorageError.Kind.allCases.firstIndex(of: kind) ?? 0)
    }

    private func isExcused(_ error: StorageError) -> Bool {
        switch error.kind {
        case .io: faultsArePlanned
        case .noSpace: faultsArePlanned || spaceIsLimited
        case .poisoned: !engine.acceptsWrites
        case .overloaded: isBehind || engine.transactions.openCount > 0
        default: false
        }
    }

    /// The log is as far ahead of the flusher as it may be.
    private var isBehind: Bool {
        let limit = max(options.memoryBytesMax / 4, UInt64(4 * profile.logFileBytes))
        return engine.statistics().logBacklogBytes > limit
    }
}
