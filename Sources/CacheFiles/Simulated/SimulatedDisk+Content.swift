internal import CacheBase
internal import Glibc

/// Open files and what is in them.
extension SimulatedDisk {
    mutating func open(_ path: String, _ mode: FileMode) throws(StorageError) -> Handle {
        try perform(mode == .create ? .create : .open, path) { disk throws(StorageError) in
            let inode =
                switch mode {
                case .create: try disk.createFile(path)
                case .read, .readDirect, .readWrite:
                    try disk.requireFile(path, to: "open the file")
                }
            return disk.handle(of: inode, path, isWritable: mode == .readWrite || mode == .create)
        }
    }

    mutating func close(_ handle: Handle) {
        guard handle.generation == generation else { return }
        inodes[handle.inode]?.handles -= 1
        reclaim(handle.inode)
    }

    private mutating func handle(of inode: Int, _ path: String, isWritable: Bool) -> Handle {
        inodes[inode]?.handles += 1
        return Handle(inode: inode, generation: generation, path: path, isWritable: isWritable)
    }

    mutating func size(_ handle: Handle) throws(StorageError) -> UInt64 {
        try perform(.size, handle.path, of: handle.generation) { disk throws(StorageError) in
            UInt64(disk.inode(handle).count)
        }
    }

    mutating func read(
        _ handle: Handle, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int {
        try perform(.read, handle.path, of: handle.generation) { disk throws(StorageError) in
            let start = try Self.position(offset, handle)
            return disk.inode(handle).read(into: buffer, at: start)
        }
    }

    mutating func write(
        _ handle: Handle, _ bytes: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(StorageError) {
        switch try admit(.write, handle.path, of: handle.generation) {
        case .proceed:
            try writeWhatFits(handle, bytes, at: offset)
        case .fail(let error), .crash(let error):
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<random.below(bytes.count + 1)])
            try? writeWhatFits(handle, part, at: offset)
            throw error
        }
    }

    private mutating func writeWhatFits(
        _ handle: Handle, _ bytes: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(StorageError) {
        let start = try Self.position(offset, handle)
        try requireWritable(handle)
        try Self.requireReach(start, bytes.count, handle)
        let growth = max(0, start + bytes.count - inode(handle).count)
        let missing = max(0, growth - Int(clamping: availableBytes))
        let part = bytes.prefix(max(0, bytes.count - missing))
        inodes[handle.inode]?.write(UnsafeRawBufferPointer(rebasing: part), at: start)
        countWritten(part.count)
        guard missing == 0 else {
            throw .failed(to: "write the file", handle.path, offset: offset, code: ENOSPC)
        }
    }

    mutating func truncate(_ handle: Handle, to length: UInt64) throws(StorageError) {
        try perform(.truncate, handle.path, of: handle.generation) { disk throws(StorageError) in
            let end = try Self.position(length, handle)
            try disk.requireWritable(handle)
            try Self.requireReach(end, 0, handle)
            try disk.requireRoom(max(0, end - disk.inode(handle).count), handle.path)
            disk.inodes[handle.inode]?.resize(to: end)
        }
    }

    mutating func sync(_ handle: Handle) throws(StorageError) {
        switch try admit(.sync, handle.path, of: handle.generation) {
        case .proceed:
            inodes[handle.inode]?.sync()
        case .fail(let error):
            inodes[handle.inode]?.failSync()
            throw error
        // Not even in part: what was not synced is left to chance anyway.
        case .crash(let error):
            throw error
        }
    }

    mutating func populate(_ handle: Handle, _ range: Range<Int>) throws(StorageError) {
        try perform(.populate, handle.path, of: handle.generation) { disk in
            disk.inodes[handle.inode]?.makeDirty(range)
        }
    }
}

// MARK: - Mapping

extension SimulatedDisk {
    mutating func map(
        _ path: String, length: Int
    ) throws(StorageError) -> (Handle, SimulatedMemory) {
        switch try admit(.map, path) {
        case .proceed:
            if !exists(path) { try createAllocated(path, length: length, steps: 3) }
            return try mapExisting(path, length: length)
        case .fail(let error):
            throw error
        case .crash(let error):
            let isMissing = names.current[path] == nil
            if isMissing { try? createAllocated(path, length: length, steps: random.below(4)) }
            throw error
        }
    }

    private mutating func mapExisting(
        _ path: String, length: Int
    ) throws(StorageError) -> (Handle, SimulatedMemory) {
        let number = try requireFile(path, to: "map the file")
        let size = inodes[number]?.count ?? 0
        guard size == length, let memory = inodes[number]?.map() else {
            throw StorageError(
                .corruption, "the file has \(size) bytes where \(length) belong", file: path)
        }
        return (handle(of: number, path, isWritable: true), memory)
    }

    /// The steps of the real one: create a sibling, give it its durable length, rename it.
    private mutating func createAllocated(
        _ path: String, length: Int, steps: Int
    ) throws(StorageError) {
        guard steps > 0 else { return }
        let sibling = path + ".new"
        let inode = try createFile(sibling)
        guard steps > 1 else { return }
        do throws(StorageError) {
            try requireRoom(length, path)
        } catch {
            names.unlink(sibling)
            throw error
        }
        inodes[inode]?.resize(to: length)
        inodes[inode]?.sync()
        if steps > 2 { names.rename(sibling, to: path) }
    }
}

// MARK: - Refusals

extension SimulatedDisk {
    /// The file of a live handle.
    private func inode(_ handle: Handle) -> SimulatedInode {
        guard let inode = inodes[handle.inode] else { preconditionFailure("an open file is gone") }
        return inode
    }

    private static func position(_ offset: UInt64, _ handle: Handle) throws(StorageError) -> Int {
        guard let position = Int(exactly: offset) else {
            throw StorageError(
                .invalid, "no file reaches that far", file: handle.path, offset: offset)
        }
        return position
    }

    private func requireWritable(_ handle: Handle) throws(StorageError) {
        if !handle.isWritable { throw .failed(to: "write the file", handle.path, code: EBADF) }
    }

    private static func requireReach(
        _ start: Int, _ count: Int, _ handle: Handle
    ) throws(StorageError) {
        guard start <= SimulatedInode.fileBytesMax - count else {
            throw .failed(
                to: "write the file", handle.path, offset: UInt64(start), code: EFBIG)
        }
    }

    private func requireRoom(_ growth: Int, _ path: String) throws(StorageError) {
        guard UInt64(growth) <= availableBytes else {
            throw .failed(to: "allocate \(growth) bytes", path, code: ENOSPC)
        }
    }
}
