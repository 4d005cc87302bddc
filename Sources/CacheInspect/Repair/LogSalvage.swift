internal import CacheBase
internal import CacheFormat

/// Finds every whole record of a log with damage in it, in order.
///
/// It follows the chain of frames as a start of the server does. Where the chain breaks it goes on
/// at the next whole frame that can follow: behind the damaged one by that one's own length, else
/// at the next in the file, else in the next file. Frames that an earlier start had cut off stay
/// cut: they are never reached by the chain.
///
/// Invariant: `places` ascend by LSN.
struct LogSalvage {
    private(set) var places: [LogTail.Place] = []
    private(set) var losses: [Loss] = []
    private(set) var images: [LogFileImage]
    /// Where the next frame is expected.
    private(set) var expected: LogPosition
    private let checkpoint: Checkpoint?
    private var used: Set<Int> = []
    private var lastKind: FrameKind?

    /// - Parameter images: every file of the log, loaded.
    init(_ images: [LogFileImage], checkpoint: Checkpoint?) {
        self.images = images
        self.checkpoint = checkpoint
        let oldest = images.compactMap(\.wholeHead).min { $0.number < $1.number }
        expected =
            checkpoint?.replayFrom
            ?? LogPosition(
                file: oldest?.number ?? 1, offset: UInt64(LogFileHead.bytes),
                lsn: oldest?.firstLSN ?? LSN(rawValue: 1), predecessor: oldest?.predecessor ?? 0)
    }

    /// The newest LSN that anything of the log names.
    var newestLSN: LSN {
        images.compactMap(\.wholeHead).reduce(LSN(rawValue: expected.lsn.rawValue - 1)) {
            max($0, $1.durableLSN, LSN(rawValue: $1.firstLSN.rawValue - 1))
        }
    }

    mutating func run() {
        var index = firstImage()
        if index == nil {
            losses.append(
                Loss(
                    "wal", nil, "file \(expected.file) of the log is missing, where it begins",
                    mayRevive: true))
            index = nextImage()
        }
        while let current = index {
            used.insert(current)
            follow(current)
            index = nextImage()
        }
        noteMissingEnd()
    }

    private func firstImage() -> Int? {
        images.firstIndex { $0.number == expected.file }
            ?? images.firstIndex { $0.links(expected, at: Int(clamping: expected.offset)) }
    }

    // MARK: One file

    /// Takes the frames of a file from `expected.offset` on.
    private mutating func follow(_ index: Int) {
        let image = images[index]
        var offset = Int(clamping: expected.offset)
        while true {
            if image.links(expected, at: offset), let frame = image.frame(at: offset) {
                take(frame, index, offset)
                offset += frame.frameBytes
                if frame.kind == .end { return }
            } else if let next = resumption(image, offset, bound: bound(after: image)) {
                noteGap(image, offset, next)
                offset = next.offset
                expected.lsn = next.frame.lsn
                expected.predecessor = next.frame.predecessor
            } else {
                expected.offset = UInt64(offset)
                return
            }
        }
    }

    private mutating func take(_ frame: LogFrame, _ index: Int, _ offset: Int) {
        places.append(LogTail.Place(image: index, offset: offset))
        lastKind = frame.kind
        expected.lsn = frame.lsn.next
        expected.predecessor = frame.checksum
        expected.offset = UInt64(offset + frame.frameBytes)
        if let number = images[index].number { expected.file = number }
    }

    /// The next whole frame behind a damaged one.
    private func resumption(
        _ image: LogFileImage, _ offset: Int, bound: LSN
    ) -> (offset: Int, frame: LogFrame)? {
        guard let base = image.loaded.baseAddress,
            offset + 2 * LogFrame.headBytes <= image.loaded.count
        else { return nil }
        let next = offset + LogFrame.headBytes + aligned8(Int((base + offset).u32(4)))
        if let frame = image.frame(at: next), frame.lsn == expected.lsn.next,
            frame.predecessor == (base + offset).u32(0)
        {
            return (next, frame)
        }
        var start = offset + 8
        while let found = image.laterFrame(from: start, than: expected.lsn) {
            if found.frame.lsn < bound { return found }
            start = found.offset + 8
        }
        return nil
    }

    /// Frames of a file have lower LSNs than the first of the next file.
    private func bound(after image: LogFileImage) -> LSN {
        guard let number = image.number,
            let next = images.first(where: { $0.number == number + 1 })?.wholeHead
        else { return LSN(rawValue: .max) }
        return next.firstLSN
    }

