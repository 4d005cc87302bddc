internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity
internal import NIOCore

/// One client connection of the data plane: bytes in, answers out; no I/O of its own.
///
/// Invariants:
/// - `input` begins with the first byte of the request that `stage` speaks of (behind its head and
///   decoded chunks, while a chunked body is read).
/// - Requests are carried out in their order, one at a time, and each adds exactly one final
///   answer to `answers`; while `waiting` is not `.nothing`, none is carried out.
/// - After `isClosing` nothing more is carried out; the connection ends when its answers are sent.
///
/// Its handler calls `receive` with what was read, sends `answers.ready`, serves `waiting` and
/// then calls `resume`. All on the connection's event loop.
struct Connection<Store: EntryStore>: ~Copyable {
    /// What a request waits for before it can be carried on.
    enum Waiting {
        case nothing
        /// The disk; `resume` gets what was found.
        case disk(ColdJob<Store.Cold>)
        /// A write that may need the disk; `resume` gets its receipt.
        case write(WriteJob)
        /// A call on a transaction that needs the disk; `resume` gets what it came to.
        case transaction(TransactionJob)
        /// This LSN to be durable, or with replicas.
        case assured(LSN, Assurance)
        /// This LSN to be written on this node.
        case seen(LSN)
        /// What the node says of itself; made by a thread of its own.
        case control(ControlEndpoint)
        /// What a search finds; looked for by a thread of its own.
        case search(SearchRequest)
        /// The next page of an event stream, whenever there is one.
        case events(EventSubscription)
        /// The keys that the request's token may be signed with.
        case keys
        /// The answer of the node that serves the key.
        case forward(ForwardJob)
        /// The answers of several nodes to their parts of a batch.
        case forwardAll([ForwardJob])
        /// The answer of the node that has the transaction's part.
        case part(PartJob)
        /// The commit of a transaction that other nodes have parts in.
        case commit(TransactionID)
        /// What the other nodes know of its end.
        case outcome(TransactionID)
    }

    /// With what a request is carried on.
    enum Resumption {
        /// From its start.
        case again
        case found(FetchedEntry)
        case missed
        case written(WriteReceipt)
        case transaction(TransactionStep)
        case refused(StorageError)
        case described(ControlAnswer)
        case events(EventPage)
        case forwarded(ForwardOutcome)
        case forwardedAll([ForwardOutcome])
        /// The wait took too long.
        case expired
    }

    enum Stage {
        case head
        /// The head is known, the body not whole yet; both lie in `input`.
        case body(total: Int)
        /// The head lies in `savedHead`, the decoded body in `body`.
        case chunks(Route)
        /// The request is whole; `count` bytes of `input` are its own.
        case whole(count: Int, isChunked: Bool)
        /// The rest of a refused request's body.
        case discard(left: Int)
        case ended
    }

    let store: Store
    let loop: LoopContext
    var answers: AnswerQueue
    var waiting = Waiting.nothing
    private(set) var isClosing = false
    /// The present input holds no whole request.
    private var isStarved = false
    private var hasInputEnded = false
    /// The client takes no more answers for now: none are made.
    var isBlocked = false

    var input = ByteBuffer()
    var savedHead = ByteBuffer()
    var body = ByteBuffer()
    var decoder = ChunkedDecoder()
    var parser = RequestParser()
    var stage = Stage.head
    var deadlines: Deadlines
    var inputCharge = 0

    var resumption = Resumption.again
    /// The write that is applied while its request waits for it to be durable.
    var appliedReceipt: WriteReceipt?
    /// On a cluster, nodes that are in sync for what is written: the fewest of its partitions.
    var copiesInSync = UInt8.max
    var batch: BatchRun<Store.Cold>?
    var movedReads = 0
    /// What the event stream tells that the present request asked for.
    var subscription: EventSubscription?
    /// The head of an event stream is answered; the connection's last answer.
    var isStreaming = false
    /// Of the request being carried out.
    var keepsAlive = true
    var operation = Operation.other
    var times = RequestTimes()
    /// What the caller of the present request may do; nil until that is known.
    var permissions: Permissions?
    /// Another node sends its clients' requests, which it has judged.
    let isForwarded: Bool
    /// The token accepted last on this connection: most send the same with each request.
    var lastToken: RememberedToken?

