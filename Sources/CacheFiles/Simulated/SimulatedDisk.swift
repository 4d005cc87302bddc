internal import CacheBase
internal import Glibc

/// The state of a simulated disk: a value with no lock and no clock. The same calls in the same
/// order give the same results for ever, because every choice is drawn from `random`.
///
/// Invariants: every name leads to an inode; an inode that no name and no handle leads to is gone;
/// while `isDown`, nothing changes but by `crash`; handles of an earlier `generation` are dead.
struct SimulatedDisk: Sendable {
    /// What an operation is to do, by the plans.
    enum Verdict {
        case proceed
        /// Fail with this error.
        case fail(StorageError)
        /// Do a part, or all, or nothing, and throw this error: the machine stops here.
        case crash(StorageError)
    }

    /// An open file, as its holder names it.
    struct Handle: Sendable {
        let inode: Int
        let generation: Int
        let path: String
        let isWritable: Bool
    }

    // Files, lock holders and the machine's life.
    var names = SimulatedNames()
    var inodes: [Int: SimulatedInode] = [:]
    var nextNumber = 1
    var locks: [String: Int] = [:]
    var generation = 0
    var isDown = false

    // Plans and settings.
    var faults: [FileFault] = []
    var mutationsToCrash: Int?
    var capacityBytes: UInt64?
    var readsCached = true
    var random: Xoshiro256

    private(set) var counts = OperationCounts()

    init(seed: UInt64, capacityBytes: UInt64?) {
        random = Xoshiro256(seed: seed)
        self.capacityBytes = capacityBytes
    }

    /// Bytes of all files that have a name.
    var usedBytes: UInt64 {
        names.current.values.reduce(0) { $0 + UInt64(inodes[$1]?.count ?? 0) }
    }

    var availableBytes: UInt64 {
        guard let capacityBytes else { return UInt64(Int64.max) }
        let used = usedBytes
        return capacityBytes > used ? capacityBytes - used : 0
    }

    mutating func takeNumber() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }

    mutating func countWritten(_ bytes: Int) { counts.bytesWritten += UInt64(bytes) }

    func checkInvariants() {
        names.checkInvariants()
        let named = Set(names.current.values).union(names.durable.values)
        precondition(named.union(names.pending.map(\.inode)).isSubset(of: inodes.keys))
        precondition(inodes.allSatisfy { $1.handles > 0 || names.isReferenced($0) })
    }
}

// MARK: - Admission

extension SimulatedDisk {
    /// Counts an operation and says what is planned for it.
    /// - Throws: `io` where the machine is down or the handle is of before the last crash.
    mutating func admit(
        _ operation: FileOperation, _ path: String, of generation: Int? = nil
    ) throws(StorageError) -> Verdict {
        if isDown || generation ?? self.generation != self.generation { throw Self.crashed(path) }
        counts.record(operation)
        var failure: StorageError?
        for index in faults.indices {
            let error = faults[index].strike(operation, path)
            failure = failure ?? error
        }
        if operation.isMutating, let remaining = mutationsToCrash {
            mutationsToCrash = remaining - 1
            if remaining == 1 {
                isDown = true
                return .crash(Self.crashed(path))
            }
        }
        return failure.map { .fail($0) } ?? .proceed
    }

    /// Runs an operation that is whole or absent after a crash in its middle.
    mutating func perform<Result>(
        _ operation: FileOperation, _ path: String, of generation: Int? = nil,
        _ change: (inout SimulatedDisk) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        switch try admit(operation, path, of: generation) {
        case .proceed:
            return try change(&self)
        case .fail(let error):
            throw error
        case .crash(let error):
            if random.coin() { _ = try? change(&self) }
            throw error
        }
    }

    static func crashed(_ path: String) -> StorageError {
        StorageError(.io, "crashed", file: path, code: EIO)
    }
}
