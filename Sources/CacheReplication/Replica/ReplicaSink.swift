package import CacheBase
package import CacheEngine
internal import CacheFormat
internal import Synchronization

/// Follows one primary: asks for the partitions that this node is to have of it, and applies what
/// comes, on a thread of its own (`start`) or on that of whoever calls `step`. A small page is applied
/// at once by whoever brings it, since to wake a thread takes longer.
///
/// Invariants: messages are taken in their order; a partition is in at most one stream; a message of
/// a stream that was given up is passed over; a partition that is being copied has no position in the
/// log until it is whole.
package final class ReplicaSink: @unchecked Sendable {
    // Safe because: `inbox`, `wanted` and `isStopping` are used under `condition`; the rest by
    // who has the turn, but for `counts`, which has a lock of its own.
    private let engine: Engine
    private let book: LineageBook
    private let ages: CopyAges
    private let leaderships: FollowedLeaderships
    private let clock: Clock
    private let send: @Sendable (ReplicationMessage) -> Void
    private let fail: @Sendable (String) -> Void
    private let mayReplace: @Sendable (Partition) -> Bool
    private let setAside: @Sendable (ReplicaPosition) -> Void
    private let condition = WaitCondition()
    private var inbox: [ReplicationMessage] = []
    private var wanted: [Partition: Epoch] = [:]
    private var isStopping = false
    private let turn = Mutex(())
    private var streams: [UInt32: IncomingStream] = [:]
    private var epochs: [Partition: Epoch] = [:]
    private var retryAt: [Partition: UInt64] = [:]
    private var nextStream: UInt32 = 1
    private let decompressor = Decompressor()
    private let counted = Mutex(Counts())
    private var thread: BackgroundThread?

    /// - Parameters:
    ///   - ages: learns how new the copies are.
    ///   - leaderships: shared by all sinks of a node.
    ///   - send: hands a message to the link; called in a turn, on any thread.
    ///   - fail: the other side says what cannot be, or this node cannot apply it; the link is to
    ///     end.
    ///   - mayReplace: whether a partition's entries may be given up now; asked again where not.
    ///   - setAside: a partition's records behind those of its primary are about to be given up.
    package init(
        engine: Engine, book: LineageBook, ages: CopyAges = CopyAges(),
        leaderships: FollowedLeaderships = FollowedLeaderships(),
        send: @escaping @Sendable (ReplicationMessage) -> Void,
        fail: @escaping @Sendable (String) -> Void,
        mayReplace: @escaping @Sendable (Partition) -> Bool = { _ in true },
        setAside: @escaping @Sendable (ReplicaPosition) -> Void = { _ in }
    ) {
        self.engine = engine
        self.book = book
        self.ages = ages
        self.leaderships = leaderships
        clock = engine.clock
        self.send = send
        self.fail = fail
        self.mayReplace = mayReplace
        self.setAside = setAside
    }

    package func start() {
        thread = BackgroundThread(name: "dcs-replica") { [unowned self] in run() }
    }

    /// Ends the thread; call it once, from another one.
    package func stop() {
        condition.withLock {
            isStopping = true
            condition.wakeAll()
        }
        thread?.join()
        // Nobody's turn lasts longer than this call.
        turn.withLock { _ in }
    }

    /// Ends the thread, and the link with it.
    func giveWay() {
        stop()
        fail(Replication.replaced)
    }

    /// Which partitions this node is to have of this primary, and in which leadership.
    package func follow(_ partitions: [Partition: Epoch]) {
        condition.withLock {
            wanted = partitions
            condition.wakeAll()
        }
    }

    /// Takes a message of the primary. One call at a time.
    package func receive(_ message: ReplicationMessage) {
        if takeAtOnce(message) { return }
        let isFull = condition.withLock {
            inbox.append(message)
            condition.wakeAll()
            return inbox.count > ReplicationLimits.inboxMax
        }
        if isFull { fail("too many pages wait") }
    }

    package var counts: Counts { counted.withLock { $0 } }

    /// Takes what is quickly done, where nothing waits before it.
    private func takeAtOnce(_ message: ReplicationMessage) -> Bool {
        switch message {
        case .records(_, _, let page) where page.rawBytes <= ReplicationLimits.atOnceBytes: break
        case .marked: break
        default: return false
        }
        let isTaken = turn.withLockIfAvailable { _ in
            guard condition.withLock({ inbox.isEmpty && !isStopping }) else { return false }
            do throws(StorageError) {
                try take(message, mayWait: false)
            } catch {
                // The thread tries again; what was applied is passed over then.
                if error.isPassing { return false }
                fail("\(error)")
            }
            return true
        }
        return isTaken ?? false
    }

    // MARK: The thread

    private func run() {
        while step() { rest() }
    }

    /// Does one round of work: takes what has come, and asks for what is missing. For one thread at
    /// a time; not beside `start`.
    /// - Returns: false at the end.
    @discardableResult
    package func step() -> Bool {
        turn.withLock { _ in takeTurn() }
    }

    private func takeTurn() -> Bool {
        guard let (messages, wanted) = takeMessages() else { return false }
        do throws(StorageError) {
            for message in messages { try take(message, mayWait: true) }
            try reconcile(wanted)
            askForAge()
        } catch {
            fail("\(error)")
        }
        return true
    }

    /// Waits until something comes, or it is time to ask again.
    private func rest() {
        condition.withLock {
            if inbox.isEmpty, wanted == epochs, !isStopping {
                condition.wait(milliseconds: ReplicationLimits.retryMilliseconds)
            }
        }
    }

    private func takeMessages() -> ([ReplicationMessage], [Partition: Epoch])? {
        condition.withLock {
            defer { inbox = [] }
            return isStopping ? nil : (inbox, wanted)
        }
    }

    /// Gives up what is not wanted any more and asks for what is missing.
    private func reconcile(_ wanted: [Partition: Epoch]) throws(StorageError) {
        for (number, stream) in streams.sorted(by: { $0.key < $1.key })
        where stream.partitions.contains(where: { wanted[$0] != epochs[$0] }) {
            giveUp(number)
        }
        condition.withLock { epochs = wanted }
        if streams.count > ReplicationLimits.streamsMax / 2,
            streams.values.allSatisfy(\.isFollowing)
        {
            for number in streams.keys.sorted() { giveUp(number) }
        }
        let carried = streams.values.reduce(into: Set<Partition>()) { $0.formUnion($1.partitions) }
        let now = clock.monotonicNanoseconds()
        let missing = wanted.keys.filter { partition in
            !carried.contains(partition) && retryAt[partition].map { $0 <= now } ?? true
        }.sorted { $0.rawValue < $1.rawValue }
        guard !missing.isEmpty, streams.count < ReplicationLimits.streamsMax else { return }
        let positions = positions(missing)
        let unknown = missing.filter { partition in
            !positions.contains { $0.partition == partition }
        }
        if !positions.isEmpty {
            let number = open(Set(positions.map(\.partition)), isCopy: false)
            send(.follow(stream: number, positions))
        }
        if !unknown.isEmpty { try copy(unknown) }
    }

    /// Asks of each stream how new what it brings is: again once that was answered, and not at once.
    private func askForAge() {
        let now = clock.monotonicNanoseconds()
        let period = UInt64(ReplicationLimits.retryMilliseconds) * 1_000_000
        for (number, stream) in streams.sorted(by: { $0.key < $1.key }) where stream.isFollowing {
            let (asked, isAnswered) = stream.marked
            let patience = isAnswered ? period : ReplicationLimits.markPatience * period
            guard asked == 0 || now >= asked + patience else { continue }
            streams[number]?.marked = (max(now, 1), false)
            send(.mark(stream: number, moment: max(now, 1)))
        }
    }

    private func open(_ partitions: Set<Partition>, isCopy: Bool) -> UInt32 {
        let number = nextStream
        nextStream &+= 1
        streams[number] = IncomingStream(partitions: partitions, isCopy: isCopy)
        return number
    }

    private func giveUp(_ number: UInt32) {
        streams[number] = nil
        send(.cancel(stream: number))
    }

    /// What is here of each partition; those without a position are left out.
    private func positions(_ partitions: [Partition]) -> [ReplicaPosition] {
        leaderships.begin(epochs, partitions)
        let standings = engine.standings()
        return partitions.compactMap { partition in
            guard let epoch = epochs[partition],
                let sequence = standings[Int(partition.rawValue)].sequence
            else { return nil }
            return ReplicaPosition(
                partition: partition, epoch: epoch, sequence: sequence,
                writtenIn: book[partition].epoch(of: sequence))
        }
    }

    /// Asks for all entries of partitions, whose own are removed first.
    private func copy(_ partitions: [Partition]) throws(StorageError) {
        for position in positions(partitions) where position.sequence > 0 {
            setAside(position)
            counted.withLock { $0.setAsidePartitions += 1 }
        }
        var positions: [ReplicaPosition] = []
        for partition in partitions {
            guard let epoch = epochs[partition] else { continue }
            try engine.setPosition(partition, nil, epoch)
            positions.append(
                ReplicaPosition(
                    partition: partition, epoch: epoch, sequence: 0, writtenIn: epoch))
        }
        ages.forget(partitions)
        _ = try engine.removeEntries(of: Set(partitions))
        let number = open(Set(partitions), isCopy: true)
        send(.copy(stream: number, positions))
    }

    /// - Parameter mayWait: until the store can take it; else that is an error.
    private func take(_ message: ReplicationMessage, mayWait: Bool) throws(StorageError) {
        guard let stream = streams[message.stream] else { return }
        switch message {
        case .accepted(let number, let origins, let needCopy, let refused):
            try accepted(number, stream, origins, needCopy, refused)
        case .records(let number, let position, let page):
            let isPartOfCopy = stream.isCopy && !stream.isFollowing
            let isTaken = try apply(page, number, mayWait) { bytes throws(StorageError) in
                if isPartOfCopy { return try engine.apply(entriesOf: bytes) }
                let applied = try engine.apply(records: bytes)
                counted.withLock { $0.records += UInt64(applied) }
            }
            if isTaken { acknowledge(number, position, page) }
        case .entries(let number, let page):
            let isTaken = try apply(page, number, mayWait) { bytes throws(StorageError) in
                try engine.apply(copies: bytes)
            }
            if isTaken { acknowledge(number, .zero, page) }
        case .copied(let number, let origins):
            guard try adopt(origins) else { return giveUp(number) }
            let isCurrent = try leaderships.ifCurrent(&streams[number], epochs) {
                () throws(StorageError) in
                for origin in origins {
                    guard let epoch = epochs[origin.partition] else { continue }
                    try engine.setPosition(origin.partition, origin.sequence, epoch)
                }
            }
            guard isCurrent else { return giveUp(number) }
            streams[number]?.isFollowing = true
            counted.withLock { $0.copiedPartitions += UInt64(origins.count) }
        case .marked(let number, let moment):
            guard stream.marked == (moment, false) else { return }
            streams[number]?.marked.isAnswered = true
            ages.note(stream.partitions, asOf: moment)
        case .ended(let number): streams[number] = nil
        case .follow, .copy, .applied, .cancel, .mark:
            fail("it speaks as a replica to its replica")
        }
    }

    private func accepted(
        _ number: UInt32, _ stream: IncomingStream, _ origins: [PartitionOrigin],
        _ needCopy: [Partition], _ refused: [Partition]
    ) throws(StorageError) {
        let carried = Set(origins.map(\.partition))
        guard stream.partitions.isSuperset(of: carried) else {
            return fail("it accepts what was not asked for")
        }
        retryLater(refused)
        if carried.isEmpty {
            streams[number] = nil
        } else {
            streams[number]?.partitions = carried
            if !stream.isCopy {
                guard try adopt(origins) else { return giveUp(number) }
                streams[number]?.isFollowing = true
            }
        }
        let asked = needCopy.filter(stream.partitions.contains)
        let replaceable = asked.filter(mayReplace)
        if replaceable.count < asked.count {
            retryLater(asked.filter { !replaceable.contains($0) })
        }
        if !replaceable.isEmpty { try copy(replaceable) }
    }

    private func retryLater(_ partitions: [Partition]) {
        let due =
            clock.monotonicNanoseconds() + UInt64(ReplicationLimits.retryMilliseconds) * 1_000_000
        for partition in partitions { retryAt[partition] = due }
    }

    /// The history of the partitions is that of their primary from now on.
    /// - Returns: false where this node knows of a newer leadership, maybe its own: what came is late.
    private func adopt(_ origins: [PartitionOrigin]) throws(StorageError) -> Bool {
        var isLate = false
        try book.change { lineages in
            isLate = origins.contains {
                $0.lineage.last < lineages[Int($0.partition.rawValue)].last
            }
            if isLate { return }
            for origin in origins { lineages[Int(origin.partition.rawValue)] = origin.lineage }
        }
        return !isLate
    }

    /// Applies a page, where no newer leadership of the stream's partitions is followed.
    /// - Returns: false where one is: the stream is given up.
    private func apply(
        _ page: PackedPage, _ number: UInt32, _ mayWait: Bool,
        _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) -> Bool {
        let raw = try unpacked(page)
        let isCurrent = try whileBusy(mayWait) { () throws(StorageError) in
            try leaderships.ifCurrent(&streams[number], epochs) { () throws(StorageError) in
                try raw.withBytes(body)
            }
        }
        if !isCurrent { giveUp(number) }
        return isCurrent
    }

    private func unpacked(_ page: PackedPage) throws(StorageError) -> [UInt8] {
        guard let raw = page.unpacked(decompressor) else {
            throw StorageError(.corruption, "a page cannot be unpacked")
        }
        return raw
    }

    private func acknowledge(_ number: UInt32, _ position: LSN, _ page: PackedPage) {
        guard var stream = streams[number] else { return }
        stream.bytes += UInt64(page.bytes.count)
        streams[number] = stream
        send(.applied(stream: number, position: position, bytes: stream.bytes))
    }

    /// Tries again while the store is behind, as long as this goes on.
    private func whileBusy<Result>(
        _ mayWait: Bool, _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        while true {
            do throws(StorageError) {
                return try body()
            } catch {
                guard mayWait, error.isPassing else { throw error }
                let isOver = condition.withLock {
                    if !isStopping { condition.wait(milliseconds: 10) }
                    return isStopping
                }
                if isOver { throw error }
            }
        }
    }
}

extension StorageError {
    /// The store is behind: later it may take what it refuses now.
    fileprivate var isPassing: Bool { kind == .overloaded || kind == .noSpace }
}
