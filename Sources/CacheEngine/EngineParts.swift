internal import CShims
internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// What the engine is made of; shared by the facade and its background work.
final class EngineParts: Sendable {
    let options: EngineOptions
    let sizes: EngineSizes
    let clock: Clock
    let files: any FileSystem
    let layout: StoreLayout
    let lock: any DirectoryLock
    let store: StoreFile
    let hash: KeyHash
    let index: KeyIndex
    let log: WriteAheadLog
    let commit: GroupCommit
    let hot: HotTier
    let segments: SegmentTable
    let counters = EngineCounters()
    let removals = RemovalLog()
    let moves = SegmentMoves()
    /// What may change while the engine runs.
    let limits: EngineLimits
    private let syncsAlways: Atomic<Bool>
    private let waitsForCopies = Atomic<Bool>(false)
    /// `syncsAlways` or `waitsForCopies`.
    private let holdsAnswers: Atomic<Bool>
    let checkpoint: CheckpointState
    /// False only under `UnsafeOmissions.bitmapUpdate`.
    private let clearsBits: Bool
    let ledger: TransactionLedger
    /// Wakes the threads that keep the log ahead of its writers and behind its limits.
    let signals: MaintenanceSignals
    let clockKeeper: ClockKeeper

    init(
        options: EngineOptions, sizes: EngineSizes, clock: Clock, files: any FileSystem,
        layout: StoreLayout, lock: any DirectoryLock, store: StoreFile, index: KeyIndex,
        log: WriteAheadLog, hot: HotTier, segments: SegmentTable, checkpoint: CheckpointState,
        ledger: TransactionLedger, signals: MaintenanceSignals, clockKeeper: ClockKeeper
    ) {
        self.options = options
        self.sizes = sizes
        self.clock = clock
        self.files = files
        self.layout = layout
        self.lock = lock
        self.store = store
        hash = KeyHash(secret: store.hashKey)
        self.index = index
        self.log = log
        commit = GroupCommit(log: log, clock: clock, times: counters.syncTimes)
        self.hot = hot
        self.segments = segments
        self.checkpoint = checkpoint
        self.ledger = ledger
        self.signals = signals
        self.clockKeeper = clockKeeper
        clearsBits = !options.unsafeOmissions.contains(.bitmapUpdate)
        limits = EngineLimits(sizes)
        syncsAlways = Atomic(options.sync == .always)
        holdsAnswers = Atomic(options.sync == .always)
        commit.setInterval(options.sync)
    }

    /// Answers show only what neither a crash nor the loss of this node can take back.
    @inline(__always)
    var answersWait: Bool { holdsAnswers.load(ordering: .relaxed) }

    var answersWaitForSync: Bool { syncsAlways.load(ordering: .relaxed) }
    var answersWaitForCopies: Bool { waitsForCopies.load(ordering: .relaxed) }

    /// The newest record that an answer may show, where `answersWait`.
    var answerableLSN: LSN {
        let copied = answersWaitForCopies ? log.copiedLSN : LSN(rawValue: .max)
        return answersWaitForSync ? min(log.durableLSN, copied) : copied
    }

    /// The newest record that anybody may be told of.
    var tellableLSN: LSN { answersWait ? min(answerableLSN, log.lastLSN) : log.lastLSN }

    /// From now on answers wait until replicas have what they show; or not any more.
    func setWaitsForCopies(_ waits: Bool) {
        let waits = waits && !options.unsafeOmissions.contains(.copies)
        waitsForCopies.store(waits, ordering: .relaxed)
        updateHold()
    }

    private func updateHold() {
        holdsAnswers.store(answersWaitForSync || answersWaitForCopies, ordering: .relaxed)
    }

    /// Changes when records reach the disk. What is waited for already is synced all the same.
    func setSync(_ mode: SyncMode) {
        syncsAlways.store(mode == .always, ordering: .relaxed)
        updateHold()
        commit.setInterval(mode)
        commit.request(log.lastLSN)
    }

    /// The entry that was at `location` is not its key's any more.
    @inline(__always)
    func discard(_ location: Location) {
        guard clearsBits else { return }
        switch location.kind {
        case .none, .log: break
        case .segment: segments.markDead(location)
        case .hot: segments.markDead(hot.entry(at: location).segment)
        }
    }

    /// Forgets an entry, as an eviction or an expiry does.
    func drop(_ id: UInt32, _ shard: inout IndexShard) {
        drop(id, newest: newestVersion(at: shard.slot(id).pointee.location), &shard)
    }

