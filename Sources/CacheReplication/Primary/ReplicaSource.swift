package import CacheBase
package import CacheEngine
internal import CacheFormat
internal import Synchronization

/// Serves one replica with the records of the partitions that this node leads, behind the log's
/// writers: on a thread of its own (`start`), or on that of whoever calls `step`. What is small is
/// done at once by whoever brings it or waits for it, since to wake a thread takes longer.
///
/// Invariants: of each stream no more than a window is on its way; who takes a turn afterwards looks
/// whether somebody came meanwhile (`shipIfWanted`), and messages are taken in their order.
package final class ReplicaSource: @unchecked Sendable {
    // Safe because: `inbox`, `isStopping` and `isWoken` are used under `condition`; `streams`, `gaps`
    // and `compressor` by who has the turn; `published` has a lock of its own.
    private let session: UInt32
    private let engine: Engine
    private let book: LineageBook
    private let leads: @Sendable (Partition) -> Epoch?
    private let vouches: @Sendable (Set<Partition>) -> Bool
    private let send: @Sendable (ReplicationMessage) -> Void
    private let fail: @Sendable (String) -> Void
    private let progressed: @Sendable () -> Void
    private let condition = WaitCondition()
    private var inbox: [ReplicationMessage] = []
    private var isStopping = false
    private var isWoken = false
    private let turn = Mutex(())
    /// Somebody waits for copies of what the log may hold since it was last looked at.
    private let isWanted = Atomic(false)
    private var streams: [UInt32: OutgoingStream] = [:]
    /// Partitions whose records the log does not hold as far back as this replica was behind.
    private var gaps: Set<Partition> = []
    private let compressor = Compressor()
    private let published = Mutex<[StreamProgress]>([])
    private var thread: BackgroundThread?

    /// - Parameters:
    ///   - session: tells its streams from those of other links.
    ///   - leads: the leadership in which this node leads a partition; nil where it does not.
    ///   - vouches: whether this node leads all of these, and nobody else can have taken a write of
    ///     them yet.
    ///   - send: hands a message to the link; called in a turn, on any thread.
    ///   - fail: the other side says what cannot be; the link is to end.
    ///   - progressed: called in a turn after the replica has come further.
    package init(
        session: UInt32, engine: Engine, book: LineageBook,
        leads: @escaping @Sendable (Partition) -> Epoch?,
        vouches: @escaping @Sendable (Set<Partition>) -> Bool,
        send: @escaping @Sendable (ReplicationMessage) -> Void,
        fail: @escaping @Sendable (String) -> Void, progressed: @escaping @Sendable () -> Void
    ) {
        self.session = session
        self.engine = engine
        self.book = book
        self.leads = leads
        self.vouches = vouches
        self.send = send
        self.fail = fail
        self.progressed = progressed
    }

    package func start() {
        thread = BackgroundThread(name: "dcs-ship") { [unowned self] in run() }
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

    /// Ends the thread, and the link with it: one that stayed open would carry nothing for ever, and
    /// its other end would wait.
    func giveWay() {
        stop()
        fail(Replication.replaced)
    }

    /// Takes a message of the replica. One call at a time.
    package func receive(_ message: ReplicationMessage) {
        if takeAtOnce(message) { return }
        let isFull = condition.withLock {
            inbox.append(message)
            condition.wakeAll()
            return inbox.count > ReplicationLimits.inboxMax
        }
        if isFull { fail("too many messages wait") }
    }

    /// Somebody waits for copies of what was just written.
    package func wake() {
        isWanted.store(true, ordering: .sequentiallyConsistent)
        shipIfWanted()
    }

    /// How far the replica has come.
    package var progress: [StreamProgress] { published.withLock { $0 } }

    // MARK: At once

    /// Takes an acknowledgement where nothing waits before it, and sends what was written since.
    private func takeAtOnce(_ message: ReplicationMessage) -> Bool {
        guard case .applied(let number, _, _) = message else { return false }
        let isTaken = turn.withLockIfAvailable { _ in
            // Where there was no room, the thread waits for it.
            guard isIdle, let stream = streams[number], stream.isFollowing, stream.hasRoom else {
                return false
            }
            take(message)
            if let stream = streams[number], stream.isOwed, !stream.isOnItsWay { ship(number) }
            publish()
            progressed()
            return true
        }
        shipIfWanted()
        return isTaken ?? false
    }

    /// Sends what the log holds where somebody waits for copies; or who has the turn does.
    private func shipIfWanted() {
        while isWanted.load(ordering: .sequentiallyConsistent) {
            let had: Void? = turn.withLockIfAvailable { _ in
                isWanted.store(false, ordering: .sequentiallyConsistent)
                shipAtOnce()
            }
            if had == nil { return }
        }
    }

    private func shipAtOnce() {
        guard !isStopped else { return }
        var hasShipped = false
        for number in streams.keys.sorted() {
            guard let stream = streams[number], stream.isFollowing else { continue }
            if stream.isOnItsWay {
                // One page at a time: the next takes all that is written meanwhile.
                streams[number]?.isOwed = true
            } else {
                ship(number)
                hasShipped = true
            }
        }
        guard hasShipped else { return }
        publish()
        progressed()
    }

    /// Sends a small page of a stream, or leaves it to the thread.
    private func ship(_ number: UInt32) {
        guard case .following(let shipper)? = streams[number]?.phase else { return }
        let isSmall = shipper.lagBytes <= UInt64(ReplicationLimits.atOnceBytes)
        if isSmall, !advance(number) { return }
        condition.withLock {
            isWoken = true
            condition.wakeAll()
        }
    }

    /// No message waits for the thread, which is to go on.
    private var isIdle: Bool { condition.withLock { inbox.isEmpty && !isStopping } }

    // MARK: The thread

    private func run() {
        while !isStopped {
            if !step() { rest() }
        }
    }

    /// Does one round of work: takes what has come, and sends of each stream one page. For one
    /// thread at a time; not beside `start`.
    /// - Returns: true where there may be more to do already.
    @discardableResult
    package func step() -> Bool {
        let isBusy = turn.withLock { _ in takeTurn() }
        shipIfWanted()
        return isBusy
    }

    private func takeTurn() -> Bool {
        guard let messages = takeMessages() else { return false }
        for message in messages { take(message) }
        if !messages.isEmpty {
            publish()
            progressed()
        }
        isWanted.store(false, ordering: .sequentiallyConsistent)
        var isBusy = false
        for number in streams.keys.sorted() {
            if advance(number) { isBusy = true }
            answerMark(number)
        }
        publish()
        progressed()
        return isBusy
    }

    private var isStopped: Bool { condition.withLock { isStopping } }

    /// Waits until something comes, or it is time to look at the log.
    private func rest() {
        condition.withLock {
            if inbox.isEmpty, !isWoken, !isStopping {
                condition.wait(milliseconds: ReplicationLimits.pollMilliseconds)
            }
        }
    }

    /// What has come; nil at the end.
    private func takeMessages() -> [ReplicationMessage]? {
        condition.withLock {
            isWoken = false
            defer { inbox = [] }
            return isStopping ? nil : inbox
        }
    }

    private func publish() {
        let progress = streams.values.map { stream in
            var lag: UInt64 = 0
            if case .following(let shipper) = stream.phase { lag = shipper.lagBytes }
            return StreamProgress(
                id: UInt64(session) << 32 | UInt64(stream.number), partitions: stream.partitions,
                isFollowing: stream.isFollowing, acked: stream.acked, lagBytes: lag)
        }
        published.withLock { $0 = progress }
    }

    private func take(_ message: ReplicationMessage) {
        switch message {
        case .follow(let number, let positions): follow(number, positions)
        case .copy(let number, let positions): copy(number, positions)
        case .cancel(let number): streams[number] = nil
        case .mark(let number, let moment):
            // Who may have been replaced cannot say that there is nothing newer.
            guard let stream = streams[number], vouches(stream.partitions) else { return }
            streams[number]?.mark = (moment, engine.lastLSN)
        case .applied(let number, let position, let bytes):
            // Of a stream that has ended meanwhile it says nothing.
            guard streams[number] != nil else { return }
            if streams[number]?.note(applied: position, bytes: bytes) == false {
                fail("it has applied what was not sent")
            }
        case .accepted, .records, .entries, .copied, .marked, .ended:
            fail("it speaks as a primary to its primary")
        }
    }

    private func follow(_ number: UInt32, _ positions: [ReplicaPosition]) {
        guard streams[number] == nil, streams.count < ReplicationLimits.streamsMax else {
            return send(.ended(stream: number))
        }
        let standings = engine.standings()
        var (has, needCopy, refused) = ([Partition: UInt64](), [Partition](), [Partition]())
        for position in positions {
            let partition = position.partition
            guard leads(partition) == position.epoch,
                let end = standings[Int(partition.rawValue)].sequence
            else {
                refused.append(partition)
                continue
            }
            let isKnown = book[partition].contains(
                position.sequence, of: position.writtenIn, end: end)
            if isKnown, gaps.remove(partition) == nil {
                has[partition] = position.sequence
            } else {
                needCopy.append(partition)
            }
        }
        for partition in engine.outrun(has) {
            has[partition] = nil
            needCopy.append(partition)
        }
        guard !has.isEmpty else {
            return send(.accepted(stream: number, [], needCopy: needCopy, refused: refused))
        }
        guard let shipper = engine.ship(behind: has) else {
            return send(.ended(stream: number))
        }
        send(
            .accepted(
                stream: number, origins(has), needCopy: needCopy, refused: refused))
        streams[number] = OutgoingStream(
            number: number, partitions: Set(has.keys), phase: .following(shipper))
    }

    private func copy(_ number: UInt32, _ positions: [ReplicaPosition]) {
        let led = positions.filter { leads($0.partition) == $0.epoch }.map(\.partition)
        let refused = positions.map(\.partition).filter { !led.contains($0) }
        guard streams[number] == nil, streams.count < ReplicationLimits.streamsMax, !led.isEmpty,
            let scan = try? engine.scan(Set(led))
        else { return send(.ended(stream: number)) }
        send(.accepted(stream: number, origins(scan.positions), needCopy: [], refused: refused))
        streams[number] = OutgoingStream(
            number: number, partitions: Set(led), phase: .copying(scan))
    }

    private func origins(_ positions: [Partition: UInt64]) -> [PartitionOrigin] {
        positions.map {
            PartitionOrigin(partition: $0.key, sequence: $0.value, lineage: book[$0.key])
        }
    }

    /// Sends the next page of a stream.
    /// - Returns: false where there was nothing to send, or no room.
    private func advance(_ number: UInt32) -> Bool {
        guard var stream = streams[number], stream.hasRoom else { return false }
        switch stream.phase {
        case .copying(let scan):
            streams[number] = nil
            guard sendEntries(scan, &stream) else {
                send(.ended(stream: number))
                return true
            }
            streams[number] = stream
            return true
        case .completing(let shipper, let until):
            guard let page = next(number, of: shipper) else { return true }
            if !page.records.isEmpty {
                let packed = PackedPage(packing: page.records, compressor)
                stream.sentBytes += UInt64(packed.bytes.count)
                send(.records(stream: number, position: .zero, packed))
            }
            if page.position >= until {
                stream.phase = .following(shipper)
                send(.copied(stream: number, origins(shipper.positions)))
            }
            streams[number] = stream
            return true
        case .following(let shipper):
            guard let page = next(number, of: shipper) else { return true }
            guard page.position > stream.readPosition else { return false }
            if page.records.isEmpty, stream.passOver(page.position) {
                streams[number] = stream
                return !page.isUpToDate
            }
            let packed = PackedPage(packing: page.records, compressor)
            stream.note(sent: page.position, bytes: packed.bytes.count)
            streams[number] = stream
            send(.records(stream: number, position: page.position, packed))
            return !page.isUpToDate
        }
    }

    /// The next records of the log for a stream; nil where it does not hold them any more, and the
    /// stream has ended.
    private func next(_ number: UInt32, of shipper: LogShipper) -> ShippedPage? {
        let page = shipper.next(bytesMax: ReplicationLimits.pageBytes)
        guard page.isTooFarBehind else { return page }
        if let gap = page.gap { gaps.insert(gap) }
        send(.ended(stream: number))
        streams[number] = nil
        return nil
    }

    private func answerMark(_ number: UInt32) {
        guard let stream = streams[number], stream.isFollowing, let mark = stream.mark,
            stream.readPosition >= mark.position
        else { return }
        streams[number]?.mark = nil
        send(.marked(stream: number, moment: mark.moment))
    }

    /// - Returns: false where the entries cannot be read, or the log has gone on without them.
    private func sendEntries(_ scan: PartitionScan, _ stream: inout OutgoingStream) -> Bool {
        do throws(StorageError) {
            if let page = try scan.next(bytesMax: ReplicationLimits.pageBytes) {
                let packed = PackedPage(packing: page, compressor)
                stream.sentBytes += UInt64(packed.bytes.count)
                send(.entries(stream: stream.number, packed))
                return true
            }
        } catch { return false }
        guard let shipper = scan.shipper() else { return false }
        stream.phase = .completing(shipper, until: scan.end)
        return true
    }
}
