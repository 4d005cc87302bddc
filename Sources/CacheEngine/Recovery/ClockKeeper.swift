internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Keeps the newest time that the store acted on in the file `CLOCK`.
///
/// Invariant: until the keeper is stopped, the clock returns no time before the page holds it; so a
/// killed process has forgotten none. Power loss keeps the last checkpoint's mark, or a newer one.
final class ClockKeeper: Sendable {
    private let clock: Clock
    private let mapped: any MappedFile
    private let registration: UInt64

    /// The mark that is kept, read without changing anything; nil where there is none.
    /// - Throws: `newerFormat`, or what the disk says.
    static func mark(
        _ layout: StoreLayout, _ files: any FileSystem, store: StoreID
    ) throws(StorageError) -> Timestamp? {
        guard files.exists(layout.clock) else { return nil }
        let bytes = try files.contents(of: layout.clock, limit: ClockMark.bytes)
        guard bytes.count == ClockMark.bytes else { return nil }
        return try withBytes(bytes) { raw throws(StorageError) in
            try ClockMark.read(raw.baseAddress.unsafelyUnwrapped, store: store)
        }
    }

    /// Opens or makes the file, and keeps every time from now on.
    /// - Throws: `newerFormat`, or what the disk says.
    init(
        _ clock: Clock, layout: StoreLayout, files: any FileSystem, store: StoreID
    ) throws(StorageError) {
        self.clock = clock
        let isNew = !files.exists(layout.clock)
        let mapped = try Self.open(layout, files)
        self.mapped = mapped
        if isNew { try files.syncDirectory(layout.directory) }
        ClockMark.writeHead(to: mapped.base, store: store)
        registration = clock.remember { ClockMark.write($0, to: mapped.base) }
        ClockMark.write(clock.now(), to: mapped.base)
    }

    deinit { stop() }

    /// Keeps nothing any more: the folder is somebody else's from here on.
    func stop() { clock.forget(registration) }

    /// A file of another length is replaced: what it says cannot be trusted.
    private static func open(
        _ layout: StoreLayout, _ files: any FileSystem
    ) throws(StorageError) -> any MappedFile {
        do throws(StorageError) {
            return try files.map(layout.clock, length: ClockMark.bytes)
        } catch {
            guard error.kind == .corruption else { throw error }
            try files.remove(layout.clock)
            return try files.map(layout.clock, length: ClockMark.bytes)
        }
    }
}
