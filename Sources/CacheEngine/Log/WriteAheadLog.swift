internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// The log: an endless sequence of frames over mapped, recycled files.
///
/// Invariants:
/// - Frames are contiguous: each carries the LSN after its predecessor's and that one's checksum.
/// - The frame that ends a file carries a random number. So whatever an earlier use left in the
///   next file, even records of the same LSNs that a power loss took back, never continues it.
/// - A frame is whole in memory before its LSN is given out, so a killed process loses none.
/// - A file is in the table from before its first frame until after `release`.
/// - Appended bytes minus flushed bytes is at most `backlogBytesMax`.
final class WriteAheadLog: Sendable {
    struct Appended {
        let lsn: LSN
        let fileSlot: Int
        /// Of the payload in the file.
        let offset: Int
    }

    /// Filled pages of a file.
    private struct Stretch {
        static let bytesMin = 256 << 10
        let file: any MappedFile
        let start: Int
        let end: Int
    }

    struct State {
        var pool: LogFilePool
        var live: [LogFile] = []
        var unsynced: [any MappedFile] = []
        var base: UnsafeMutableRawPointer
        var offset: Int
        var end: Int
        var nextLSN: LSN
        var predecessor: UInt32
        /// By number; the last stands for records of several.
        var partitions: [PartitionLog]
        /// Where each file that is kept begins.
        var marks: [LogMark]
        /// Files that readers behind the flusher want kept.
        var pins = LogPins()
        /// Bytes of frames since the engine was opened.
        var appendedBytes: UInt64 = 0
        var isClosed = false
        /// For the frames that end files.
        var nonces: any RandomNumberGenerator & Sendable
        /// Pages of the current file before this were taken out of the mapping.
        var releasedTo = 0

        var current: LogFile { live[live.count - 1] }

        @inline(__always)
        func leads(_ place: RecordPlace) -> Bool {
            guard partitions[Int(place.partition.rawValue)].isLed else { return false }
            return place.members.allSatisfy { partitions[Int($0.rawValue)].isLed }
        }
    }

    let table: LogFileTable
    let store: StoreID
    /// Bytes that may wait for the flusher; past them a write is refused as `overloaded`.
    private let backlogLimit: Atomic<UInt64>
    let state: Guarded<State>
    private let durable: Atomic<UInt64>
    private let copied = Atomic<UInt64>(.max)
    private let abandoned = Atomic<UInt64>(0)
    private let flushedBytes = Atomic<UInt64>(0)
    private let populatedOffset = Atomic<Int>(0)
    private let isPoisoned = Atomic<Bool>(false)
    private let isOutOfSpace = Atomic<Bool>(false)
    /// Called under the log's lock when the log went on to another file.
    private let rolled: @Sendable () -> Void
    let omissions: UnsafeOmissions

    init(
        _ opening: consuming State, table: LogFileTable, store: StoreID, durable: LSN,
        backlogBytesMax: UInt64, omissions: UnsafeOmissions,
        rolled: @escaping @Sendable () -> Void
    ) {
        self.table = table
        self.store = store
        backlogLimit = Atomic(backlogBytesMax)
        self.durable = Atomic(durable.rawValue)
        self.rolled = rolled
        self.omissions = omissions
        state = Guarded(opening)
    }

    /// Every record up to this one survives a power loss.
    @inline(__always)
    var durableLSN: LSN { LSN(rawValue: durable.load(ordering: .acquiring)) }

    /// Every record up to this one is with the replicas that count; all where there are none.
    var copiedLSN: LSN { LSN(rawValue: copied.load(ordering: .acquiring)) }

    func noteCopied(_ lsn: LSN) { copied.store(lsn.rawValue, ordering: .releasing) }

    /// Of the records up to this one nobody is told any more that the replicas have them.
    var abandonedLSN: LSN { LSN(rawValue: abandoned.load(ordering: .acquiring)) }

    func noteAbandoned(_ lsn: LSN) { abandoned.store(lsn.rawValue, ordering: .releasing) }

    var lastLSN: LSN { state.withLock { LSN(rawValue: $0.nextLSN.rawValue - 1) } }

