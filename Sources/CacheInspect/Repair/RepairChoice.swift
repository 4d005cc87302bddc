internal import CacheBase
internal import CacheEngine
internal import CacheFormat

/// Reads everything that is whole once, to choose of each key the newest version; and once more,
/// to copy what was chosen.
struct RepairChoice {
    private let source: RepairSource
    private let hash: KeyHash
    private let liveness: [SegmentID: SegmentLiveness]
    private(set) var losses: [Loss] = []
    /// Places of the newest versions, ascending.
    private(set) var winners: [Candidates.Place] = []
    /// Whole entries whose bit was cleared.
    private(set) var deadEntries = 0
    private var newestLSN: LSN
    /// Hashes of keys that the log wrote or deleted.
    private var ofLog: Set<UInt64> = []

    init(_ source: RepairSource) {
        self.source = source
        hash = KeyHash(secret: source.store.hashKey)
        newestLSN = max(source.log.newestLSN, source.checkpoint?.durableLSN ?? .zero)
        liveness = Dictionary(
            (source.checkpoint?.segments ?? []).map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The first pass.
    /// - Throws: `io`.
    mutating func run(_ advance: (Int) -> Void) throws(StorageError) {
        var candidates = Candidates()
        var newest = newestLSN
        let hash = hash
        forEachOfLog { entry, place in
            let own = hash(entry.key)
            ofLog.insert(own)
            candidates.add(own, entry.lsn, place)
        }
        for (index, segment) in source.segments.enumerated() {
            let (lost, dead) = try scan(segment, index, advance) { entry, place in
                candidates.add(hash(entry.key), entry.lsn, place)
                newest = max(newest, entry.lsn)
            }
            losses += lost
            deadEntries += dead
        }
        newestLSN = newest
        winners = candidates.newest()
    }

    /// The second pass: calls `body` with every whole entry that was a candidate, in the order of
    /// places, and whether it is a put.
    /// - Throws: `io`, and what `body` throws.
    func forEach(
        _ advance: (Int) -> Void,
        _ body: (StoredEntry, Bool, Candidates.Place) throws(StorageError) -> Void
    ) throws(StorageError) {
        var failure: StorageError?
        func call(_ entry: StoredEntry, _ isPut: Bool, _ place: Candidates.Place) {
            guard failure == nil else { return }
            do throws(StorageError) {
                try body(entry, isPut, place)
            } catch { failure = error }
        }
        for (index, segment) in source.segments.enumerated() {
            _ = try scan(segment, index, advance) { entry, place in call(entry, true, place) }
            if let failure { throw failure }
        }
        forEachOfLog { entry, place in call(StoredEntry(entry), entry.kind == .put, place) }
        if let failure { throw failure }
    }

    // MARK: Segments

    private func scan(
        _ segment: SegmentFile, _ index: Int, _ advance: (Int) -> Void,
        _ body: (StoredEntry, Candidates.Place) -> Void
    ) throws(StorageError) -> (lost: [Loss], dead: Int) {
        let live = liveness[segment.id]
        var lost = segment.damages.map { Loss($0.file, nil, entries: 0, $0.what) }
        let census = try LiveCensus(segment, source, ofLog)
        var dead = 0
        var seen = 0
        let scan = BlockScan(segment)
        while let step = try scan.next() {
            switch step {
            case .damage(let range, let ordinals):
                lost.append(
                    Loss(
                        segment.name, range, entries: ordinals.map(census.count),
                        "no whole block"))
                seen = ordinals?.upperBound ?? seen
                advance(range.count)
            case .block(let block):
                var entries = block.entries
                var position = 0
                while let entry = entries.next() {
                    if live?.isLive(block.ordinals.lowerBound + position) ?? true {
                        body(
                            entry,
                            .segment(index, offset: block.offset, position: position))
                    } else {
                        dead += 1
                    }
                    position += 1
                }
                seen = block.ordinals.upperBound
                advance(block.bytes)
            }
        }
        if let live, seen < Int(live.entries), segment.footer == nil {
            lost.append(
                Loss(
                    segment.name, segment.bytes..<segment.bytes,
                    entries: census.count(seen..<Int(live.entries)),
                    "the end of the segment is missing"))
        }
        return (lost, dead)
    }

    // MARK: Log

    private func forEachOfLog(_ body: (LogEntry, Candidates.Place) -> Void) {
        var number = 0
        for place in source.log.places {
            let image = source.log.images[place.image]
            guard let frame = image.frame(at: place.offset) else { continue }
            let view = LogFrameView(
                frame: frame, file: image.name, offset: UInt64(place.offset),
                payload: image.payload(of: frame, at: place.offset))
            _ = view.forEachEntry { entry, _ in
                body(entry, .log(number))
                number += 1
            }
        }
    }

    /// What the new log goes on from. Where records were lost, their versions are left out: more
    /// than any log can have held.
    func continuation(isWhole: Bool) -> StoreBuilder.Continuation {
        var sequences =
            source.checkpoint?.sequences ?? [UInt64](repeating: 0, count: Limits.partitions + 1)
        var epoch = source.checkpoint?.epoch ?? Epoch(rawValue: 1)
        var transactions = StoreBuilder.TransactionMemory(
            incarnation: source.checkpoint?.incarnation ?? 0,
            histories: source.checkpoint?.histories ?? [],
            skippedIncarnations: isWhole ? 0 : Self.skippedIncarnations)
        for place in source.log.places {
            guard let frame = source.log.images[place.image].frame(at: place.offset) else {
                continue
            }
            epoch = max(epoch, frame.epoch)
            let partition = Int(frame.partition.rawValue)
            let payload = source.log.images[place.image].payload(of: frame, at: place.offset)
            if frame.kind == .commit || frame.kind == .incarnation,
                let head = TransactionHead(in: payload)
            {
                transactions.records.append((head, frame))
            }
            if frame.kind.isContent || frame.kind == .position, partition < sequences.count {
                sequences[partition] = frame.sequence
            }
            if frame.flags.contains(.numbersEach) {
                for member in frame.members(payload) { sequences[Int(member.rawValue)] &+= 1 }
            }
        }
        let margin: UInt64 = isWhole ? 1 : 1 << 32
        return StoreBuilder.Continuation(
            nextLSN: LSN(rawValue: newestLSN.rawValue + margin), clockMark: source.now,
            epoch: epoch, sequences: sequences, transactions: transactions)
    }

    /// Incarnations that lost records may have begun, more than anyone starts a server between two
    /// flushes; a repair in a thousand may lose some.
    private static var skippedIncarnations: UInt32 { 4096 }
}
