internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

extension DecoderCheck {
    /// A store with one file replaced: the start decodes it, follows the log to its torn tail, and
    /// fills the index. Then the store is read and used, and started once more. The second byte
    /// chooses the file.
    static let wholeStore = DecoderCheck(
        "whole-store", seeds: { SmallStore.seeds() },
        seal: { bytes in
            guard let choice = bytes.first else { return }
            let file = UnsafeMutableRawBufferPointer(rebasing: bytes[1...])
            SmallStore.seal(SmallStore.file(choice), file)
        },
        decode: { bytes in
            guard let choice = bytes.first else { return false }
            let content = UnsafeRawBufferPointer(rebasing: bytes[1...])
            guard let disk = try? SmallStore.disk(SmallStore.file(choice), content),
                let engine = try? SmallStore.open(disk)
            else { return false }
            let found = SmallStore.content(of: engine)
            SmallStore.use(engine)
            engine.close()
            guard let again = try? SmallStore.open(disk) else {
                preconditionFailure("a store that was open cannot be opened")
            }
            compare(found, SmallStore.content(of: again))
            again.close()
            return true
        })

    /// What was read is read again; what was damaged may be gone.
    private static func compare(_ before: [FoundEntry??], _ after: [FoundEntry??]) {
        for case (.some(let entry), let now) in zip(before, after) {
            precondition(now == .some(entry), "another answer after a restart")
        }
    }
}

/// A store of a few entries, in a segment and in the log.
enum SmallStore {
    static let keys = 24
    private static let compactionsMax = 16
    static let folder = "data"
    private static let seed: UInt64 = 1
    private static let now = Timestamp(rawValue: 1_800_000_000_000)

    static var clock: Clock { .manual(start: now) }

    private static func options(_ folder: String) -> EngineOptions {
        var options = EngineOptions(directory: folder)
        options.backgroundWork = false
        options.identitySeed = seed
        options.memoryBytesMax = 256 << 10
        options.diskBytesMax = 1 << 20
        options.logFileBytes = 12 << 10
        options.segmentBytes = 4 << 10
        options.entriesMax = 1024
        options.hotTier = false
        return options
    }

    static func open(
        _ disk: SimulatedFileSystem, folder: String = folder
    ) throws(StorageError) -> Engine {
        try Engine.open(options(folder), files: disk, clock: clock)
    }

    /// The store as it is without damage.
    private static let whole: SimulatedFileSystem = {
        let disk = SimulatedFileSystem(seed: seed)
        guard let engine = try? open(disk) else { preconditionFailure("cannot make a store") }
        for key in 0..<keys {
            let content = ValueBytes.make(ValueID(key), count: 40)
            ValueBytes.key(key).withUnsafeBytes { bytes in
                content.withUnsafeBytes { content in
                    _ = try? engine.put(
                        engine.key(bytes), value: content,
                        contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                        expiry: key % 5 == 0 ? Expiry(milliseconds: 5000, after: now) : .never)
                }
            }
            if key == keys / 2 {
                commit(keys, in: engine)
                _ = try? engine.flush()
            }
        }
        commit(keys + 1, in: engine)
        try? engine.waitUntilDurable(engine.lastLSN)
        return disk
    }()

    /// A transaction that writes one key.
    private static func commit(_ key: Int, in engine: Engine) {
        let scratch = ReadScratch()
        let transactions = engine.transactions
        guard let id = (try? transactions.start(mayBlock: true)) ?? nil else { return }
        ValueBytes.key(key).withUnsafeBytes { bytes in
            _ = try? transactions.put(
                id, engine.key(bytes), value: bytes, contentType: bytes, expiry: .never,
                scratch: scratch, mayBlock: true)
        }
        _ = try? transactions.commit(id, scratch: scratch, mayBlock: true)
    }

    /// What each key has; nil where that cannot be read.
    static func content(of engine: Engine) -> [FoundEntry??] {
        (0...keys + 1).map { try? Simulation.lookUp($0, in: engine) }
    }

    /// Everything that a store does with what it has read, each of which may fail.
    static func use(_ engine: Engine) {
        commit(keys + 2, in: engine)
        while (try? engine.flush()) == true {}
        for _ in 0..<compactionsMax where (try? engine.compact()) != true { break }
        engine.sweep()
        engine.checkInvariants()
    }

    private static let files = whole.files.filter { $0.size > 0 }

    static func file(_ choice: UInt8) -> String { files[Int(choice) % files.count].path }

    /// The store, with another content of one file.
    static func disk(
        _ path: String, _ content: UnsafeRawBufferPointer
    ) throws(StorageError) -> SimulatedFileSystem {
        let disk = whole.fork()
        let file = try disk.open(path, .create)
        try file.write(content, at: 0)
        return disk
    }

    static func seeds() -> [[UInt8]] {
        files.indices.map { index in
            let path = files[index].path
            let content = (try? whole.contents(of: path, limit: 1 << 20)) ?? []
            // What is behind the frames of a log file are zeros.
            let used = content.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            let kept = path.hasSuffix(".wal") ? max(used, 3 * 4096) : content.count
            return [0, UInt8(index)] + content.prefix(kept)
        }
    }

    /// Computes the checksums of a file anew.
    static func seal(_ path: String, _ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count >= 8 else { return }
        if path.hasSuffix("CHECKPOINT") {
            guard bytes.count >= 12 else { return }
            base.put(
                CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))),
                at: bytes.count - 4)
        } else if path.hasSuffix(".wal") {
            sealLog(bytes)
        } else if path.hasSuffix(".seg") {
            sealSegment(bytes)
        }
    }

    private static func sealLog(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > LogFileHead.bytes else { return }
        let head = UnsafeRawPointer(base)
        base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 52)), at: 52)
        LogSeal.seal(
            bytes, from: LogFileHead.bytes, firstLSN: head.u64(32), predecessor: head.u32(48))
    }

    /// Head, blocks in their order, table and footer.
    private static func sealSegment(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count >= SegmentHead.bytes + SegmentFooter.bytes
        else { return }
        base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 60)), at: 60)
        let end = bytes.count - SegmentFooter.bytes
        var offset = SegmentHead.bytes
        while offset + BlockHead.bytes <= end {
            let stored = Int(UnsafeRawPointer(base + offset).u32(4))
            guard offset + BlockHead.bytes + stored <= end else { break }
            let summed = UnsafeRawBufferPointer(
                start: base + offset + 4, count: BlockHead.bytes - 4 + stored)
            base.put(offset: offset, CRC32C.of(summed))
            offset += aligned8(BlockHead.bytes + stored)
        }
        let footer = base + end
        let tableBytes = min(Int(UnsafeRawPointer(footer).u32(16)) * 8, end)
        footer.put(UInt64(end - tableBytes), at: 8)
        footer.put(
            CRC32C.of(UnsafeRawBufferPointer(start: footer - tableBytes, count: tableBytes)),
            at: 72)
        footer.put(CRC32C.of(UnsafeRawBufferPointer(start: footer, count: 76)), at: 76)
    }
}

extension UnsafeMutableRawPointer {
    /// Stores a checksum at the beginning of what is at `offset`.
    fileprivate func put(offset: Int, _ checksum: UInt32) { put(checksum, at: offset) }
}
