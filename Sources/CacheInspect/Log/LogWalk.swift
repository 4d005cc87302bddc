internal import CacheBase
internal import CacheFormat

/// Follows frames from file to file, and looks at what is behind the last one.
///
/// Invariant: everything before `position` was read and was right.
struct LogWalk {
    private let images: [LogFileImage]
    private(set) var position: LogPosition
    private(set) var places: [LogTail.Place] = []
    private var lastKind: FrameKind?
    private var tornBytes = 0
    /// The place in `images` of the file that `position` is in; nil where there is none.
    private var index: Int?
    /// The last frame ended its file, and the next file is not there.
    private var isAtFileEnd = false

    init(_ images: [LogFileImage], from position: LogPosition) {
        self.images = images
        self.position = position
        index =
            images.firstIndex { $0.number == position.file }
            ?? Self.headless(images, position)
    }

    /// A file whose head is damaged, but which begins with the record that is due.
    private static func headless(_ images: [LogFileImage], _ position: LogPosition) -> Int? {
        images.firstIndex {
            $0.head == .damaged && $0.links(position, at: Int(clamping: position.offset))
        }
    }

    var current: LogFileImage? { index.map { images[$0] } }

    /// Goes on to where no valid frame follows, also in a file that is just being written.
    mutating func run() throws(StorageError) {
        repeat { follow() } while try resume()
    }

    /// Reads the file again from `position` on.
    /// - Returns: true where a valid frame is there now; then it was followed.
    mutating func resume() throws(StorageError) -> Bool {
        guard let image = current, !isAtFileEnd else { return false }
        try image.load(from: Int(clamping: position.offset))
        let before = position
        follow()
        return position != before
    }

    private mutating func follow() {
        while let index, !isAtFileEnd {
            let offset = Int(clamping: position.offset)
            guard let frame = images[index].frame(at: offset), frame.lsn == position.lsn,
                frame.predecessor == position.predecessor
            else { return }
            places.append(LogTail.Place(image: index, offset: offset))
            pass(frame)
        }
    }

    private mutating func pass(_ frame: LogFrame) {
        position.offset += UInt64(frame.frameBytes)
        position.lsn = frame.lsn.next
        position.predecessor = frame.checksum
        lastKind = frame.kind
        guard frame.kind == .end else { return }
        var begin = position
        begin.file += 1
        begin.offset = UInt64(LogFileHead.bytes)
        let next =
            images.firstIndex { $0.number == begin.file } ?? Self.headless(images, begin)
        guard let next else {
            isAtFileEnd = true
            return
        }
        index = next
        position = begin
    }

    /// Searches behind the end for whole frames of later records.
    /// - Returns: the newest LSN that one of them, or a later file's head, says was durable.
    mutating func scanTail() -> LSN {
        var claimed = LSN.zero
        tornBytes = 0
        for (place, image) in images.enumerated() {
            let isTail = place == index
            guard isTail || image.head == .damaged || (image.number ?? 0) > position.file else {
                continue
            }
            if !isTail { claimed = max(claimed, image.wholeHead?.durableLSN ?? .zero) }
            var offset = isTail ? Int(clamping: position.offset) : LogFileHead.bytes
            if isTail && isAtFileEnd { continue }
            while let (found, frame) = image.laterFrame(from: offset, than: position.lsn) {
                claimed = max(claimed, frame.durableLSN)
                tornBytes += frame.frameBytes
                offset = found + frame.frameBytes
            }
        }
        return claimed
    }

    func end(_ images: [LogFileImage]) -> LogTail.End {
        LogTail.End(
            position: position, file: current?.name, isOrderly: lastKind == .mark,
            isAtFileEnd: isAtFileEnd, tornBytes: tornBytes)
    }
}

extension LogFileImage {
    /// The next whole frame of a record later than `lsn`. Frames begin at multiples of eight; stale
    /// ones of an earlier use of the file have older LSNs.
    func laterFrame(from start: Int, than lsn: LSN) -> (offset: Int, frame: LogFrame)? {
        guard let base = loaded.baseAddress else { return nil }
        var offset = start
        while offset + LogFrame.headBytes <= loaded.count {
            let found = (base + offset).u64(8)
            if found > lsn.rawValue, found - lsn.rawValue < 1 << 40, let frame = frame(at: offset) {
                return (offset, frame)
            }
            offset += 8
        }
        return nil
    }
}
