internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Opens the files of the log's folder and tells by their heads which part of the log each holds.
struct LogFileFinder {
    struct Found {
        /// Files that hold the log from the checkpoint on, by number.
        var used: [LogFile] = []
        /// Files that hold nothing needed.
        var unused: [any MappedFile] = []
        /// Files that hold something, but whose head does not say what: torn or damaged.
        var headless: [any MappedFile] = []
    }

    private static let pageBytes = 4096
    /// Room for a head and one frame without payload.
    private static let bytesMin = LogFileHead.bytes + LogFrame.headBytes

    let layout: StoreLayout
    let files: any FileSystem
    let standardBytes: Int
    let store: StoreID
    /// The number of the first file needed.
    let from: UInt64

    /// - Throws: `corruption` for a file that is cut so short that it holds no record, and for two
    ///   of the same number; `newerFormat`, or what the disk says.
    func run() throws(StorageError) -> Found {
        var found = Found()
        for name in try files.list(layout.log) {
            let path = layout.log + "/" + name
            if name.hasSuffix(".wal") {
                try sort(try open(path), into: &found)
            } else if name.hasSuffix(".wal.new") {
                // What the making of a file had got to when the process died.
                try files.remove(path)
            }
        }
        found.used.sort { $0.number < $1.number }
        try checkNumbers(found.used)
        return found
    }

    /// A file that somebody has copied must not take the place of the one that is written to.
    private func checkNumbers(_ used: [LogFile]) throws(StorageError) {
        for (file, next) in zip(used, used.dropFirst()) where file.number == next.number {
            throw StorageError(
                .corruption,
                "two files are number \(file.number) of the log, the other is \(next.mapped.path); "
                    + "remove the one that is a copy", file: file.mapped.path)
        }
    }

    private func sort(
        _ mapped: any MappedFile, into found: inout Found
    ) throws(StorageError) {
        let bytes = UnsafeRawBufferPointer(start: mapped.base, count: LogFileHead.bytes)
        if let head = try LogFileHead(verifying: bytes), head.store == store {
            if head.number >= from {
                found.used.append(LogFile(mapped, number: head.number))
            } else {
                found.unused.append(mapped)
            }
        } else if holdsSomething(mapped) {
            found.headless.append(mapped)
        } else {
            found.unused.append(mapped)
        }
    }

    /// Frames begin behind the head, and the first one's LSN is not 0.
    private func holdsSomething(_ mapped: any MappedFile) -> Bool {
        UnsafeRawPointer(mapped.base + LogFileHead.bytes).u64(8) != 0
    }

    /// Maps a file. One that was cut gets its length back, as zeros: else the log could not go on
    /// in it, nor be ended.
    private func open(_ path: String) throws(StorageError) -> any MappedFile {
        let file = try files.open(path, .readWrite)
        let length = Int(clamping: try file.size())
        guard length >= Self.bytesMin else {
            throw StorageError(
                .corruption, "a log file is cut short, to \(length) bytes", file: path,
                offset: UInt64(length))
        }
        let whole = max(standardBytes, (length + Self.pageBytes - 1) & ~(Self.pageBytes - 1))
        if length % Self.pageBytes != 0 || length < standardBytes {
            try file.truncate(to: UInt64(whole))
            return try files.map(path, length: whole)
        }
        return try files.map(path, length: length)
    }
}
