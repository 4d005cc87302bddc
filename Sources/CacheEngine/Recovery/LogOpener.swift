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
        /// No time before this one may be told.
        let clockMark: Timestamp
    }

    let layout: StoreLayout
    let files: any FileSystem
    let sizes: EngineSizes
    let store: StoreID
    let checkpoint: Checkpoint
    let omissions: UnsafeOmissions
    /// See `EngineOptions.identitySeed`.
    let seed: UInt64?

    func open(rolled: @escaping @Sendable () -> Void) throws(StorageError) -> Opened {
        let table = LogFileTable()
        var (used, unused) = try findFiles()
        // What an earlier start renamed or created may not have been made durable.
        try files.syncDirectory(layout.log)
        let clockMark = used.map { LogFileHead.clockMark(at: $0.mapped.base) }.max()
        var nonces = makeNonces()
        var pool = LogFilePool(
            files: files, directory: layout.log, standardBytes: sizes.logFileBytes)
        if used.isEmpty {
            used = [try makeFirst(&pool, &unused, nonce: nonces.next())]
        }
        guard used[0].number == checkpoint.replayFrom.file else {
            throw StorageError(
                .corruption, "file \(checkpoint.replayFrom.file) of the log is missing",
                file: layout.log)
        }
        let start = LogCursor(
            from: checkpoint.replayFrom, sequences: checkpoint.sequences, files: used,
            checksummed: !omissions.contains(.checksum))
        var end = start
        while end.next() != nil {}
        let torn = try examineTail(end, used)
        for file in used where file.number > end.position.file {
            try invalidate(file.mapped)
            unused.append(file.mapped)
        }
        used.removeAll { $0.number > end.position.file }
        for file in used { table.set(file.mapped.base, for: file.number) }
        for mapped in unused {
            if let path = pool.giveBack(mapped) { try files.remove(path) }
        }
        let current = used[used.count - 1].mapped
        // What was read from memory may not be on disk yet: the first sync covers all of it.
        let state = WriteAheadLog.State(
            pool: pool, live: used, unsynced: used.dropLast().map(\.mapped), base: current.base, offset: Int(end.position.offset),
            end: current.length, nextLSN: end.position.lsn, predecessor: end.position.predecessor,
            sequences: end.sequences, appendedBytes: end.passedBytes, nonces: nonces,
            clockMark: clockMark ?? checkpoint.clockMark)
        let log = WriteAheadLog(
            state, table: table, store: store, durable: checkpoint.durableLSN,
            backlogBytesMax: sizes.backlogBytesMax, omissions: omissions, rolled: rolled)
        if torn.needsNewFile || end.isAtFileEnd { try log.beginNewFile(isEnded: end.isAtFileEnd) }
        return Opened(
            log: log, replay: start, lastLSN: LSN(rawValue: end.position.lsn.rawValue - 1),
            tornBytes: torn.bytes, clockMark: clockMark ?? checkpoint.clockMark)
    }

    private func makeNonces() -> any RandomNumberGenerator & Sendable {
        seed.map { SplitMix64(seed: $0 ^ checkpoint.number) } ?? SystemRandomNumberGenerator()
    }

    /// Files whose head says that they hold a part of the log from the checkpoint on, in order,
    /// without a gap; and all others.
    private func findFiles() throws(StorageError) -> ([LogFile], [any MappedFile]) {
        var used: [LogFile] = []
        var unused: [any MappedFile] = []
        let names = try files.list(layout.log)
        // What the making of a file had got to when the process died.
        for name in names where name.contains(".wal.") { try files.remove(layout.log + "/" + name) }
        for name in names where name.hasSuffix(".wal") {
            let path = layout.log + "/" + name
            let length = Int(try files.open(path, .read).size())
            guard length >= 2 * LogFileHead.bytes else {
                try files.remove(path)
                continue
            }
            var mapped = try files.map(path, length: length)
            if LogFileHead.isSuspect(at: mapped.base) { mapped = try renewed(mapped) }
            let bytes = UnsafeRawBufferPointer(start: mapped.base, count: LogFileHead.bytes)
            if let head = try LogFileHead(verifying: bytes), head.store == store,
                head.number >= checkpoint.replayFrom.file
            {
                used.append(LogFile(mapped, number: head.number))
            } else {
                unused.append(mapped)
            }
        }
        used.sort { $0.number < $1.number }
        return (used, unused)
    }

    /// The first file of a new store.
    private func makeFirst(
        _ pool: inout LogFilePool, _ unused: inout [any MappedFile], nonce: UInt64
    ) throws(StorageError) -> LogFile {
        guard checkpoint.durableLSN == .zero, checkpoint.replayFrom.lsn.rawValue == 1 else {
            throw StorageError(.corruption, "the log is missing", file: layout.log)
        }
        let mapped: any MappedFile
        if let ready = unused.popLast() {
            mapped = ready
        } else {
            mapped = try LogFilePool.create(
                pool.newPath(), length: pool.length(frameBytes: 0), files: files)
        }
        var head = LogFileHead(
            store: store, number: 1, firstLSN: LSN(rawValue: 1), durableLSN: .zero, predecessor: 0,
            nonce: UInt32(truncatingIfNeeded: nonce))
        head.write(to: mapped.base, clockMark: checkpoint.clockMark)
        try sync(mapped)
        return LogFile(mapped, number: 1)
    }

    /// Makes a file that is beyond the log's end say nothing.
    private func invalidate(_ mapped: any MappedFile) throws(StorageError) {
        mapped.base.initializeMemory(as: UInt8.self, repeating: 0, count: LogFileHead.bytes)
        try sync(mapped)
    }

    private func sync(_ mapped: any MappedFile) throws(StorageError) {
        do throws(StorageError) {
            try mapped.sync()
        } catch {
            LogFileHead.setSuspect(true, at: mapped.base)
            throw error
        }
    }

    /// A durable copy in the place of a file whose sync failed: the one way to have on disk what
    /// the kernel takes to be there already.
    private func renewed(_ mapped: any MappedFile) throws(StorageError) -> any MappedFile {
        let sibling = mapped.path + ".copy"
        let copy = try files.map(sibling, length: mapped.length)
        copy.base.copyMemory(from: mapped.base, byteCount: mapped.length)
        LogFileHead.setSuspect(false, at: copy.base)
        try copy.sync()
        try files.rename(sibling, to: mapped.path)
        return try files.map(mapped.path, length: mapped.length)
    }

    /// Looks behind the last valid frame.
    /// - Returns: bytes of frames that are cut, and whether the rest of the file is unfit for use.
    private func examineTail(
        _ end: LogCursor, _ used: [LogFile]
    ) throws(StorageError) -> (bytes: Int, needsNewFile: Bool) {
        let expected = end.position.lsn
        var claimed = checkpoint.durableLSN
        var torn = 0
        var needsNewFile = false
        for file in used where file.number >= end.position.file {
            let isTail = file.number == end.position.file
            let scan = TailScan(file.mapped, after: expected)
            let found = scan.run(from: isTail ? Int(end.position.offset) : LogFileHead.bytes)
            claimed = max(claimed, found.durable)
            torn += found.bytes
            if isTail, found.bytes > 0 { needsNewFile = true }
            if !isTail { claimed = max(claimed, scan.headClaim()) }
        }
        if claimed >= expected {
            let file = used.first { $0.number == end.position.file }
            throw StorageError(
                .corruption,
                "the log is damaged at record \(expected.rawValue): it was durable "
                    + "up to record \(claimed.rawValue)",
                file: file?.mapped.path, offset: end.position.offset)
        }
        return (torn, needsNewFile)
    }
}
