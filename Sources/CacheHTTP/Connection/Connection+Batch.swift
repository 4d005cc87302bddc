internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity
internal import NIOCore

/// A batch being carried out; kept while one of its reads waits.
struct BatchRun<Cold: Sendable>: ~Copyable {
    /// Their strings lie in the request's body.
    let operations: [OperationFields]
    /// The operations carried out.
    var done = 0
    /// `{"results":[…` so far.
    var results: ResultBuffer
    /// The newest version that the batch wrote or depends on.
    var lsn = LSN.zero
    var isWritten = false
    /// What the operations of an atomic batch came to; nil for another batch.
    var steps: [BatchStep<Cold>]?
    /// Every operation is carried out; only `lsn` is waited for.
    var isDone = false
    /// What the operations are carried out in; nil for none.
    var transaction: TransactionID?
    /// Inside a transaction: all operations or none.
    var isAtomic = false
    /// What the whole batch is answered with instead of its results.
    var refusal: Problem?
    /// Of a batch that other nodes carry out in part.
    var places: BatchPlaces?

    init(_ document: BatchDocument) {
        operations = document.operations
        results = ResultBuffer(capacity: HTTPLimits.bufferBytesMin + 128 * operations.count)
        results.append(atMost: 12) { $0.write(#"{"results":["#) }
    }
}

extension Connection {
    typealias Run = BatchRun<Store.Cold>

    mutating func performBatch(_ request: Request, _ frame: AnswerFrame) {
        var frame = frame
        if let cluster = loop.cluster { frame.lag = loop.lagLine(cluster) }
        if resumeBatchWait(request, frame) { return }
        guard let durability = Assurance(request) else {
            return answers.append(.badRequest("DCS-Wait is log, synced, quorum or all."), frame)
        }
        guard var run = batch.take() ?? beginBatch(request, frame) else { return }
        if case .forwardedAll(let outcomes) = resumption {
            run.places?.take(outcomes)
            resumption = .again
        }
        guard performOperations(&run, request) else {
            batch = consume run
            return
        }
        loop.releaseValueRoom()
        if let refusal = run.refusal { return answers.append(refusal, frame) }
        run.results.append(atMost: 2) { $0.write("]}") }
        finishBatch(run, frame, durability)
    }

    private mutating func beginBatch(_ request: Request, _ frame: AnswerFrame) -> Run? {
        do throws(JSONFault) {
            let document = try BatchDocument(request.body)
            if !isCoordinatedHere(document, request, frame) { return nil }
            var run = Run(document)
            // An atomic batch is placed before it is applied, whole; another after it is checked.
            if document.isAtomic, !isPlaced(document, &run, request, frame) { return nil }
            if let refusal = refusal(of: document, &run, request) {
                answers.append(refusal, frame)
                return nil
            }
            if !document.isAtomic, !isPlaced(document, &run, request, frame) {
                if isWaiting { batch = consume run }
                return nil
            }
            return run
        } catch {
            answers.append(Problem(error, in: request.body), frame)
            return nil
        }
    }

    /// Finds the transaction that the batch names, or applies an atomic one.
    /// - Returns: why not; nothing was applied then.
    private mutating func refusal(
        of document: BatchDocument, _ run: inout Run, _ request: Request
    ) -> Problem? {
        if document.isAtomic, let refusal = roleRefusal(document, request.body) { return refusal }
        switch transaction(request, body: document.transactionID) {
        case .refused(let problem): return problem
        case .elsewhere: preconditionFailure("forwarded before")
        case .none:
            if document.isAtomic { return applyAtomically(document, &run, request.body) }
        case .named(let id):
            run.transaction = id
            run.isAtomic = document.isAtomic
        }
        return document.hasBase64 ? base64Refusal(document, request.body) : nil
    }

    /// What is wrong with the first value that is not base64; a malformed operation refuses the
    /// whole batch, before any other is carried out.
    private mutating func base64Refusal(
        _ document: BatchDocument, _ text: UnsafeRawBufferPointer
    ) -> Problem? {
        for (number, fields) in document.operations.enumerated() {
            guard fields.isBase64, decodedKey(fields.key, text) != nil,
                case .failure(let refusal) = decode(fields, text), refusal.problem.status == 400
            else { continue }
            return refusal.problem.ofOperation(number)
        }
        return nil
    }

    /// Carries out what is left; false where an operation waits.
    private mutating func performOperations(_ run: inout Run, _ request: Request) -> Bool {
        while run.done < run.operations.count {
            let keys = hashedKeys(run, request.body)
            store.prefetch(keys)
            var index = 0
            repeat {
                let key = index < keys.count ? keys[index] : nil
                perform(run.operations[run.done], key, &run, request.body)
                if isWaiting { return false }
                if run.refusal != nil { return true }
                if case .again = resumption {} else { resumption = .again }
                movedReads = 0
                run.done += 1
                index += 1
            } while index < keys.count
        }
        return true
    }

    /// The hashed keys of the next operations that want one, up to the first that must be decoded
    /// and to `HTTPLimits.prefetchedKeys`: what they touch is loaded ahead, all of it at once.
    private func hashedKeys(
        _ run: borrowing Run, _ text: UnsafeRawBufferPointer
    ) -> UnsafeBufferPointer<KeyView> {
        guard run.steps == nil else { return UnsafeBufferPointer(start: nil, count: 0) }
        let space = loop.keyViews
        let end = min(run.done + HTTPLimits.prefetchedKeys, run.operations.count)
        var count = 0
        for fields in run.operations[run.done..<end] {
            let bytes = fields.key.bytes(in: text)
            if fields.key.hasEscapes || bytes.count > loop.settings.keyBytesMax { break }
            (space + count).initialize(to: store.key(bytes))
            count += 1
        }
        return UnsafeBufferPointer(start: space, count: count)
    }

    /// Carries out the next operation, whose hashed key is `key` where it needed no decoding.
    @inline(__always)
    private mutating func perform(
        _ fields: OperationFields, _ key: KeyView?, _ run: inout Run, _ text: UnsafeRawBufferPointer
    ) {
        if appendRemote(&run) { return }
        if let steps = run.steps { return showStep(steps[run.done], &run, fields, text) }
        if fields.kind == .put { return putOperation(&run, fields, key, text) }
        guard let key = key ?? decodedKey(fields.key, text).map(store.key) else {
            return run.append(.badKey)
        }
        if let refusal = refusal(of: fields.kind.verb, key.bytes) {
            return run.append(refusal)
        }
        switch fields.kind {
        case .get: getOperation(&run, key)
        case .delete: deleteOperation(&run, key)
        case .put: preconditionFailure("done before")
        }
    }

    private mutating func putOperation(
        _ run: inout Run, _ fields: OperationFields, _ key: KeyView?,
        _ text: UnsafeRawBufferPointer
    ) {
        switch decode(fields, text) {
        case .failure(let refusal): run.append(refusal.problem)
        case .success(let put):
            if let refusal = refusal(of: .write, put.key) { return run.append(refusal) }
            if let id = run.transaction {
                let content = InsideContent(
                    value: put.value, contentType: .init(start: nil, count: 0),
                    expiry: expiry(put.ttl))
                return writeInside(id, &run, key ?? store.key(put.key), content)
            }
            do throws(StorageError) {
                let receipt = try store.put(
                    key ?? store.key(put.key), value: put.value,
                    contentType: .init(start: nil, count: 0), expiry: expiry(put.ttl),
                    condition: .none)
                run.note(receipt, #"{"success":true}"#)
            } catch {
                run.append(Problem(error))
            }
        }
    }

    private mutating func deleteOperation(_ run: inout Run, _ key: KeyView) {
        if let id = run.transaction { return writeInside(id, &run, key, nil) }
        do throws(StorageError) {
            let receipt = try store.remove(key, condition: .none)
            run.note(
                receipt,
                receipt.outcome == .deleted
                    ? #"{"success":true,"deleted":true}"# : #"{"success":true,"deleted":false}"#)
        } catch {
            run.append(Problem(error))
        }
    }

    @inline(__always)
    private mutating func getOperation(_ run: inout Run, _ key: KeyView) {
        switch resumption {
        case .again: lookUp(&run, key)
        case .expired: run.append(.waitExpired("The entry was not durable in time."))
        case .found, .missed, .refused, .written, .transaction, .described, .events, .forwarded,
            .forwardedAll:
            if !appendResumed(&run) { lookUp(&run, key) }
        }
    }

    private mutating func lookUp(_ run: inout Run, _ key: KeyView) {
        if let id = run.transaction { return getInside(id, &run, key) }
        switch Self.lookUp(store, key, &run) {
        case .hit: break
        case .miss: run.append(AnswerQueue.missJSON)
        case .notDurable(let lsn): waiting = .assured(lsn, .standard(of: store))
        case .cold(let cold):
            if readCold(cold, key, &run) { lookUp(&run, key) }
        }
    }

    /// Static, so that the store is lent and not retained while the result is written.
    @inline(__always)
    private static func lookUp(
        _ store: borrowing Store, _ key: KeyView, _ run: inout Run
    ) -> ReadStep<Store.Cold> {
        store.lookUp(key) { run.append(value: $0.value) }
    }

    /// The result of a read that a thread has carried out; false where there is none.
    mutating func appendResumed(_ run: inout Run) -> Bool {
        switch resumption {
        case .found(let entry):
            entry.bytes.withUnsafeBytes { run.append(value: Found(entry, in: $0).value) }
        case .missed: run.append(AnswerQueue.missJSON)
        case .refused(let error): run.append(Problem(error))
        case .transaction(.refused(let error)):
            guard let id = run.transaction else { preconditionFailure("no transaction is named") }
            note(error, id, &run)
        case .again, .expired, .written, .transaction, .described, .events, .forwarded,
            .forwardedAll:
            return false
        }
        return true
    }

    /// Tries without waiting for the disk; else leaves that to a thread that may.
    /// - Returns: true where the entry moved and is to be looked up again.
    mutating func readCold(_ cold: Store.Cold, _ key: KeyView, _ run: inout Run) -> Bool {
        do throws(StorageError) {
            let outcome = try store.lookUpCold(
                cold, key: key, scratch: loop.readScratch, mayBlock: false
            ) { run.append(value: $0.value) }
            switch outcome {
            case .hit: break
            case .miss: run.append(AnswerQueue.missJSON)
            case .wouldBlock: waiting = .disk(ColdJob(cold: cold, key: Array(key.bytes)))
            case .moved:
                movedReads += 1
                if movedReads < HTTPLimits.movedReadsMax { return true }
                run.append(.overloaded("The entry moved each time it was read."))
            }
        } catch {
            run.append(Problem(error))
        }
        return false
    }

    private mutating func finishBatch(
        _ finished: consuming Run, _ frame: AnswerFrame, _ asked: Assurance
    ) {
        var run = finished
        let standard = Assurance.standard(of: store)
        let isNew = run.isWritten
        if !standard.isSuperset(of: asked),
            !hasReached(run.lsn, asked) || isNew && asked.isGivenUp(run.lsn, by: store)
        {
            run.isDone = true
            waiting = .assured(run.lsn, asked)
            batch = consume run
            return
        }
        if !standard.isEmpty,
            !standard.isReached(run.lsn, by: store)
                || isNew && standard.isGivenUp(run.lsn, by: store)
        {
            answers.hold(until: run.lsn, standard)
        }
        appendBatch(run, standard.union(asked), frame)
    }

    /// A batch is carried out, and what it wrote is waited for.
    var isBatchDone: Bool {
        switch batch {
        case .some(let run): run.isDone
        case .none: false
        }
    }

    /// Goes on with a batch that is carried out and waited to be durable.
    private mutating func resumeBatchWait(_ request: Request, _ frame: AnswerFrame) -> Bool {
        guard isBatchDone, let run = batch.take() else { return false }
        let asked = Assurance(request) ?? []
        if case .expired = resumption, !asked.isReached(run.lsn, by: store) {
            answers.append(.notAssured(run.lsn, isSynced: isSynced(run.lsn)), frame)
        } else {
            finishBatch(run, frame, asked)
        }
        return true
    }

    private mutating func appendBatch(
        _ run: borrowing Run, _ assured: Assurance, _ frame: AnswerFrame
    ) {
        let count = run.results.count
        guard answers.admit(count) else { return answers.append(.answersFull, frame) }
        let room = AnswerFrame.headBytesMax + ReceiptFields.bytesMax + count
        let fields = ReceiptFields(
            lsn: run.lsn, isSynced: assured.contains(.synced), copies: copies(assured))
        answers.append(atMost: room) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            if run.isWritten {
                fields.write(to: &cursor)
            }
            frame.endHead(length: count, &cursor)
            cursor.write(run.results.bytes)
        }
    }
}

extension BatchRun {
    mutating func append(_ json: StaticString) {
        append(atMost: json.utf8CodeUnitCount) { $0.write(json) }
    }

    mutating func append(_ problem: Problem) {
        append(atMost: problem.bytesMax) { problem.writeObject(to: &$0) }
    }

    /// Another node's result.
    mutating func append(result: ArraySlice<UInt8>) {
        guard results.count + result.count <= HTTPLimits.batchAnswerBytesMax else {
            return append(.resultsTooLarge)
        }
        append(atMost: result.count) { cursor in result.withUnsafeBytes { cursor.write($0) } }
    }

    @inline(__always)
    mutating func append(value: UnsafeRawBufferPointer) {
        let text = JSONText(measuring: value)
        let count = AnswerQueue.foundJSONCount(text, value)
        guard results.count + count <= HTTPLimits.batchAnswerBytesMax else {
            return append(.resultsTooLarge)
        }
        append(atMost: count) { AnswerQueue.writeFoundJSON(text, value, to: &$0) }
    }

    mutating func note(_ receipt: WriteReceipt, _ json: StaticString) {
        lsn = max(lsn, receipt.lsn)
        isWritten = true
        append(json)
    }

    /// Adds the result of the operation `done`, which is the next.
    @inline(__always)
    private mutating func append(atMost count: Int, _ body: (inout ByteCursor) -> Void) {
        let isFirst = done == 0
        results.append(atMost: count + 1) { cursor in
            if !isFirst { cursor.write(UInt8(ascii: ",")) }
            body(&cursor)
        }
    }
}

extension Problem {
    static let badKey = Problem.badRequest("The key is empty or too long.")

    static let resultsTooLarge = Problem.tooLarge("The results of one batch exceed 64 MiB.")
}
