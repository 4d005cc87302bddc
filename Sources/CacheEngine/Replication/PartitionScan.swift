package import CacheBase
internal import CacheFormat
internal import Synchronization

/// Reads all entries of some partitions out of the sealed segments of one moment, for a replica
/// that is too far behind the log. What is newer is in the log, which is kept for it: `shipper`
/// goes on from there. One call at a time.
///
/// What is overwritten or removed while it reads may be given out all the same; what is so already,
/// though only in the log, is left out. So the entries are those of a record only together with the
/// log up to `end`.
package final class PartitionScan: Sendable {
    private struct State {
        var segment = 0
        var block = 0
        let scratch = ReadScratch()
        let pin: UInt64
    }

    private let parts: EngineParts
    let wanted: Set<Partition>
    private let segments: [(segment: Segment, live: [UInt64])]
    private let mark: LogMark
    private let state: Mutex<State>
    /// The newest record when it was said which entries are live.
    package let end: LSN
    /// Bytes of the segments that are read for it.
    package let totalBytes: UInt64

    init(_ parts: EngineParts, _ wanted: Set<Partition>) throws(StorageError) {
        self.parts = parts
        self.wanted = wanted
        let (segments, mark, pin) = try parts.checkpoint.exclusively {
            let flushed = parts.checkpoint.flushedTo
            return (
                parts.segments.all.map { ($0, $0.liveness.snapshot()) },
                LogMark(position: flushed, sequences: parts.checkpoint.sequences),
                parts.log.pin(flushed.file)
            )
        }
        self.segments = segments
        self.mark = mark
        end = parts.log.lastLSN
        totalBytes = segments.reduce(0) { $0 + $1.0.fileBytes }
        state = Mutex(State(pin: pin))
    }

    deinit { parts.log.unpin(state.withLock { $0.pin }) }

    /// The record of each partition behind which `shipper` begins.
    package var positions: [Partition: UInt64] {
        var positions: [Partition: UInt64] = [:]
        for partition in wanted { positions[partition] = mark.sequences[Int(partition.rawValue)] }
        return positions
    }

    /// Reads what is in the log behind the entries that this gave out.
    package func shipper() -> LogShipper? { LogShipper(parts, from: mark, behind: positions) }

    /// The next entries, about `bytesMax` bytes; nil behind the last. Waits for the disk.
    /// - Throws: `io`, `corruption`: an entry that cannot be read cannot be copied.
    package func next(bytesMax: Int) throws(StorageError) -> [UInt8]? {
        try state.withLock { state throws(StorageError) in
            var page: [UInt8] = []
            while state.segment < segments.count, page.count < bytesMax {
                let (segment, live) = segments[state.segment]
                guard state.block < segment.blockCount else {
                    state.segment += 1
                    state.block = 0
                    continue
                }
                try read(segment, state.block, live, state.scratch, into: &page)
                state.block += 1
            }
            return page.isEmpty && state.segment == segments.count ? nil : page
        }
    }

    /// Calls `body` with each key of the partitions that the log holds behind the segments, up to
    /// a record. Waits for the disk.
    func forEachLoggedKey(
        upTo last: LSN, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(StorageError) {
        guard let file = parts.log.file(mark.position.file) else { throw Self.tooSlow }
        var log = LogFollower(
            next: mark.position.lsn, file: file, offset: Int(mark.position.offset))
        while log.next <= last {
            let isThere = log.step(in: parts.log) { outline in
                if wanted.contains(Partition(keyChecksum: CRC32C.of(outline.key))) {
                    body(outline.key)
                }
            }
            guard isThere, parts.log.holds(file.number) else { throw Self.tooSlow }
        }
    }

    private static let tooSlow = StorageError(
        .overloaded, "the log was given back while it was read")

    private func read(
        _ segment: Segment, _ index: Int, _ live: [UInt64], _ scratch: ReadScratch,
        into page: inout [UInt8]
    ) throws(StorageError) {
        let first = segment.firstOrdinal(ofBlock: index)
        let end = segment.firstOrdinal(ofBlock: index + 1)
        guard (first..<end).contains(where: { live[$0 / 64] & (1 << UInt64($0 % 64)) != 0 })
        else { return }
        let block = try LoadedBlock(segment, block: index, scratch: scratch, mayBlock: true)
        guard let block else { preconditionFailure("who may wait gets the block") }
        try block.forEach { position, content throws(StorageError) in
            let ordinal = first + position
            guard live[ordinal / 64] & (1 << UInt64(ordinal % 64)) != 0,
                wanted.contains(Partition(keyChecksum: CRC32C.of(content.key))),
                !content.hasExpired(parts.clock)
            else { return }
            content.append(to: &page)
        }
    }
}

extension EntryContent {
    /// Adds the entry as a log frame holds it, without a place.
    fileprivate func append(to page: inout [UInt8]) {
        let offset = page.count
        let contentBytes = LogEntry.headBytes + key.count + contentType.count + value.count
        page.append(contentsOf: repeatElement(0, count: aligned8(contentBytes)))
        page.withUnsafeMutableBytes { raw in
            let head = raw.baseAddress.unsafelyUnwrapped + offset
            LogEntry.writeHead(
                to: head, kind: .put, keyBytes: key.count, typeBytes: contentType.count,
                valueBytes: value.count, frameOffset: 0, expiry: expiry)
            head.put(key, at: LogEntry.headBytes)
            head.put(contentType, at: LogEntry.headBytes + key.count)
            head.put(value, at: LogEntry.headBytes + key.count + contentType.count)
        }
    }
}

extension Engine {
    /// Begins to read all entries of some partitions, for a replica. May flush the log.
    /// - Throws: `overloaded` where that cannot be done now; as `flush`.
    package func scan(_ partitions: Set<Partition>) throws(StorageError) -> PartitionScan {
        // Entries that came here as copies are in no record that a shipper would give out.
        while try parts.holdsCopiesInLog(of: partitions) {
            guard try flush() else {
                throw StorageError(.overloaded, "the log cannot be flushed now")
            }
        }
        return try PartitionScan(parts, partitions)
    }
}

extension EngineParts {
    /// True where the log may hold, behind the segments, entries that were copied here from another
    /// node.
    fileprivate func holdsCopiesInLog(of partitions: Set<Partition>) throws(StorageError) -> Bool {
        let standings = log.standings()
        let newest = partitions.map { standings[Int($0.rawValue)].positionedAt }.max() ?? .zero
        return try checkpoint.exclusively { checkpoint.flushedTo.lsn <= newest }
    }
}
