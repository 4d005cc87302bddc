internal import CacheBase

/// How a simulated machine stops.
package enum Crash: Sendable {
    /// The process dies, the kernel lives: all that was written is there.
    case process
    /// The power goes: of what was not synced, chance decides by this seed.
    case power(seed: UInt64)
}

extension SimulatedDisk {
    /// Stops the machine, if the crash plan did not yet, and starts it again.
    mutating func crash(_ crash: Crash) {
        generation += 1
        isDown = false
        mutationsToCrash = nil
        locks = [:]
        // The pages stay with those who hold them, but what a dead program stores changes nothing.
        detachMappings()
        for inode in inodes.keys { inodes[inode]?.handles = 0 }
        if case .power(let seed) = crash { losePower(seed) }
        reclaimAll()
        checkInvariants()
    }

    private mutating func losePower(_ seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        names.losePower(using: &random)
        // In order of creation: a dictionary's own order differs from process to process.
        for inode in inodes.keys.sorted() { inodes[inode]?.losePower(using: &random) }
    }

    /// What a kernel does at any time: some of what is not synced becomes durable.
    mutating func writeBack() {
        for inode in inodes.keys.sorted() { inodes[inode]?.writeBack(using: &random) }
    }

    mutating func detachMappings() {
        for inode in inodes.keys { inodes[inode]?.detach() }
    }
}

// MARK: - Damage

extension SimulatedDisk {
    /// Files and their sizes, by path.
    var files: [(path: String, size: Int)] {
        names.current.map { ($0.key, inodes[$0.value]?.count ?? 0) }.sorted { $0.0 < $1.0 }
    }

    mutating func damage(
        _ path: String, at offset: Int, _ change: (UInt8) -> UInt8, count: Int
    ) throws(StorageError) {
        let inode = try requireFile(path, to: "damage the file")
        let content = inodes[inode]?.content ?? []
        precondition(
            offset >= 0 && count >= 0 && offset <= content.count - count,
            "\(count) bytes at \(offset) are not in a file of \(content.count)")
        inodes[inode]?.damage(content[offset..<(offset + count)].map(change), at: offset)
    }

    mutating func damage(_ path: String, cuttingTo length: Int) throws(StorageError) {
        let inode = try requireFile(path, to: "damage the file")
        let size = inodes[inode]?.count ?? 0
        precondition((0...size).contains(length), "a cut makes no file longer")
        inodes[inode]?.damage(cuttingTo: length)
    }
}
