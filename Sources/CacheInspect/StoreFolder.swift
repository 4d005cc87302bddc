package import CacheBase
package import CacheEngine
package import CacheFiles
package import CacheFormat

/// A data folder as a reader sees it: takes no lock, writes nothing.
package struct StoreFolder: Sendable {
    package let layout: StoreLayout
    package let files: any FileSystem

    package init(_ directory: String, files: any FileSystem) {
        var directory = directory
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        layout = StoreLayout(directory: directory)
        self.files = files
    }

    /// A path as reports show it: from the data folder on.
    package func name(_ path: String) -> String {
        let prefix = layout.directory + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    /// The file `STORE`.
    /// - Throws: `notFound` where there is none, `foreign`, `corruption`, `newerFormat`.
    package func store() throws(StorageError) -> StoreFile {
        guard files.exists(layout.directory) else {
            throw StorageError(.notFound, "there is no such folder", file: layout.directory)
        }
        let bytes = try contents(layout.store, limit: 4096)
        let damaged = StorageError(
            .corruption, "the store file is damaged", file: name(layout.store))
        return try decoded(bytes, checksumAt: 40, layout.store, else: damaged) {
            () throws(StorageError) in try StoreFile(decoding: bytes)
        }
    }

    /// The file `CHECKPOINT`.
    /// - Parameter store: nil where the store file is lost: the checkpoint's own is taken.
    package func checkpoint(of store: StoreID?) throws(StorageError) -> Checkpoint {
        let bytes = try contents(layout.checkpoint, limit: Checkpoint.bytesMax)
        let own = bytes.withUnsafeBytes { raw in
            raw.count < 24 ? nil : raw.baseAddress.map { StoreID(reading: $0 + 8) }
        }
        let damaged = StorageError(
            .corruption, "the checkpoint is damaged", file: name(layout.checkpoint))
        return try decoded(bytes, checksumAt: bytes.count - 4, layout.checkpoint, else: damaged) {
            () throws(StorageError) in
            try Checkpoint(decoding: bytes, store: store ?? own ?? StoreID(high: 0, low: 0))
        }
    }

    /// What the file `CLOCK` says.
    package enum ClockFile: Sendable, Equatable {
        /// No file, or one that was made and not used yet.
        case empty
        case mark(Timestamp)
        case damaged
    }

    /// The file `CLOCK`; read again where a running server may just be writing.
    /// - Throws: `newerFormat`, `io`.
    package func clock(of store: StoreID) throws(StorageError) -> ClockFile {
        guard files.exists(layout.clock) else { return .empty }
        var found = ClockFile.damaged
        for _ in 0..<InspectLimits.frameAttemptsMax where found == .damaged {
            found = try readClock(store)
        }
        return found
    }

    private func readClock(_ store: StoreID) throws(StorageError) -> ClockFile {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try contents(layout.clock, limit: ClockMark.bytes)
        } catch {
            guard error.kind == .corruption else { throw error }
            return .damaged
        }
        guard bytes.count == ClockMark.bytes else { return .damaged }
        if bytes.allSatisfy({ $0 == 0 }) { return .empty }
        return try withBytes(bytes) { raw throws(StorageError) in
            let mark = try VersionCheck.confirmed(raw, checksumAt: 24) {
                () throws(StorageError) in
                try raw.baseAddress.flatMap { base throws(StorageError) in
                    try ClockMark.read(base, store: store)
                }
            }
            return mark.map(ClockFile.mark) ?? .damaged
        }
    }

    private func decoded<Value>(
        _ bytes: [UInt8], checksumAt offset: Int, _ path: String, else damaged: StorageError,
        _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let found: Value?
        do throws(StorageError) {
            found = try withBytes(bytes) { raw throws(StorageError) in
                try VersionCheck.confirmed(raw, checksumAt: offset, body)
            }
        } catch { throw named(error, path) }
        guard let found else { throw damaged }
        return found
    }

    /// Segments that the folder has files of, whatever the checkpoint says.
    func segmentIDs() throws(StorageError) -> [SegmentID] {
        guard files.exists(layout.segments) else { return [] }
        let names = try files.list(layout.segments).filter { $0.hasSuffix(".seg") }
        return names.compactMap { StoreLayout.segmentID(ofFile: $0) }.sorted()
    }

    /// Paths of the log's files, by name.
    func logPaths() throws(StorageError) -> [String] {
        guard files.exists(layout.log) else { return [] }
        let names = try files.list(layout.log).filter { $0.hasSuffix(".wal") }
        return names.sorted { ($0.count, $0) < ($1.count, $1) }.map { layout.log + "/" + $0 }
    }

    /// The whole of a small file.
    func contents(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
        do throws(StorageError) {
            return try files.contents(of: path, limit: limit)
        } catch { throw named(error, path) }
    }

    /// An error that names its file as reports do.
    func named(_ error: StorageError, _ path: String) -> StorageError {
        StorageError(
            error.kind, error.message, file: name(error.file ?? path), offset: error.offset,
            code: error.code)
    }
}

extension StorageError {
    /// True where the file's content is at fault, and not the disk, the rights or the version.
    var isDamage: Bool { kind == .corruption || kind == .notFound || kind == .foreign }
}

extension StoreID {
    /// The sixteen bytes as hexadecimal digits, in the order of the file.
    package var digits: String {
        [high, low].map { word in
            (0..<8).map { Self.digits(UInt8(truncatingIfNeeded: word >> (8 * $0))) }.joined()
        }.joined()
    }

    private static func digits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
