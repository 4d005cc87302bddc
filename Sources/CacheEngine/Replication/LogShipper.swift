package import CacheBase
internal import CacheFormat
internal import Synchronization

/// Some records of the log for a replica, in their order.
package struct ShippedPage: Sendable {
    /// One `ShippedRecord` behind the other.
    package internal(set) var records: [UInt8] = []
    package internal(set) var count = 0
    /// Every record of the log up to this one was looked at.
    package internal(set) var position: LSN
    /// There was nothing more at that moment.
    package internal(set) var isUpToDate = false
    /// The log does not hold what comes next any more: the replica needs a copy of the entries.
    package internal(set) var isTooFarBehind = false
    /// The partition for which that is so; nil where it is so for all.
    package internal(set) var gap: Partition?

    init(position: LSN) { self.position = position }
}

/// Reads the records of some partitions behind the log's writers, for a replica. One call at a time.
///
/// Invariant: the records of each partition are given out without a gap, in the order of their
/// sequences; where that cannot be, the page says so and the shipper is at its end.
package final class LogShipper: Sendable {
    fileprivate struct State {
        var log: LogFollower
        /// The newest record of each wanted partition that was given out.
        var given: [UInt64?]
        /// The newest of each partition up to `log.next`; of frames that number several.
        var sequences: [UInt64]
        /// Frames of a partition before this one are not of its history.
        let beginnings: [LSN]
        let pin: UInt64
    }

    private let parts: EngineParts
    private let state: Mutex<State>

    /// - Parameter has: of each partition wanted, the newest sequence that the replica has.
    convenience init?(_ parts: EngineParts, behind has: [Partition: UInt64]) {
        guard let mark = parts.log.mark(behind: has) else { return nil }
        self.init(parts, from: mark, behind: has)
    }

    /// - Parameter mark: a place behind which all that is newer is.
    init?(_ parts: EngineParts, from mark: LogMark, behind has: [Partition: UInt64]) {
        precondition(
            has.values.allSatisfy { $0 != LogFrame.noPosition }, "nothing follows on no position")
        let pin = parts.log.pin(mark.position.file)
        guard let file = parts.log.file(mark.position.file) else {
            parts.log.unpin(pin)
            return nil
        }
        self.parts = parts
        var given = [UInt64?](repeating: nil, count: Limits.partitions)
        for (partition, sequence) in has { given[Int(partition.rawValue)] = sequence }
        let log = LogFollower(
            next: mark.position.lsn, file: file, offset: Int(mark.position.offset))
        state = Mutex(
            State(
                log: log, given: given, sequences: mark.sequences,
                beginnings: parts.log.standings().map(\.positionedAt), pin: pin))
    }

    deinit { parts.log.unpin(state.withLock { $0.pin }) }

    /// The next records: at most about `bytesMax` bytes. May wait for the disk; never on an event
    /// loop.
    package func next(bytesMax: Int) -> ShippedPage {
        state.withLock { state in
            let limit = parts.log.lastLSN
            var page = ShippedPage(position: LSN(rawValue: state.log.next.rawValue - 1))
            let oldest = state.log.file.number
            var frames = 0
            while state.log.next <= limit, page.records.count < bytesMax,
                frames < LogFollower.framesPerCall
            {
                frames += 1
                let lsn = state.log.next
                guard state.read(&page, from: parts.log) else {
                    page.isTooFarBehind = true
                    break
                }
                page.position = lsn
            }
            if page.isTooFarBehind || !parts.log.holds(oldest) {
                let gap = page.gap
                page = ShippedPage(position: page.position)
                page.isTooFarBehind = true
                page.gap = gap
            }
            if state.log.file.number != oldest {
                parts.log.movePin(state.pin, to: state.log.file.number)
            }
            page.isUpToDate = state.log.next > limit
            return page
        }
    }

    /// The newest record of each partition that was given out.
    package var positions: [Partition: UInt64] {
        state.withLock { state in
            var positions: [Partition: UInt64] = [:]
            for (number, sequence) in state.given.enumerated() {
                positions[Partition(rawValue: UInt16(number))] = sequence
            }
            return positions
        }
    }

    /// Bytes of the log between this reader and its writers, about.
    package var lagBytes: UInt64 {
        parts.log.bytes(behind: state.withLock { $0.log.next })
    }
}

extension LogShipper.State {
    /// Passes one record of the log and adds what of it is wanted.
    /// - Returns: false where it is not there any more, or leaves a gap.
    fileprivate mutating func read(_ page: inout ShippedPage, from log: WriteAheadLog) -> Bool {
        var (given, sequences) = ([UInt64?](), [UInt64]())
        swap(&given, &self.given)
        swap(&sequences, &self.sequences)
        let isThere = self.log.stepFrame(in: log) { frame, payload in
            Self.take(frame, payload, beginnings, &given, &sequences, &page)
        }
        swap(&given, &self.given)
        swap(&sequences, &self.sequences)
        return isThere
    }

