internal import CacheBase
internal import CacheFormat

/// Reads the log from a place to its end, as a start of the server would, and tells a torn tail
/// from damage in the same way.
struct LogReader {
    let folder: StoreFolder
    /// Files of other stores are passed over; nil takes all.
    let store: StoreID?
    /// Where the log begins; nil where the checkpoint is lost: then as far back as it goes.
    let checkpoint: Checkpoint?

    /// - Throws: `corruption` where the file that the log begins in is missing, `newerFormat`,
    ///   `io`, and `notFound` where a running server deletes a file meanwhile.
    func read() throws(StorageError) -> LogTail {
        var images: [LogFileImage] = []
        var headless: [LogFileImage] = []
        var damages: [Damage] = []
        for path in try folder.logPaths() {
            let image = try LogFileImage(path, in: folder)
            if image.head == .damaged {
                damages.append(Damage(image.name, at: 0, "the head fails its checksum"))
            }
            if let cut = Self.cut(image) { damages.append(cut) }
            if image.head == .damaged {
                headless.append(image)
            } else if let head = image.wholeHead, store == nil || head.store == store {
                images.append(image)
            }
        }
        images.sort { ($0.number ?? 0) < ($1.number ?? 0) }
        let start = checkpoint?.replayFrom ?? Self.oldestStart(images)
        images.removeAll { ($0.number ?? 0) < start.file }
        images += headless
        for image in images { try image.load() }
        var walk = LogWalk(images, from: start)
        if walk.current == nil {
            damages.append(
                Damage("wal", "file \(start.file) of the log is missing, where it begins"))
        }
        try walk.run()
        damages += try tailDamage(&walk, images)
        return LogTail(
            images: images, places: walk.places, start: start, end: walk.end(images),
            damages: damages,
            sequences: checkpoint?.sequences
                ?? [UInt64](repeating: 0, count: Limits.partitions + 1))
    }

    /// The log's files are whole pages, and hold a frame at least.
    private static func cut(_ image: LogFileImage) -> Damage? {
        let isWhole = image.fileBytes % 4096 == 0 && image.fileBytes >= 2 * LogFileHead.bytes
        return isWhole ? nil : Damage(image.name, at: UInt64(image.fileBytes), "the file was cut")
    }

    /// The first frame of the oldest file from which the numbers have no gap.
    private static func oldestStart(_ images: [LogFileImage]) -> LogPosition {
        var first: LogFileHead?
        for head in images.reversed().compactMap(\.wholeHead) {
            if let later = first, later.number != head.number + 1 { break }
            first = head
        }
        return LogPosition(
            file: first?.number ?? 1, offset: UInt64(LogFileHead.bytes),
            lsn: first?.firstLSN ?? LSN(rawValue: 1), predecessor: first?.predecessor ?? 0)
    }

    /// A claim that something behind the end was durable; a running server that is just writing
    /// there is given the time to finish.
    private func tailDamage(
        _ walk: inout LogWalk, _ images: [LogFileImage]
    ) throws(StorageError) -> [Damage] {
        for attempt in 1...InspectLimits.frameAttemptsMax {
            let claimed = max(walk.scanTail(), checkpoint?.durableLSN ?? .zero)
            let expected = walk.position.lsn
            if claimed < expected { break }
            if attempt < InspectLimits.frameAttemptsMax, try walk.resume() { continue }
            let file = walk.current?.name ?? "wal"
            return [
                Damage(
                    file, at: walk.position.offset,
                    "record \(expected.rawValue) is damaged or missing, and the log was durable "
                        + "up to record \(claimed.rawValue)")
            ]
        }
        return []
    }
}
