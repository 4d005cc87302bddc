internal import CacheBase
internal import CacheEngine
internal import CacheFiles

/// A bad disk: bytes of any file change, and no wrong one may ever be served.
extension Simulation {
    private static let forks = 6
    private static let compactionsMax = 1000

    func damage() throws {
        engine.close()
        for _ in 0..<Self.forks {
            let fork = disk.fork()
            let path = try damageFile(of: fork)
            counts.damages += 1
            try examineDamaged(fork, path)
        }
    }

    /// - Returns: the file that is not what was written any more.
    private func damageFile(of fork: SimulatedFileSystem) throws -> String {
        let files = fork.files.filter { $0.size > 0 }
        // Small files are many and large ones hold the data: every kind has its turn.
        let suffixes = [".seg", ".seg", ".wal", ".wal", ".hint", "CHECKPOINT", "STORE"]
        let suffix = suffixes[random.below(suffixes.count)]
        let matching = files.filter { $0.path.hasSuffix(suffix) }
        let choices = matching.isEmpty ? files : matching
        let file = choices[random.below(choices.count)]
        // Log files are mostly empty.
        let reach = file.path.hasSuffix(".wal") ? min(file.size, 12 << 10) : file.size
        let offset = random.below(reach)
        trace.note("damage", UInt64(file.size), UInt64(offset))
        switch random.below(4) {
        case 0: try fork.zero(file.path, at: offset, count: min(512, file.size - offset))
        default: try fork.flip(file.path, at: offset, bits: 1 << UInt8(random.below(8)))
        }
        return file.path
    }

    private func examineDamaged(_ fork: SimulatedFileSystem, _ path: String) throws {
        let clock = Clock.manual(start: Timestamp(rawValue: wall))
        let opened: Engine
        do {
            opened = try Engine.open(options, files: fork, clock: clock)
        } catch {
            trace.note("refused", Self.number(of: error.kind))
            let kinds: [StorageError.Kind] = [.corruption, .foreign, .newerFormat]
            return try check(kinds.contains(error.kind), "damage of \(path): \(error)")
        }
        let reached = opened.recovery.lastLSN.rawValue
        try check(
            reached >= model.newest || path.hasSuffix(".wal"),
            "damage of \(path) has cost what is in the log")
        try compareDamaged(opened, path, reached)
        do {
            while try opened.flush() {}
            if !plan.omissions.contains(.bitmapUpdate) { try compactAll(opened) }
        } catch let error as StorageError {
            try check(error.kind == .corruption, "damage of \(path): \(error)")
        }
        try compareDamaged(opened, path, reached)
        opened.close()
    }

    /// - Throws: `StorageError`; `SimulationFailure` where compaction finds no end.
    private func compactAll(_ opened: Engine) throws {
        for _ in 0..<Self.compactionsMax {
            guard try opened.compact() else { return }
        }
        throw failure("compaction goes on for ever")
    }

    /// Every key reads right as of `reached`, or not at all.
    private func compareDamaged(_ opened: Engine, _ path: String, _ reached: UInt64) throws {
        for key in model.keys {
            do {
                let found = try Self.lookUp(key, in: opened)
                let expected = model.entry(key, at: opened.clock.now().rawValue, upTo: reached)
                try judge(found, key, expected)
            } catch let error as StorageError {
                trace.note("damaged", UInt64(key))
                try check(error.kind == .corruption, "damage of \(path): \(error)")
            } catch let failure as SimulationFailure {
                throw self.failure("damage of \(path): \(failure.message)")
            }
        }
    }
}