    var appendedBytes: UInt64 { state.withLock { $0.appendedBytes } }
    /// Appended and not flushed yet. What is flushed is read first: it only grows, and never past
    /// what is appended by then.
    var backlogBytes: UInt64 {
        let flushed = flushedBytes.load(ordering: .relaxed)
        return appendedBytes - flushed
    }
    /// Bytes of what was appended that `release` took back.
    var releasedBytes: UInt64 { flushedBytes.load(ordering: .relaxed) }
    var poisoned: Bool { isPoisoned.load(ordering: .relaxed) }
    /// Number of the oldest file in use.
    var oldestFile: UInt64 { state.withLock { $0.live[0].number } }
    var fileBytes: Int { state.withLock { $0.live.reduce(0) { $0 + $1.mapped.length } } }

    /// Appends one frame, of writes where nothing else is said. `fill` copies the payload, whose checksum is given.
    ///
    /// Called under the locks of the shards that the writes touch.
    /// - Throws: `notPrimary`, `poisoned`, `closed`, `overloaded` (the flusher is behind),
    ///   `noSpace`, `io`:
    ///   nothing was appended.
    /// - Complexity: O(payload), no system call but where the log goes on to another file.
    @inline(__always)
    func append(
        _ kind: FrameKind = .writes, payloadBytes: Int, payloadChecksum: UInt32, entries: Int,
        place: RecordPlace, _ fill: (UnsafeMutableRawPointer) -> Void
    ) throws(StorageError) -> Appended {
        try state.withLock { state throws(StorageError) in
            let number = Int(place.partition.rawValue)
            guard state.leads(place) || omissions.contains(.fencing) else {
                throw Self.notPrimaryError
            }
            try admit(&state, frameBytes: LogFrame.headBytes + aligned8(payloadBytes))
            fill(state.base + state.offset + LogFrame.headBytes)
            let sequence = state.partitions[number].sequence &+ 1
            state.partitions[number].sequence = sequence
            for member in place.members {
                state.partitions[Int(member.rawValue)].sequence &+= 1
            }
            return write(
                &state, payloadBytes: payloadBytes, payloadChecksum: payloadChecksum,
                entries: entries, kind: kind, place: place, sequence: sequence,
                epoch: state.partitions[number].epoch)
        }
    }

    @inline(__always)
    @discardableResult
    func write(
        _ state: inout State, payloadBytes: Int, payloadChecksum: UInt32, entries: Int,
        kind: FrameKind, place: RecordPlace, sequence: UInt64,
        epoch: Epoch = Epoch(rawValue: 1)
    ) -> Appended {
        let offset = state.offset
        let lsn = state.nextLSN
        let lag = lsn.rawValue &- durable.load(ordering: .relaxed)
        let frame = LogFrame(
            payloadBytes: UInt32(truncatingIfNeeded: payloadBytes), lsn: lsn,
            predecessor: state.predecessor, durableLag: UInt32(clamping: lag), epoch: epoch,
            entries: UInt16(truncatingIfNeeded: entries), kind: kind,
            partition: place.partition, sequence: sequence, flags: place.flags)
        state.predecessor = frame.write(
            to: state.base + state.offset, payloadChecksum: payloadChecksum)
        state.offset &+= frame.frameBytes
        state.appendedBytes &+= UInt64(truncatingIfNeeded: frame.frameBytes)
        state.nextLSN = lsn.next
        return Appended(
            lsn: lsn, fileSlot: state.current.slot, offset: offset + LogFrame.headBytes)
    }

    /// Makes sure that a frame may be appended and has room where the log stands.
    @inline(__always)
    func admit(_ state: inout State, frameBytes: Int) throws(StorageError) {
        if isPoisoned.load(ordering: .relaxed) { throw Self.poisonedError }
        if state.isClosed { throw StorageError(.closed, "the store is closed") }
        let backlog = state.appendedBytes &- flushedBytes.load(ordering: .relaxed)
        if backlog > backlogLimit.load(ordering: .relaxed) {
            throw isOutOfSpace.load(ordering: .relaxed) ? Self.noSpaceError : Self.behindError
        }
        // Room for an end frame stays after every frame.
        if state.offset &+ frameBytes &+ LogFrame.headBytes > state.end {
            try roll(&state, frameBytes: frameBytes)
        }
    }

