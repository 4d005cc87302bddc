internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Finds the log's files, decides where the log ends, and opens it for appending.
///
/// A frame that fails is damage if any later frame, or the checkpoint, claims that it was durable:
/// then the store does not open. Otherwise it is a torn tail, and is cut.
struct LogOpener {
    struct Opened {
        let log: WriteAheadLog
        /// At the checkpoint's place.
        let replay: LogCursor
        /// Of the newest valid frame.
        let lastLSN: LSN
        let tornBytes: Int
    }

    let layout: StoreLayout
    let files: any FileSystem
    let sizes: EngineSizes
    let store: StoreID
    let checkpoint: Checkpoint
    let omissions: UnsafeOmissions
    /// See `EngineOptions.identitySeed`.
    let seed: UInt64?
    let observer: @Sendable (EngineEvent) -> Void

    func open(rolled: @escaping @Sendable () -> Void) throws(StorageError) -> Opened {
        let finder = LogFileFinder(
            layout: layout, files: files, standardBytes: sizes.logFileBytes, store: store,
            from: checkpoint.replayFrom.file)
        var found = try finder.run()
        // What an earlier start created or removed may not have been made durable.
        try files.syncDirectory(layout.log)
        var pool = LogFilePool(
            files: files, directory: layout.log, standardBytes: sizes.logFileBytes)
        let (start, tail) = try follow(&found, &pool)
        let torn = try examineTail(tail.end, found)
        try tail.makeDirty(found.used)
        let log = try makeLog(found, &pool, tail.end, rolled)
        if torn.needsNewFile || tail.end.isAtFileEnd {
            try log.beginNewFile(isEnded: tail.end.isAtFileEnd)
        }
        return Opened(
            log: log, replay: start, lastLSN: LSN(rawValue: tail.end.position.lsn.rawValue - 1),
            tornBytes: torn.bytes)
    }

    /// Follows the log from the checkpoint's place to its end, over files whose head is damaged
    /// where their records go on without a gap.
    private func follow(
        _ found: inout LogFileFinder.Found, _ pool: inout LogFilePool
    ) throws(StorageError) -> (start: LogCursor, tail: LogTail) {
        _ = adopt(at: checkpoint.replayFrom, durable: checkpoint.durableLSN, &found)
        if found.used.isEmpty { found.used = [try makeFirst(&pool, &found)] }
        guard found.used[0].number == checkpoint.replayFrom.file else {
            throw StorageError(
                .corruption, "file \(checkpoint.replayFrom.file) of the log is missing",
                file: layout.log)
        }
        let first = found.used[0].mapped
        guard checkpoint.replayFrom.offset <= UInt64(first.length - LogFrame.headBytes) else {
            throw StorageError(
                .corruption, "the log ends before the checkpoint's place in it", file: first.path,
                offset: checkpoint.replayFrom.offset)
        }
        while true {
            let start = LogCursor(
                from: checkpoint.replayFrom, sequences: checkpoint.sequences, files: found.used,
                claimed: checkpoint.durableLSN, checksummed: !omissions.contains(.checksum))
            var tail = LogTail(start)
            tail.findEnd()
            var next = tail.end.position
            next.file += 1
            next.offset = UInt64(LogFileHead.bytes)
            guard tail.end.isAtFileEnd, adopt(at: next, durable: tail.end.claimed, &found) else {
                return (start, tail)
            }
        }
    }

    /// Gives a file without a valid head the one it had, where the record that is due at `position`
    /// is in it.
    private func adopt(
        at position: LogPosition, durable: LSN, _ found: inout LogFileFinder.Found
    ) -> Bool {
        guard !found.used.contains(where: { $0.number == position.file }),
            let index = found.headless.firstIndex(where: { $0.holdsFrame(at: position) })
        else { return false }
        let mapped = found.headless.remove(at: index)
        let head = LogFileHead(
            store: store, number: position.file, firstLSN: mapped.firstLSN, durableLSN: durable,
            predecessor: mapped.firstPredecessor)
        head.write(to: mapped.base)
        found.used.append(LogFile(mapped, number: position.file))
        found.used.sort { $0.number < $1.number }
        observer(.logHeadRebuilt(file: mapped.path))
        return true
    }

    /// The log as it is up to `end`; files beyond it are made to say nothing and are used again.
    private func makeLog(
        _ found: LogFileFinder.Found, _ pool: inout LogFilePool,
        _ end: LogCursor, _ rolled: @escaping @Sendable () -> Void
    ) throws(StorageError) -> WriteAheadLog {
        let table = LogFileTable()
        var unused = found.unused + found.headless
        for file in found.used where file.number > end.position.file {
            try invalidate(file.mapped)
            unused.append(file.mapped)
        }
        let used = found.used.filter { $0.number <= end.position.file }
        for file in used { table.set(file.mapped.base, for: file.number) }
        for mapped in unused {
            if let path = pool.giveBack(mapped) { try files.remove(path) }
        }
        let current = used[used.count - 1].mapped
        // What was read from memory may not be on disk yet: the first sync covers all files.
        let state = WriteAheadLog.State(
            pool: pool, live: used, unsynced: used.dropLast().map(\.mapped), base: current.base,
            offset: Int(end.position.offset), end: current.length, nextLSN: end.position.lsn,
            predecessor: end.position.predecessor,
            partitions: end.sequences.enumerated().map { number, sequence in
                let partition = Partition(rawValue: UInt16(number))
                return PartitionLog(
                    sequence: sequence, positionedAt: end.positionedAt[partition] ?? .zero)
            },
            marks: [LogMark(position: checkpoint.replayFrom, sequences: checkpoint.sequences)],
            appendedBytes: end.passedBytes, nonces: makeNonces())
        return WriteAheadLog(
            state, table: table, store: store, durable: checkpoint.durableLSN,
            backlogBytesMax: sizes.backlogBytesMax, omissions: omissions, rolled: rolled)
    }