    init(store: Store, loop: LoopContext, isForwarded: Bool = false) {
        self.store = store
        self.loop = loop
        self.isForwarded = isForwarded
        answers = AnswerQueue(budget: loop.answerBudget, counters: loop.counters)
        deadlines = Deadlines(now: loop.now)
    }

    var isWaiting: Bool {
        if case .nothing = waiting { return false }
        return true
    }

    /// Nothing is left to carry out or to hold back: what is ready is the last.
    var isFinished: Bool { isClosing && !isWaiting && !answers.isHolding }

    /// What must be reached before the next answer can be sent or made.
    var awaited: (lsn: LSN, assurance: Assurance)? {
        if answers.isHolding { return (answers.firstLSN, answers.assurance) }
        guard case .assured(let lsn, let assurance) = waiting else { return nil }
        return (lsn, assurance)
    }

    /// More bytes may be read.
    var wantsInput: Bool {
        !isClosing && !isBlocked && (!isWaiting || input.readableBytes < HTTPLimits.inputBytesHigh)
            && answers.count < HTTPLimits.outputBytesHigh
    }

    /// Requests lie in `input` that could be carried out now.
    var hasWork: Bool {
        !isClosing && !isWaiting && !isBlocked && input.readableBytes > 0 && !isStarved
            && answers.count < HTTPLimits.outputBytesHigh
    }

    /// Takes in what was read.
    mutating func receive(_ bytes: inout ByteBuffer) {
        deadlines.noteReceived(bytes.readableBytes)
        guard !isClosing else { return }
        if input.readableBytes == 0 {
            let used = bytes.withUnsafeReadableBytes { carryOut($0) }
            bytes.moveReaderIndex(forwardBy: used)
            guard bytes.readableBytes > 0, !isClosing else { return settleInput() }
            input.clear()
            input.writeBuffer(&bytes)
            chargeInput()
        } else {
            input.writeBuffer(&bytes)
            chargeInput()
            carryOutInput()
        }
    }

    /// Goes on after a wait.
    mutating func resume(_ resumption: Resumption) {
        precondition(isWaiting, "nothing was waited for")
        waiting = .nothing
        self.resumption = resumption
        carryOutInput()
    }

    /// Carries out what lies in `input`, after answers were taken.
    mutating func carryOutInput() {
        var taken = ByteBuffer()
        swap(&taken, &input)
        let used = taken.withUnsafeReadableBytes { carryOut($0) }
        taken.moveReaderIndex(forwardBy: used)
        swap(&taken, &input)
        settleInput()
    }

    /// No further request is carried out, for what was just answered or found.
    mutating func close() {
        isClosing = true
        stage = .ended
        input = ByteBuffer()
        body = ByteBuffer()
        batch = nil
        loop.inputBudget.give(inputCharge)
        inputCharge = 0
    }

    /// The client sends no more. What is whole is still answered.
    mutating func inputEnded() {
        hasInputEnded = true
        if case .events = waiting {
            // Whoever listens has nothing more to say: he has gone.
            waiting = .nothing
            return close()
        }
        if !isWaiting, !hasWork, !isBlocked { close() }
    }

    /// Nothing of the connection is under way but its next request.
    var isIdle: Bool {
        guard case .head = stage else { return false }
        return !isWaiting && !isBlocked && !answers.isHolding && input.readableBytes == 0
    }

    /// Gives back what the connection took; it is gone.
    mutating func tearDown() {
        close()
        waiting = .nothing
        answers.dropHeld()
        answers.discharge()
    }

    /// - Returns: how many bytes are done with.
    private mutating func carryOut(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        isStarved = false
        while !isClosing, !isWaiting, !isBlocked, answers.count < HTTPLimits.outputBytesHigh {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let used = step(rest) else {
                isStarved = !isWaiting
                break
            }
            position += used
        }
        if hasInputEnded, isStarved, !isClosing { close() }
        return isClosing ? bytes.count : position
    }
}