    private mutating func noteGap(
        _ image: LogFileImage, _ offset: Int, _ next: (offset: Int, frame: LogFrame)
    ) {
        losses.append(
            Loss(
                image.name, UInt64(offset)..<UInt64(next.offset),
                Self.records(expected.lsn, upTo: next.frame.lsn) + " lost: what they wrote, and "
                    + "what they deleted or replaced may be back", mayRevive: true))
    }

    private static func records(_ first: LSN, upTo end: LSN) -> String {
        end.rawValue - first.rawValue <= 1
            ? "record \(first.rawValue) is"
            : "records \(first.rawValue) to \(end.rawValue - 1) are"
    }

    // MARK: From file to file

    /// The file that the log goes on in, with `expected` at its first frame.
    private mutating func nextImage() -> Int? {
        let start = LogFileHead.bytes
        let unused = images.indices.filter { !used.contains($0) }
        // A head may be damaged; the chain still tells.
        if let exact = unused.first(where: { images[$0].links(expected, at: start) }) {
            expected.offset = UInt64(start)
            return exact
        }
        let later = unused.filter { firstLSN(images[$0]).map { $0 >= expected.lsn } ?? false }
        guard let next = later.min(by: { order(images[$0]) < order(images[$1]) }),
            let first = firstLSN(images[next])
        else { return nil }
        if first > expected.lsn, checkpoint != nil {
            losses.append(
                Loss(
                    "wal", nil,
                    Self.records(expected.lsn, upTo: first) + " lost: what they wrote, and what "
                        + "they deleted or replaced may be back", mayRevive: true))
        }
        let head = images[next].wholeHead
        let frame = images[next].laterFrame(from: start, than: LSN(rawValue: first.rawValue - 1))
        expected = LogPosition(
            file: head?.number ?? expected.file + 1, offset: UInt64(start), lsn: first,
            predecessor: head?.predecessor ?? frame?.frame.predecessor ?? 0)
        return next
    }

    /// The LSN that a file begins with; nil for spares, whose frames were cut off or flushed.
    private func firstLSN(_ image: LogFileImage) -> LSN? {
        switch image.head {
        case .whole(let head): return head.firstLSN
        case .empty: return nil
        case .damaged:
            let before = LSN(rawValue: expected.lsn.rawValue - 1)
            return image.laterFrame(from: LogFileHead.bytes, than: before)?.frame.lsn
        }
    }

    private func order(_ image: LogFileImage) -> (UInt64, UInt64) {
        (firstLSN(image)?.rawValue ?? .max, image.number ?? .max)
    }

    /// Whether the log went on behind its last whole frame.
    private mutating func noteMissingEnd() {
        let durable = max(checkpoint?.durableLSN ?? .zero, newestDurable())
        if durable >= expected.lsn {
            losses.append(
                Loss(
                    "wal", nil,
                    Self.records(expected.lsn, upTo: durable.next) + " lost at the log's end: "
                        + "what they wrote, and what they deleted or replaced may be back",
                    mayRevive: true))
        } else if lastKind == .end {
            losses.append(
                Loss(
                    "wal", nil,
                    "file \(expected.file + 1) of the log is missing, where it may have gone on",
                    mayRevive: true))
        } else if let image = images.first(where: { $0.number == expected.file }) {
            noteTornEnd(image)
        }
    }

    /// A record that was begun, or a file that was cut: room for an end frame is always left.
    private mutating func noteTornEnd(_ image: LogFileImage) {
        let offset = Int(clamping: expected.offset)
        guard let base = image.loaded.baseAddress, lastKind != .mark else { return }
        guard offset + LogFrame.headBytes <= image.loaded.count else {
            losses.append(
                Loss(
                    image.name, UInt64(image.fileBytes)..<UInt64(image.fileBytes),
                    "the file was cut: later records are lost", mayRevive: true))
            return
        }
        let isBegun =
            (base + offset).u64(8) == expected.lsn.rawValue
            || (expected.predecessor != 0 && (base + offset).u32(16) == expected.predecessor)
        guard isBegun else { return }
        losses.append(
            Loss(
                image.name, UInt64(offset)..<UInt64(offset + LogFrame.headBytes),
                "record \(expected.lsn.rawValue), the last one, is torn or damaged", mayRevive: true
            ))
    }

    private func newestDurable() -> LSN {
        images.compactMap(\.wholeHead).map(\.durableLSN).max() ?? .zero
    }
}