    private static func take(
        _ frame: LogFrame, _ payload: UnsafeRawBufferPointer, _ beginnings: [LSN],
        _ given: inout [UInt64?], _ sequences: inout [UInt64], _ page: inout ShippedPage
    ) -> Bool {
        let number = Int(frame.partition.rawValue)
        guard number <= Limits.partitions else { return false }
        if number < Limits.partitions, frame.lsn < beginnings[number] { return true }
        switch frame.kind {
        case .end, .mark, .incarnation: return true
        case .position:
            sequences[number] = frame.sequence
            guard number < Limits.partitions, let last = given[number], frame.sequence > last
            else { return true }
            // What is between was never a record of this log.
            page.gap = frame.partition
            return false
        case .writes, .commit: break
        }
        if frame.flags.contains(.isUnnumbered) { return true }
        if number < Limits.partitions {
            sequences[number] = frame.sequence
            guard let last = given[number], frame.sequence > last else { return true }
            guard frame.sequence == last + 1 else {
                page.gap = frame.partition
                return false
            }
            given[number] = frame.sequence
            return add(frame, payload, &page)
        }
        guard frame.flags.contains(.numbersEach) else { return true }
        return takeSeveral(frame, payload, beginnings, &given, &sequences, &page)
    }

    /// Adds all of a frame of one partition.
    private static func add(
        _ frame: LogFrame, _ payload: UnsafeRawBufferPointer, _ page: inout ShippedPage
    ) -> Bool {
        let entries = UnsafeRawBufferPointer(rebasing: payload[frame.entriesStart...])
        let length = aligned8(entries.count)
        ShippedRecord(
            partition: frame.partition, entries: frame.entries, payloadBytes: length,
            sequence: frame.sequence, epoch: frame.epoch, goesOn: false
        ).append(to: &page.records)
        page.records.append(contentsOf: entries)
        page.records.append(contentsOf: repeatElement(0, count: length - entries.count))
        page.count += 1
        return true
    }

    /// Adds what of a frame over several partitions is wanted, as one step.
    private static func takeSeveral(
        _ frame: LogFrame, _ payload: UnsafeRawBufferPointer, _ beginnings: [LSN],
        _ given: inout [UInt64?], _ sequences: inout [UInt64], _ page: inout ShippedPage
    ) -> Bool {
        var wanted: [Partition] = []
        for partition in frame.members(payload) {
            let number = Int(partition.rawValue)
            guard frame.lsn >= beginnings[number] else { continue }
            sequences[number] &+= 1
            guard let last = given[number], sequences[number] > last else { continue }
            guard sequences[number] == last + 1 else {
                page.gap = partition
                return false
            }
            given[number] = sequences[number]
            wanted.append(partition)
        }
        for (index, partition) in wanted.enumerated() {
            var entries: [UInt8] = []
            var count: UInt16 = 0
            var at = frame.entriesStart
            for _ in 0..<frame.entries {
                guard let extent = LogEntryExtent(in: payload, at: at) else { return false }
                let key = UnsafeRawBufferPointer(rebasing: payload[extent.key])
                if Partition(keyChecksum: CRC32C.of(key)) == partition {
                    entries.append(contentsOf: payload[at..<(at + extent.contentBytes)])
                    let padding = aligned8(entries.count) - entries.count
                    entries.append(contentsOf: repeatElement(0, count: padding))
                    count += 1
                }
                at += aligned8(extent.contentBytes)
            }
            ShippedRecord(
                partition: partition, entries: count, payloadBytes: entries.count,
                sequence: sequences[Int(partition.rawValue)], epoch: frame.epoch,
                goesOn: index + 1 < wanted.count
            ).append(to: &page.records)
            page.records.append(contentsOf: entries)
            page.count += 1
        }
        return true
    }
}

extension WriteAheadLog {
    /// Bytes appended behind a record, about: as if all records were of the mean length.
    func bytes(behind lsn: LSN) -> UInt64 {
        state.withLock { state in
            let count = state.nextLSN.rawValue - min(lsn.rawValue, state.nextLSN.rawValue)
            guard count > 0, let first = state.marks.first else { return 0 }
            let records = max(1, state.nextLSN.rawValue - first.position.lsn.rawValue)
            let files = state.current.number - first.position.file
            let bytes = files * UInt64(state.end) + UInt64(state.offset)
            return min(bytes, count * max(1, bytes / records))
        }
    }
}
