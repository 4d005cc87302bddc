internal import CacheBase
internal import CacheEngine
internal import CacheNode

extension Connection {
    /// Whether a request names a transaction.
    enum NamedTransaction {
        case none
        case named(TransactionID)
        /// It is another node's, at this place of the routing table.
        case elsewhere(UInt16)
        /// It does, and cannot: this is the answer.
        case refused(Problem)

        /// A transaction is named.
        var isInside: Bool { if case .named = self { true } else { false } }
    }

    /// The transaction that a query or a JSON body names, by the text that stands there.
    func transaction(named text: UnsafeRawBufferPointer?) -> NamedTransaction {
        guard let text else { return .none }
        guard loop.settings.transactionsEnabled else { return .refused(.transactionsDisabled) }
        guard let name = TransactionName(text) else { return .refused(.noTransaction) }
        guard let node = name.node else { return .named(name.id) }
        guard let cluster = loop.cluster else { return .refused(.noTransaction) }
        let coordinator = String(decoding: node, as: UTF8.self)
        if coordinator == cluster.name { return .named(name.id) }
        // One hop: whoever forwards knows where it goes.
        guard !isForwarded, let place = loop.routing.place(of: coordinator) else {
            return .refused(.noTransaction)
        }
        return .elsewhere(place)
    }

    /// As `transaction(named:)`, where query and body may both name one, and then the same.
    func transaction(
        _ request: Request, body: JSONString?
    ) -> NamedTransaction {
        let query = request.query
        guard !query.isRepeated else {
            return .refused(.badRequest("A query parameter stands twice."))
        }
        guard let inBody = body?.bytes(in: request.body) else {
            return transaction(named: query.transactionID)
        }
        if let other = query.transactionID, !other.elementsEqual(inBody) {
            return .refused(.badRequest("Query and body name different transactions."))
        }
        return transaction(named: inBody)
    }

    // MARK: Routes

    /// True where the node serves transactions to this caller; else answers.
    private mutating func servesTransactions(_ frame: AnswerFrame) -> Bool {
        guard loop.settings.transactionsEnabled else {
            answers.append(.transactionsDisabled, frame)
            return false
        }
        if let refusal = roleRefusalOfTransaction() {
            answers.append(refusal, frame)
            return false
        }
        return true
    }

    /// Goes on with a call that a thread has carried out; false where there is none.
    private mutating func resumeTransaction(_ frame: AnswerFrame) -> Bool {
        switch resumption {
        case .transaction(let step): answer(step, frame)
        case .refused(let error): answers.append(Problem(error), frame)
        case .again, .found, .missed, .written, .expired, .described, .events, .forwarded,
            .forwardedAll:
            return false
        }
        return true
    }