    /// Takes an entry out of the index.
    /// - Parameter newest: at least its version; of a delete, the delete's own.
    @inline(__always)
    func drop(_ id: UInt32, newest: LSN, _ shard: inout IndexShard) {
        discard(shard.slot(id).pointee.location)
        shard.remove(id, newest: newest)
    }

    /// The version of the entry at a slot's location, or where only the disk knows it, the newest
    /// that it can be. Under the slot's lock.
    func newestVersion(at location: Location) -> LSN {
        switch location.kind {
        case .log: log.table.entry(at: location).lsn
        case .hot: hot.entry(at: location).lsn
        case .segment: segments.segment(location).footer.lastLSN
        case .none: preconditionFailure("an occupied slot has a location")
        }
    }

    /// Makes room for one more entry in a shard by evicting the one that its order says.
    func evictOne(_ shard: inout IndexShard) {
        let id = shard.chooseVictim()
        guard id != 0 else { return }
        shard.remember(id)
        evict(id, &shard)
    }

    /// Takes an entry out to make room.
    func evict(_ id: UInt32, _ shard: inout IndexShard) {
        removals.note(.evict, shard.slot(id).pointee.location, self)
        drop(id, &shard)
        counters.evictions.add()
    }

    func statistics() -> EngineStatistics {
        var figures = EngineStatistics()
        for number in 0..<KeyIndex.shardCount {
            index.withShard(number) { shard in
                figures.liveEntries += shard.count
                figures.indexBytes += shard.bytes
                figures.hits += shard.hits
                figures.misses += shard.misses
            }
        }
        figures.hits += counters.coldHits.value
        figures.misses += counters.coldMisses.value
        figures.evictions = counters.evictions.value
        figures.expirations = counters.expirations.value
        figures.memoryUsedBytes = dcs_resident_bytes()
        figures.memoryBytesMax = UInt64(limits.memoryBytesMax)
        figures.diskBytesMax = limits.diskBytesMax
        figures.hotBytes = hot.usedBytes
        for segment in segments.all {
            figures.segments += 1
            figures.diskUsedBytes += segment.fileBytes
            figures.diskLiveBytes += segment.liveBytes
        }
        figures.logBytesAppended = log.appendedBytes
        figures.logFileBytes = log.fileBytes
        figures.logBacklogBytes = log.backlogBytes
        figures.syncs = commit.syncs
        figures.flushedBytes = counters.flushedBytes.value
        figures.compactedBytes = counters.compactedBytes.value
        figures.flushes = counters.flushes.value
        figures.compactions = counters.compactions.value
        figures.corruptions = counters.corruptions.value
        figures.compactionReadBytes = counters.compactionReadBytes.value
        figures.syncTimes = counters.syncTimes.snapshot()
        figures.flushTimes = counters.flushTimes.snapshot()
        figures.compactionTimes = counters.compactionTimes.snapshot()
        figures.durableLSN = log.durableLSN
        figures.lastLSN = log.lastLSN
        figures.acceptsWrites = !log.poisoned
        figures.isDiskFull = log.isFull
        figures.transactionsCommitted = counters.transactionsCommitted.value
        figures.transactionConflicts = counters.transactionConflicts.value
        figures.transactionsRolledBack = counters.transactionsRolledBack.value
        figures.transactionsTimedOut = counters.transactionsTimedOut.value
        return figures
    }
}

extension EngineParts {
    /// Every slot's place on disk is live there, and nothing else is; the lists are whole.
    /// Only while nothing else uses the engine.
    func checkInvariants() {
        var placed: [Int: Int] = [:]
        for number in 0..<KeyIndex.shardCount {
            index.withShard(number) { shard in
                shard.checkInvariants()
                for id in stride(from: UInt32(1), through: shard.highWater, by: 1) {
                    let slot = shard.slot(id).pointee
                    if slot.isFree { continue }
                    let place = place(of: slot.location)
                    guard place.kind == .segment else { continue }
                    let isLive = segments.segment(place).isLive(place)
                    precondition(isLive, "a slot points at a dead entry")
                    placed[place.segmentSlot, default: 0] += 1
                }
            }
        }
        for segment in segments.all {
            let bits = (0..<segment.entries).count { segment.liveness.isSet($0) }
            precondition(bits == segment.liveEntries, "a segment's live count is wrong")
            precondition(bits == placed[segment.slot, default: 0], "a live entry has no slot")
        }
    }
}
