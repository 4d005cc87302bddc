internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Glibc

/// One mapped file of the log in use.
final class LogFile: Sendable {
    let mapped: any MappedFile
    let number: UInt64

    init(_ mapped: any MappedFile, number: UInt64) {
        self.mapped = mapped
        self.number = number
    }

    /// Where the file stands in `LogFileTable`.
    var slot: Int { LogFileTable.slot(number) }
}

/// Where the mapped log files are in memory, by the low sixteen bits of their number.
///
/// A location in the log names its file by this slot. Written under the log's lock; read under a
/// shard's lock for locations that the shard holds, which keep their file in the table.
final class LogFileTable: @unchecked Sendable {
    // Safe because: see above; an entry is set before any location names it and cleared after none
    // does, and the shard locks order the two.
    static let capacity = 1 << 16
    private let bases: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    init() {
        bases = zeroedTable(capacity: Self.capacity)
    }

    deinit { free(bases) }

    static func slot(_ number: UInt64) -> Int { Int(number & UInt64(capacity - 1)) }

    func set(_ base: UnsafeMutableRawPointer?, for number: UInt64) {
        bases[Self.slot(number)] = base
    }

    /// nil where the file is gone, as it may be for who holds no lock.
    @inline(__always)
    func entryIfMapped(at location: Location) -> UnsafeRawPointer? {
        bases[location.logFileSlot].map { UnsafeRawPointer($0) + location.logOffset }
    }

    @inline(__always)
    func entry(at location: Location) -> LogEntry {
        LogEntry(trusting: bases[location.logFileSlot].unsafelyUnwrapped + location.logOffset)
    }
}