    private static let notPrimaryError = StorageError(
        .notPrimary, "another node takes the writes of this key")
    static let poisonedError = StorageError(
        .poisoned, "an earlier sync of the log failed; no write is taken until a restart")
    private static let noSpaceError = StorageError(
        .noSpace, "the disk is full: the log cannot be flushed")
    private static let behindError = StorageError(
        .overloaded, "writes come faster than the disk takes them; try again")
}

// MARK: - Files

extension WriteAheadLog {
    /// Tells writers that are refused for the flusher's sake what holds it up.
    func noteFlush(failedForSpace: Bool) { isOutOfSpace.store(failedForSpace, ordering: .relaxed) }

    /// Writes are refused, or soon will be, because the log cannot be flushed to a full disk.
    var isFull: Bool { isOutOfSpace.load(ordering: .relaxed) }

    /// Bytes that may wait for the flusher from now on.
    func setBacklogMax(_ bytes: UInt64) { backlogLimit.store(bytes, ordering: .relaxed) }
}

extension WriteAheadLog {
    /// Ends the current file and goes on in another.
    private func roll(_ state: inout State, frameBytes: Int) throws(StorageError) {
        let next = try nextFile(&state, frameBytes: frameBytes)
        write(
            &state, payloadBytes: 0, payloadChecksum: 0, entries: 0, kind: .end,
            place: RecordPlace(Partition(rawValue: 0)), sequence: state.nonces.next() >> 16)
        state.unsynced.append(state.current.mapped)
        begin(next, number: state.current.number + 1, &state)
        rolled()
    }

    private func nextFile(
        _ state: inout State, frameBytes: Int
    ) throws(StorageError) -> any MappedFile {
        if let spare = state.pool.takeSpare(frameBytes: frameBytes) { return spare }
        return try LogFilePool.create(
            state.pool.newPath(), length: state.pool.length(frameBytes: frameBytes),
            files: state.pool.files)
    }

    /// Goes on in a new file after a recovery that cannot use the rest of the current one.
    ///
    /// Where that is ended already, its last frame may have been followed before: so nothing is left
    /// of what is in the next file.
    func beginNewFile(isEnded: Bool) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            if !isEnded { return try roll(&state, frameBytes: 0) }
            let next = try nextFile(&state, frameBytes: 0)
            next.base.initializeMemory(as: UInt8.self, repeating: 0, count: next.length)
            begin(next, number: state.current.number + 1, &state)
        }
    }

    /// Makes `mapped` the current file by writing its head.
    private func begin(_ mapped: any MappedFile, number: UInt64, _ state: inout State) {
        let head = LogFileHead(
            store: store, number: number, firstLSN: state.nextLSN, durableLSN: durableLSN,
            predecessor: state.predecessor)
        head.write(to: mapped.base)
        table.set(mapped.base, for: number)
        state.live.append(LogFile(mapped, number: number))
        state.marks.append(
            LogMark(
                position: LogPosition(
                    file: number, offset: UInt64(LogFileHead.bytes), lsn: state.nextLSN,
                    predecessor: state.predecessor),
                sequences: state.partitions.map(\.sequence)))
        state.base = mapped.base
        state.offset = LogFileHead.bytes
        state.end = mapped.length
        state.releasedTo = 0
        populatedOffset.store(0, ordering: .relaxed)
    }

    /// Keeps a ready file and a stretch of present pages before the writers; slow, off their path.
    func prepare(populateBytes: Int) throws(StorageError) {
        let path = state.withLock { state -> String? in
            state.pool.needsSpare && !state.isClosed ? state.pool.newPath() : nil
        }
        if let path {
            let (files, length) = state.withLock { ($0.pool.files, $0.pool.standardBytes) }
            let mapped = try LogFilePool.create(path, length: length, files: files)
            let surplus = state.withLock { $0.pool.giveBack(mapped) }
            if let surplus { try files.remove(surplus) }
        }
        let (current, offset) = state.withLock { ($0.current.mapped, $0.offset) }
        let start = max(populatedOffset.load(ordering: .relaxed), offset & ~4095)
        let end = min(current.length, offset + populateBytes)
        if end - start >= populateBytes / 2 {
            try current.populate(offset: start, length: (end - start + 4095) & ~4095)
            populatedOffset.store(end & ~4095, ordering: .relaxed)
        }
    }

    /// Where the next frame will be, and what is needed to follow the log to there.
    func position() -> (
        end: LogPosition, files: [LogFile], appendedBytes: UInt64, sequences: [UInt64]
    ) {
        state.withLock { state in
            let end = LogPosition(
                file: state.current.number, offset: UInt64(state.offset), lsn: state.nextLSN,
                predecessor: state.predecessor)
            return (end, state.live, state.appendedBytes, state.partitions.map(\.sequence))
        }
    }

    /// Everything before `position` is in segments and in a durable checkpoint: takes the files
    /// back, and the pages of the current one out of memory.
    func release(before position: LogPosition, flushedBytes flushed: UInt64) throws(StorageError) {
        flushedBytes.store(flushed, ordering: .relaxed)
        let (files, surplus) = state.withLock { state -> (any FileSystem, [String]) in
            var surplus: [String] = []
            let kept = state.pins.firstKept(position.file)
            while state.live[0].number < kept {
                let file = state.live.removeFirst()
                table.set(nil, for: file.number)
                state.unsynced.removeAll { $0 === file.mapped }
                if let path = state.pool.giveBack(file.mapped) { surplus.append(path) }
            }
            state.marks.removeAll { $0.position.file < kept }
            for file in state.live where file.number <= position.file {
                let isLast = file.number == position.file
                file.mapped.releasePages(
                    offset: 0, length: isLast ? Int(position.offset) & ~4095 : file.mapped.length)
            }
            return (state.pool.files, surplus)
        }
        for path in surplus { try files.remove(path) }
    }
}