    mutating func startTransaction(_ request: Request, _ frame: AnswerFrame) {
        guard servesTransactions(frame), !resumeTransaction(frame) else { return }
        do throws(JSONFault) {
            try Self.checkEmpty(request.body)
        } catch {
            return answers.append(Problem(error, in: request.body), frame)
        }
        do throws(TransactionError) {
            guard let id = try store.transactions.start(mayBlock: false) else {
                waiting = .transaction(.start)
                return
            }
            answer(.started(id), frame)
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    /// A start has nothing to say: no body, or an object without members.
    private static func checkEmpty(_ body: UnsafeRawBufferPointer) throws(JSONFault) {
        guard !body.isEmpty else { return }
        var scanner = JSONScanner(body)
        try scanner.expect(UInt8(ascii: "{"), "An object is expected.")
        try scanner.expect(UInt8(ascii: "}"), "The object has no members here.")
        try scanner.end()
    }

    mutating func commitTransaction(_ request: Request, _ frame: AnswerFrame) {
        guard servesTransactions(frame), !resumeTransaction(frame) else { return }
        guard Assurance(request) != nil else {
            return answers.append(
                .badRequest("DCS-Wait is log, synced, quorum or all. Not applied."), frame)
        }
        guard let id = idOfBody(request, frame) else { return }
        if loop.coordinator?.spread[id] != nil {
            waiting = .commit(id)
            return
        }
        do throws(TransactionError) {
            let commit = try store.transactions.commit(
                id, scratch: loop.readScratch, mayBlock: false)
            switch commit {
            case .committed(let lsn): answer(.committed(lsn), frame)
            case .wouldBlock: waiting = .transaction(.commit(id))
            }
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    mutating func rollBackTransaction(_ request: Request, _ frame: AnswerFrame) {
        guard servesTransactions(frame), let id = idOfBody(request, frame) else { return }
        do throws(TransactionError) {
            try store.transactions.rollback(id)
            loop.coordinator?.rolledBack(id)
            answers.appendJSON(#"{"success":true}"#, frame)
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    /// The id in `{"transaction_id":"…"}`; answers and returns nil where there is none.
    private mutating func idOfBody(
        _ request: Request, _ frame: AnswerFrame
    ) -> TransactionID? {
        do throws(JSONFault) {
            var scanner = JSONScanner(request.body)
            let fields = try OperationFields(&scanner, allowed: .transactionID)
            try scanner.end()
            switch transaction(named: fields.transactionID?.bytes(in: request.body)) {
            case .named(let id): return id
            case .elsewhere(let place): waiting = .forward(ForwardJob(request, to: place))
            case .none: answers.append(.badRequest("\"transaction_id\" is missing."), frame)
            case .refused(let problem): answers.append(problem, frame)
            }
        } catch {
            answers.append(Problem(error, in: request.body), frame)
        }
        return nil
    }

    mutating func showTransaction(_ request: Request, _ frame: AnswerFrame) {
        guard servesTransactions(frame) else { return }
        let path = request.path
        let encoded = UnsafeRawBufferPointer(rebasing: path[Route.transactionPrefixCount...])
        var name = encoded
        if PercentCoding.isCoded(encoded, plusIsSpace: false) {
            let space = loop.keyScratch
            guard let count = PercentCoding.decode(encoded, into: space, plusIsSpace: false) else {
                return answers.append(
                    .badRequest("A malformed percent-encoding in the path."), frame)
            }
            name = UnsafeRawBufferPointer(rebasing: space[..<count])
        }
        // What is no text is shown as it was sent.
        let shown = JSONText(measuring: name) != .binary ? name : encoded
        if case .transaction(.told(let state)) = resumption {
            return answers.appendTransaction(shown, state, frame)
        }
        var report: TransactionReport?
        switch transaction(named: name) {
        case .elsewhere(let place):
            waiting = .forward(ForwardJob(request, to: place))
            return
        case .named(let id):
            if loop.coordinator?.spread[id]?.isCommitting == true {
                waiting = .outcome(id)
                return
            }
            report = store.transactions.state(of: id)
        case .none, .refused: break
        }
        switch report ?? .known(.unknown) {
        case .known(let state): answers.appendTransaction(shown, state, frame)
        case .notDurable(let lsn):
            if case .expired = resumption {
                return answers.append(
                    .waitExpired("The end of the transaction was not durable in time."), frame)
            }
            waiting = .assured(lsn, .synced)
        }
    }

    // MARK: Answers

    private mutating func answer(_ step: TransactionStep, _ frame: AnswerFrame) {
        switch step {
        case .started(let id):
            // Parts are named by the node that has them, and by nobody else.
            answers.appendStarted(id, of: isForwarded ? nil : loop.cluster?.name, frame)
        case .told: preconditionFailure("told by who was asked")
        case .committed(let lsn):
            // Synced before the answer, whatever the mode.
            if lsn == .zero { return answers.appendJSON(#"{"success":true}"#, frame) }
            let assurance = Assurance.standard(of: store).union(.synced)
            if !assurance.isReached(lsn, by: store) || assurance.isGivenUp(lsn, by: store) {
                answers.hold(until: lsn, assurance)
            }
            answers.appendJSON(
                #"{"success":true}"#, ReceiptFields(lsn: lsn, isSynced: true), frame)
        case .refused(let error): answers.append(Problem(error), frame)
        case .taken: preconditionFailure("a write is answered where it was asked for")
        }
    }

    /// Answers a write that a transaction took. It has no version before the commit.
    mutating func appendTaken(
        _ outcome: WriteReceipt.Outcome, _ frame: AnswerFrame, _ form: AnswerForm
    ) {
        switch (outcome, form) {
        case (.conditionFailed, _): answers.append(.conditionFailed, frame)
        case (.created, .json), (.replaced, .json):
            answers.appendJSON(#"{"success":true}"#, frame)
        case (.deleted, .json): answers.appendJSON(#"{"success":true,"deleted":true}"#, frame)
        case (.absent, .json): answers.appendJSON(#"{"success":true,"deleted":false}"#, frame)
        case (.created, .raw): answers.appendStatus(StatusLine.created, hasLength: true, frame)
        case (.replaced, .raw), (.deleted, .raw):
            answers.appendStatus(StatusLine.noContent, hasLength: false, frame)
        case (.absent, .raw): answers.append(.noEntry, frame)
        }
    }
}

extension AnswerQueue {
    fileprivate mutating func appendStarted(
        _ id: TransactionID, of node: String?, _ frame: AnswerFrame
    ) {
        var mark = node.map { "-" + $0 } ?? ""
        let count =
            #"{"transaction_id":""}"#.utf8.count + TransactionID.textBytes + mark.utf8.count
        append(atMost: AnswerFrame.headBytesMax + count) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            frame.endHead(length: count, &cursor)
            cursor.write(#"{"transaction_id":""#)
            cursor.write(id)
            mark.withUTF8 { cursor.write(UnsafeRawBufferPointer($0)) }
            cursor.write(#""}"#)
        }
    }

    fileprivate mutating func appendTransaction(
        _ name: UnsafeRawBufferPointer, _ state: TransactionState, _ frame: AnswerFrame
    ) {
        let text = JSONText(measuring: name)
        let fixed = #"{"transaction_id":"","state":""}"#.utf8.count
        let count = fixed + text.count(of: name) + state.rawValue.utf8.count
        append(atMost: AnswerFrame.headBytesMax + count) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            frame.endHead(length: count, &cursor)
            guard !frame.omitsBody else { return }
            cursor.write(#"{"transaction_id":""#)
            text.write(name, to: &cursor)
            cursor.write(#"","state":""#)
            var word = state.rawValue
            word.withUTF8 { cursor.write(UnsafeRawBufferPointer($0)) }
            cursor.write(#""}"#)
        }
    }

    fileprivate mutating func appendStatus(
        _ status: StaticString, hasLength: Bool, _ frame: AnswerFrame
    ) {
        append(atMost: AnswerFrame.headBytesMax) { cursor in
            frame.begin(status, &cursor)
            if hasLength { cursor.write("Content-Length: 0\r\n") }
            cursor.write("\r\n")
        }
    }
}

extension ByteCursor {
    fileprivate mutating func write(_ id: TransactionID) {
        withUnsafeTemporaryAllocation(byteCount: TransactionID.textBytes, alignment: 8) { room in
            id.writeText(to: room.baseAddress.unsafelyUnwrapped)
            write(UnsafeRawBufferPointer(room))
        }
    }
}
