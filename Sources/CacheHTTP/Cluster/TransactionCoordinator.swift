internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOCore

/// Carries out the calls of this node's transactions that other nodes have a part in, for one event
/// loop. All on that loop.
final class TransactionCoordinator {
    typealias Resumption = Connection<Engine>.Resumption

    let engine: Engine
    let forwarder: Forwarder
    let context: LoopContext
    let spread: SpreadTransactions

    init(
        engine: Engine, forwarder: Forwarder, context: LoopContext, spread: SpreadTransactions
    ) {
        self.engine = engine
        self.forwarder = forwarder
        self.context = context
        self.spread = spread
    }

    // MARK: Calls inside

    /// Carries out a call in a part, which is begun where there is none yet.
    func perform(_ job: PartJob, _ done: @escaping (Resumption) -> Void) {
        do throws(TransactionError) {
            try engine.transactions.check(job.id)
        } catch {
            return done(.transaction(.refused(error)))
        }
        guard let node = context.routing.name(of: job.node) else {
            return done(.forwarded(.notSent))
        }
        if let part = spread.part(of: job.id, on: node) { return perform(job, in: part, done) }
        begin(job, on: node, done)
    }

    private func begin(
        _ job: PartJob, on node: String, _ done: @escaping (Resumption) -> Void
    ) {
        forwarder.forward(.startingPart, to: node) { [unowned self] outcome in
            guard let answer = PeerAnswer(outcome) else { return done(.forwarded(.notSent)) }
            guard let id = answer.startedID else { return done(.forwarded(outcome)) }
            let begun = SpreadTransactions.Part(node: node, id: id)
            let part = spread.adopt(begun, of: job.id)
            if part != begun { giveUp(begun) }
            perform(job, in: part, done)
        }
    }

    private func perform(
        _ job: PartJob, in part: SpreadTransactions.Part, _ done: @escaping (Resumption) -> Void
    ) {
        if let written = job.written {
            spread.noteWrite(
                of: job.id, written, own: engine.transactions.firstWritten(job.id))
        }
        forwarder.forward(job.request(naming: part.id), to: part.node) { [unowned self] outcome in
            // A part that is over takes the whole with it.
            if PeerAnswer(outcome)?.saysEnded == true { rollBack(job.id) }
            done(.forwarded(outcome))
        }
    }

    // MARK: Ends

    /// Gives all parts up, and what is here of the transaction.
    func rollBack(_ id: TransactionID) {
        // It may be over already.
        try? engine.transactions.rollback(id)
        rolledBack(id)
    }

    /// What is here of the transaction was given up: the other parts are too.
    func rolledBack(_ id: TransactionID) {
        guard let spread = spread.remove(id) else { return }
        for part in spread.parts { giveUp(part) }
    }

    /// Where that is not heard, the part's time runs out.
    private func giveUp(_ part: SpreadTransactions.Part) {
        forwarder.forward(.rollingBack(part.id), to: part.node) { _ in }
    }

    /// Forgets what has ended without a word.
    func sweep() {
        spread.sweep { id in
            do throws(TransactionError) {
                try engine.transactions.check(id)
                return true
            } catch {
                return error == .busy
            }
        }
    }
}

extension ForwardJob {
    static let startingPart = call("POST", "/transaction/start", "")

    static func rollingBack(_ id: TransactionID) -> ForwardJob {
        call("POST", "/transaction/rollback", #"{"transaction_id":"\#(id.text)"}"#)
    }

    static func committing(_ id: TransactionID) -> ForwardJob {
        call("POST", "/transaction/commit", #"{"transaction_id":"\#(id.text)"}"#)
    }

    static func asking(_ id: TransactionID) -> ForwardJob {
        call("GET", "/transaction/\(id.text)", "")
    }

    /// A call of this node's own; to a node that is named when it is sent.
    private static func call(_ method: String, _ path: String, _ body: String) -> ForwardJob {
        let length = method == "GET" ? "" : "Content-Length: \(body.utf8.count)\r\n"
        return ForwardJob(
            node: .max,
            bytes: ByteBuffer(
                string: "\(method) \(path) HTTP/1.1\r\nHost: dcs\r\n\(length)\r\n\(body)"),
            isHead: false, mayWrite: method != "GET")
    }
}