    private func makeNonces() -> any RandomNumberGenerator & Sendable {
        seed.map { SplitMix64(seed: $0 ^ checkpoint.number) } ?? SystemRandomNumberGenerator()
    }

    /// The first file of a new store.
    private func makeFirst(
        _ pool: inout LogFilePool, _ found: inout LogFileFinder.Found
    ) throws(StorageError) -> LogFile {
        guard checkpoint.durableLSN == .zero, checkpoint.replayFrom.lsn.rawValue == 1 else {
            throw StorageError(.corruption, "the log is missing", file: layout.log)
        }
        for mapped in found.headless {
            let claimed = TailScan(mapped, after: .zero).run(from: LogFileHead.bytes).durable
            if claimed > .zero { throw Self.headDamage(mapped, claimed) }
        }
        let mapped: any MappedFile
        if let ready = found.unused.popLast() {
            // What is left in it could continue the first record that is written.
            ready.base.initializeMemory(as: UInt8.self, repeating: 0, count: ready.length)
            mapped = ready
        } else {
            mapped = try LogFilePool.create(
                pool.newPath(), length: pool.length(frameBytes: 0), files: files)
        }
        let head = LogFileHead(
            store: store, number: 1, firstLSN: LSN(rawValue: 1), durableLSN: .zero, predecessor: 0)
        head.write(to: mapped.base)
        try mapped.sync()
        return LogFile(mapped, number: 1)
    }

    /// Makes a file that is beyond the log's end say nothing: neither its head nor a first frame.
    private func invalidate(_ mapped: any MappedFile) throws(StorageError) {
        mapped.base.initializeMemory(
            as: UInt8.self, repeating: 0, count: LogFileHead.bytes + LogFrame.headBytes)
        try mapped.sync()
    }

    /// Looks behind the last valid frame.
    /// - Returns: bytes of frames that are cut, and whether the rest of the file is unfit for use.
    private func examineTail(
        _ end: LogCursor, _ found: LogFileFinder.Found
    ) throws(StorageError) -> (bytes: Int, needsNewFile: Bool) {
        let expected = end.position.lsn
        var claimed = end.claimed
        var torn = 0
        var needsNewFile = false
        for file in found.used where file.number >= end.position.file {
            let isTail = file.number == end.position.file
            let scan = TailScan(file.mapped, after: expected)
            let later = scan.run(from: isTail ? Int(end.position.offset) : LogFileHead.bytes)
            claimed = max(claimed, later.durable)
            torn += later.bytes
            if isTail {
                torn += scan.tornBytes(
                    at: Int(end.position.offset), after: end.position.predecessor)
                needsNewFile = later.bytes > 0
            } else {
                claimed = max(claimed, scan.headClaim())
            }
        }
        for mapped in found.headless {
            let later = TailScan(mapped, after: LSN(rawValue: expected.rawValue - 1))
                .run(from: LogFileHead.bytes)
            if later.durable >= expected { throw Self.headDamage(mapped, later.durable) }
            torn += later.bytes
        }
        guard claimed >= expected else { return (torn, needsNewFile) }
        let file = found.used.first { $0.number == end.position.file }
        throw StorageError(
            .corruption,
            "the log is damaged at record \(expected.rawValue): it was durable "
                + "up to record \(claimed.rawValue)",
            file: file?.mapped.path, offset: end.position.offset)
    }

    private static func headDamage(_ mapped: any MappedFile, _ claimed: LSN) -> StorageError {
        StorageError(
            .corruption,
            "the head of a log file is damaged; it holds records that were durable up to record "
                + "\(claimed.rawValue)",
            file: mapped.path, offset: 0)
    }
}

extension MappedFile {
    /// True where the whole record that is due at `position` is there.
    fileprivate func holdsFrame(at position: LogPosition) -> Bool {
        let offset = Int(clamping: position.offset)
        guard offset < length else { return false }
        let rest = UnsafeRawBufferPointer(start: base + offset, count: length - offset)
        guard let frame = LogFrame(verifying: rest) else { return false }
        return frame.lsn == position.lsn && frame.predecessor == position.predecessor
    }

    /// Of the first frame, taken as it stands.
    fileprivate var firstLSN: LSN {
        LSN(rawValue: UnsafeRawPointer(base + LogFileHead.bytes).u64(8))
    }

    fileprivate var firstPredecessor: UInt32 { UnsafeRawPointer(base + LogFileHead.bytes).u32(16) }
}
