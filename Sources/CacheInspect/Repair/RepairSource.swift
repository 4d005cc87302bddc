internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

/// A damaged folder, opened as far as it goes.
struct RepairSource {
    let folder: StoreFolder
    /// Made up where the store file is lost.
    let store: StoreFile
    let checkpoint: Checkpoint?
    /// Those of the checkpoint; without one, all there are.
    let segments: [SegmentFile]
    let log: LogSalvage
    let now: Timestamp
    private(set) var losses: [Loss] = []

    /// - Throws: `foreign` where nothing in the folder is of a store, `newerFormat`, `io`.
    init(_ folder: StoreFolder, clock: Clock) throws(StorageError) {
        self.folder = folder
        var losses: [Loss] = []
        let own = try Self.whole { () throws(StorageError) in try folder.store() }
        let checkpoint = try Self.whole { () throws(StorageError) in
            try folder.checkpoint(of: own?.id)
        }
        if own == nil {
            losses.append(
                Loss(
                    folder.name(folder.layout.store), nil,
                    "lost: its identity is taken from other files, and a new secret is made"))
        }
        if checkpoint == nil {
            losses.append(
                Loss(
                    folder.name(folder.layout.checkpoint), nil,
                    "lost: what was deleted, replaced or evicted may be back", mayRevive: true))
        }
        (segments, store) = try Self.openSegments(folder, own, checkpoint, &losses)
        self.checkpoint = checkpoint
        var log = LogSalvage(try Self.images(folder, store.id), checkpoint: checkpoint)
        log.run()
        self.log = log
        self.losses = losses + log.losses
        let created = segments.compactMap { $0.head?.created }.max()
        let known = checkpoint?.clockMark ?? created ?? Timestamp(rawValue: 0)
        now = max(clock.now(), known, try Self.clockMark(folder, store.id, &self.losses))
        guard own != nil || checkpoint != nil || !segments.isEmpty || !log.places.isEmpty else {
            throw StorageError(
                .foreign, "nothing in the folder is of a store", file: folder.layout.directory)
        }
    }

    /// A server that runs beside would have replaced the checkpoint by now.
    /// - Throws: `overloaded`.
    func checkUnchanged() throws(StorageError) {
        guard let checkpoint else { return }
        let now = try Self.whole { () throws(StorageError) in
            try folder.checkpoint(of: store.id)
        }
        guard now?.number == checkpoint.number else {
            throw StorageError(
                .overloaded, "a server changed the folder meanwhile: stop it, and repair again",
                file: folder.layout.directory)
        }
    }

    private static func whole<Value>(
        _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.isDamage else { throw error }
            return nil
        }
    }

    private static func clockMark(
        _ folder: StoreFolder, _ store: StoreID, _ losses: inout [Loss]
    ) throws(StorageError) -> Timestamp {
        switch try folder.clock(of: store) {
        case .empty: break
        case .mark(let mark): return mark
        case .damaged:
            losses.append(
                Loss(
                    folder.name(folder.layout.clock), nil, entries: 0,
                    "damaged: what has expired is judged by the machine's clock"))
        }
        return Timestamp(rawValue: 0)
    }

    private static func openSegments(
        _ folder: StoreFolder, _ own: StoreFile?, _ checkpoint: Checkpoint?,
        _ losses: inout [Loss]
    ) throws(StorageError) -> ([SegmentFile], StoreFile) {
        let listed = checkpoint?.segments.map(\.id).sorted()
        let ids = if let listed { listed } else { try folder.segmentIDs() }
        guard ids.count < InspectLimits.repairSegmentsMax else {
            throw StorageError(
                .tooLarge, "a repair takes fewer than \(InspectLimits.repairSegmentsMax) segments")
        }
        var opened: [SegmentFile] = []
        for id in ids {
            let segment = try whole { () throws(StorageError) in
                try SegmentFile(id, in: folder, store: own?.id)
            }
            if let segment {
                opened.append(segment)
            } else {
                let liveness = checkpoint?.segments.first { $0.id == id }
                losses.append(
                    Loss(
                        folder.name(folder.layout.segment(id)), nil,
                        entries: liveness?.liveEntries, "the file is missing"))
            }
        }
        if let own { return (opened, own) }
        var random = SystemRandomNumberGenerator()
        let id =
            checkpoint?.store ?? opened.compactMap { $0.head?.store }.first
            ?? StoreID(high: random.next(), low: random.next())
        let secret = StoreID(high: random.next(), low: random.next())
        return (opened, StoreFile(id: id, hashKey: secret))
    }

    /// Every file of the log, whatever its head says; those of other stores are left out.
    private static func images(
        _ folder: StoreFolder, _ store: StoreID
    ) throws(StorageError) -> [LogFileImage] {
        var images: [LogFileImage] = []
        for path in try folder.logPaths() {
            let image = try LogFileImage(path, in: folder)
            if let head = image.wholeHead, head.store != store { continue }
            try image.load()
            images.append(image)
        }
        return images
    }
}
