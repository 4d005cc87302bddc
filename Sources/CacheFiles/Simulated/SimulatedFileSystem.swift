package import CacheBase
internal import Synchronization

/// A file system in memory that loses, tears and reorders what was not synced.
///
/// A run is repeated by its seeds: one given here, which decides how far a failing write gets,
/// and one for each power loss. It stands for one machine: after `crash` the same object is that
/// machine, started again, and every file, mapping and lock of before is dead (calls throw `io`;
/// the memory of a mapping stays readable, but no longer belongs to a file).
///
/// Stricter than any real one, so that nothing is right by luck: each 512-byte sector and each
/// change of a name is kept or lost by itself, in no order, and syncing a file says nothing about
/// its name. Folders are durable once made. Paths are told back in one spelling, without empty or
/// "." components; ".." is a name like any other.
///
/// Safe from several threads: one lock guards all. Stores through a mapping take no lock, as on
/// a real one.
package final class SimulatedFileSystem: FileSystem {
    private let disk: Mutex<SimulatedDisk>

    /// - Parameter capacityBytes: nil for a disk that is never full.
    package init(seed: UInt64, capacityBytes: UInt64? = nil) {
        disk = Mutex(SimulatedDisk(seed: seed, capacityBytes: capacityBytes))
    }

    private init(_ state: SimulatedDisk) { disk = Mutex(state) }

    func withDisk<Result: Sendable>(
        _ body: (inout SimulatedDisk) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try disk.withLock { disk throws(StorageError) in try body(&disk) }
    }

    func close(_ handle: SimulatedDisk.Handle) { disk.withLock { $0.close(handle) } }

    func unlock(_ folder: String, holder: Int) {
        disk.withLock { $0.unlock(folder, holder: holder) }
    }

    package func createDirectory(_ path: String) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in try disk.createDirectory(path) }
    }

    package func list(_ path: String) throws(StorageError) -> [String] {
        let path = SimulatedNames.normal(path)
        return try withDisk { disk throws(StorageError) in try disk.list(path) }
    }

    /// False for everything while the machine is down.
    package func exists(_ path: String) -> Bool {
        let path = SimulatedNames.normal(path)
        return disk.withLock { $0.exists(path) }
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in try disk.syncDirectory(path) }
    }

    package func lockDirectory(_ path: String) throws(StorageError) -> any DirectoryLock {
        let path = SimulatedNames.normal(path)
        let holder = try withDisk { disk throws(StorageError) in try disk.lock(path) }
        return SimulatedDirectoryLock(path, holder: holder, of: self)
    }

    package func open(_ path: String, _ mode: FileMode) throws(StorageError) -> any File {
        let path = SimulatedNames.normal(path)
        let handle = try withDisk { disk throws(StorageError) in try disk.open(path, mode) }
        return SimulatedFile(handle, of: self)
    }

    package func rename(_ source: String, to target: String) throws(StorageError) {
        let (source, target) = (SimulatedNames.normal(source), SimulatedNames.normal(target))
        try withDisk { disk throws(StorageError) in try disk.rename(source, to: target) }
    }

    package func remove(_ path: String) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in try disk.remove(path) }
    }

    package func map(_ path: String, length: Int) throws(StorageError) -> any MappedFile {
        precondition(length > 0, "an empty file cannot be mapped")
        let path = SimulatedNames.normal(path)
        let (handle, memory) = try withDisk { disk throws(StorageError) in
            try disk.map(path, length: length)
        }
        return SimulatedMappedFile(handle, memory, of: self)
    }

    package func availableBytes(_ path: String) throws(StorageError) -> UInt64 {
        let path = SimulatedNames.normal(path)
        return try withDisk { disk throws(StorageError) in try disk.availableBytes(path) }
    }
}

// MARK: - Faults

extension SimulatedFileSystem {
    /// Stops the machine and starts it again; its files are what the crash left of them.
    ///
    /// Planned faults stay (a bad disk is not healed by a restart), a planned crash does not.
    package func crash(_ crash: Crash) { disk.withLock { $0.crash(crash) } }

    /// Plans a crash at the n-th mutating operation from now: it is done, done in part or not at
    /// all, and it and every later call throws `io` "crashed" until `crash` is called.
    package func planCrash(atMutation nth: Int) {
        precondition(nth > 0, "operations are counted from 1")
        disk.withLock { $0.mutationsToCrash = nth }
    }

    /// True from the planned crash on, until `crash` is called.
    package var isDown: Bool { disk.withLock { $0.isDown } }

    /// Plans a fault for a call to come.
    package func inject(_ fault: FileFault) { disk.withLock { $0.faults.append(fault) } }

    /// Takes back all planned faults and crashes.
    package func heal() {
        disk.withLock {
            $0.faults = []
            $0.mutationsToCrash = nil
        }
    }

    /// Makes some of what is not synced durable, as a kernel does at any time.
    package func writeBack() { disk.withLock { $0.writeBack() } }

    /// Room for all files together; nil for no limit. Less than is used makes the disk full.
    package var capacityBytes: UInt64? {
        get { disk.withLock { $0.capacityBytes } }
        set { disk.withLock { $0.capacityBytes = newValue } }
    }

    /// False makes every `readCached` answer nil, as if memory held nothing.
    package var readsCached: Bool {
        get { disk.withLock { $0.readsCached } }
        set { disk.withLock { $0.readsCached = newValue } }
    }

    package var counts: OperationCounts { disk.withLock { $0.counts } }

    /// A second machine with the same files, durable and not: to crash one state in many ways.
    /// It has just started, so that nothing is open or locked there; planned faults are copied.
    /// Its choices are its own: each fork goes another way, and the same in each run.
    package func fork() -> SimulatedFileSystem {
        SimulatedFileSystem(
            disk.withLock { disk in
                let seed = disk.random.next()
                var copy = disk
                copy.random = Xoshiro256(seed: seed)
                copy.crash(.process)
                return copy
            })
    }

    /// Traps where an invariant of the disk is broken.
    package func checkInvariants() { disk.withLock { $0.checkInvariants() } }
}

// MARK: - Damage

extension SimulatedFileSystem {
    /// All files and their sizes, sorted by path.
    package var files: [(path: String, size: Int)] { disk.withLock { $0.files } }

    /// Flips bits of a byte, seen at once and by every later start.
    /// - Throws: `notFound`. An offset past the end is a bug.
    package func flip(
        _ path: String, at offset: Int, bits: UInt8 = 1
    ) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in
            try disk.damage(path, at: offset, { $0 ^ bits }, count: 1)
        }
    }

    /// Overwrites bytes by zeros, likewise.
    package func zero(_ path: String, at offset: Int, count: Int) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in
            try disk.damage(path, at: offset, { _ in 0 }, count: count)
        }
    }

    /// Cuts a file, likewise. It must not be mapped.
    package func cut(_ path: String, to length: Int) throws(StorageError) {
        let path = SimulatedNames.normal(path)
        try withDisk { disk throws(StorageError) in try disk.damage(path, cuttingTo: length) }
    }
}