extension WriteAheadLog {
    /// Takes the pages of the log out of the process's memory; what is read again comes back.
    func releasePages() {
        for file in state.withLock({ $0.live }) {
            file.mapped.releasePages(offset: 0, length: file.mapped.length)
        }
    }
}

// MARK: - Durability

extension WriteAheadLog {
    /// Makes everything appended so far durable; one caller at a time (`GroupCommit`).
    ///
    /// A failure is final: the log is poisoned and takes no more writes.
    func sync() throws(StorageError) {
        if poisoned { throw Self.poisonedError }
        let (files, lsn, stretches) = state.withLock { state in
            let stretches = stretchesToRelease(&state)
            let files = state.unsynced + [state.current.mapped]
            state.unsynced = []
            return (files, LSN(rawValue: state.nextLSN.rawValue - 1), stretches)
        }
        // The kernel marks each page it writes as clean, and interrupts every other core for each
        // that is mapped. Taken out of the mapping together, they cost one interruption.
        for stretch in stretches {
            stretch.file.releasePages(offset: stretch.start, length: stretch.end - stretch.start)
        }
        guard lsn > durableLSN else { return }
        do throws(StorageError) {
            for file in files where !omissions.contains(.sync) { try file.sync() }
        } catch {
            isPoisoned.store(true, ordering: .relaxed)
            throw error
        }
        durable.store(lsn.rawValue, ordering: .releasing)
    }

    /// Whole pages that were filled since the last sync, where they are many: nobody writes them
    /// any more, and who reads them gets them back from the page cache.
    private func stretchesToRelease(_ state: inout State) -> [Stretch] {
        var stretches: [Stretch] = []
        if state.offset - state.releasedTo >= Stretch.bytesMin {
            let end = state.offset & ~4095
            stretches.append(
                Stretch(file: state.current.mapped, start: state.releasedTo, end: end))
            state.releasedTo = end
        }
        for file in state.unsynced {
            stretches.append(Stretch(file: file, start: 0, end: file.length))
        }
        return stretches
    }

    /// Takes no more appends.
    func close() { state.withLock { $0.isClosed = true } }

    /// Claims, for the next start, that all there is was durable. After `close` and a sync.
    func mark() {
        state.withLock { state in
            guard durableLSN.next == state.nextLSN, state.predecessor != 0,
                state.offset + 2 * LogFrame.headBytes <= state.end
            else { return }
            write(
                &state, payloadBytes: 0, payloadChecksum: 0, entries: 0, kind: .mark,
                place: RecordPlace(Partition(rawValue: 0)), sequence: 0)
        }
    }
}
