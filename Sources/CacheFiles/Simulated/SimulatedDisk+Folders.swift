internal import CacheBase
internal import Glibc

/// Folders and names. Paths are in their normal spelling.
extension SimulatedDisk {
    mutating func createDirectory(_ path: String) throws(StorageError) {
        try perform(.createDirectory, path) { disk throws(StorageError) in
            var missing: [String] = []
            var folder = path
            while !disk.names.folders.contains(folder) {
                missing.append(folder)
                folder = SimulatedNames.folder(of: folder)
            }
            for folder in missing.reversed() {
                guard disk.names.current[folder] == nil else {
                    throw .failed(to: "make the folder", folder, code: EEXIST)
                }
                disk.names.addFolder(folder)
            }
        }
    }

    mutating func list(_ path: String) throws(StorageError) -> [String] {
        try perform(.list, path) { disk throws(StorageError) in
            try disk.requireFolder(path, to: "list the folder")
            return disk.names.list(path)
        }
    }

    func exists(_ path: String) -> Bool {
        !isDown && (names.current[path] != nil || names.folders.contains(path))
    }

    mutating func syncDirectory(_ path: String) throws(StorageError) {
        switch try admit(.syncDirectory, path) {
        case .proceed:
            try requireFolder(path, to: "sync the folder")
            names.sync(path)
            reclaimAll()
        // Not even in part: what was not synced is left to chance anyway.
        case .fail(let error), .crash(let error):
            throw error
        }
    }

    /// - Returns: the holder's number, for `unlock`.
    mutating func lock(_ path: String) throws(StorageError) -> Int {
        try perform(.lock, path) { disk throws(StorageError) in
            try disk.requireFolder(path, to: "lock the folder")
            guard disk.locks[path] == nil else {
                throw StorageError(.locked, "the folder is in use by another process", file: path)
            }
            let file = SimulatedNames.normal(path + "/" + RealFileSystem.lockName)
            if disk.names.current[file] == nil { _ = try disk.createFile(file) }
            let holder = disk.takeNumber()
            disk.locks[path] = holder
            return holder
        }
    }

    /// Does nothing where another holds the lock meanwhile.
    mutating func unlock(_ path: String, holder: Int) {
        if locks[path] == holder { locks[path] = nil }
    }

    mutating func rename(_ source: String, to target: String) throws(StorageError) {
        try perform(.rename, source) { disk throws(StorageError) in
            let replaced = disk.names.current[target]
            _ = try disk.requireFile(source, to: "rename the file")
            try disk.requirePlace(target, to: "rename the file to \(target)")
            disk.names.rename(source, to: target)
            if let replaced { disk.reclaim(replaced) }
        }
    }

    mutating func remove(_ path: String) throws(StorageError) {
        try perform(.remove, path) { disk throws(StorageError) in
            let inode = try disk.requireFile(path, to: "remove the file")
            disk.names.unlink(path)
            disk.reclaim(inode)
        }
    }

    mutating func availableBytes(_ path: String) throws(StorageError) -> UInt64 {
        try perform(.availableBytes, path) { disk throws(StorageError) in
            try disk.requireFolder(path, to: "ask for free space")
            return disk.availableBytes
        }
    }
}

extension SimulatedDisk {
    /// A new, empty file at `path`; one of that name loses its name.
    mutating func createFile(_ path: String) throws(StorageError) -> Int {
        try requirePlace(path, to: "create the file")
        let replaced = names.current[path]
        names.unlink(path)
        if let replaced { reclaim(replaced) }
        guard availableBytes > 0 else { throw .failed(to: "create the file", path, code: ENOSPC) }
        let inode = takeNumber()
        inodes[inode] = SimulatedInode()
        names.link(path, to: inode)
        return inode
    }

    func requireFile(_ path: String, to purpose: String) throws(StorageError) -> Int {
        if let inode = names.current[path] { return inode }
        let isFolder = names.folders.contains(path)
        throw .failed(to: purpose, path, code: isFolder ? EISDIR : ENOENT)
    }

    private func requireFolder(_ path: String, to purpose: String) throws(StorageError) {
        if names.folders.contains(path) { return }
        let isFile = names.current[path] != nil
        throw .failed(to: purpose, path, code: isFile ? ENOTDIR : ENOENT)
    }

    /// That a file may get this name.
    private func requirePlace(_ path: String, to purpose: String) throws(StorageError) {
        if names.folders.contains(path) { throw .failed(to: purpose, path, code: EISDIR) }
        try requireFolder(SimulatedNames.folder(of: path), to: purpose)
    }

    /// Forgets a file that nothing leads to any more.
    mutating func reclaim(_ inode: Int) {
        if inodes[inode]?.handles == 0, !names.isReferenced(inode) { inodes[inode] = nil }
    }

    mutating func reclaimAll() {
        for inode in inodes.keys { reclaim(inode) }
    }
}
