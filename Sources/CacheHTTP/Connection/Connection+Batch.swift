internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity
internal import NIOCore

/// A batch being carried out; kept while one of its reads waits.
struct BatchRun<Cold: Sendable> {
    /// Their strings lie in the request's body.
    let operations: [OperationFields]
    /// The operations carried out.
    var done = 0
    /// `{"results":[…` so far.
    var results = ByteBuffer()
    /// The newest version that the batch wrote or depends on.
    var lsn = LSN.zero
    var isWritten = false
    /// What the operations of an atomic batch came to; nil for another batch.
    var steps: [BatchStep<Cold>]?
    /// Every operation is carried out; only `lsn` is waited for.
    var isDone = false

    init(_ document: BatchDocument) {
        operations = document.operations
        results.append(atMost: 12) { $0.write(#"{"results":["#) }
    }
}

extension Connection {
    typealias Run = BatchRun<Store.Cold>

    mutating func performBatch(_ request: Request, _ frame: AnswerFrame) {
        if resumeBatchWait(frame) { return }
        guard let durability = DurabilityWait(request) else {
            return answers.append(.badRequest("DCS-Wait is log, synced, quorum or all."), frame)
        }
        var run: Run
        if let begun = batch {
            run = begun
            batch = nil
        } else {
            guard let begun = beginBatch(request, frame) else { return }
            run = begun
        }
        while run.done < run.operations.count {
            if run.done % HTTPLimits.prefetchedKeys == 0 { prefetch(run, request.body) }
            guard performOperation(&run, request) else {
                batch = run
                return
            }
            resumption = .again
            movedReads = 0
        }
        loop.releaseValueRoom()
        run.results.append(atMost: 2) { $0.write("]}") }
        finishBatch(run, frame, durability)
    }

    private mutating func beginBatch(_ request: Request, _ frame: AnswerFrame) -> Run? {
        do throws(JSONFault) {
            let document = try BatchDocument(request.body)
            var run = Run(document)
            let refusal =
                document.isAtomic
                ? applyAtomically(document, &run, request.body)
                : document.hasBase64 ? base64Refusal(document, request.body) : nil
            if let refusal {
                answers.append(refusal, frame)
                return nil
            }
            return run
        } catch {
            answers.append(Problem(error, in: request.body), frame)
            return nil
        }
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

    /// Starts loading what the next operations will touch.
    private func prefetch(_ run: Run, _ text: UnsafeRawBufferPointer) {
        let end = min(run.done + HTTPLimits.prefetchedKeys, run.operations.count)
        withUnsafeTemporaryAllocation(of: KeyView.self, capacity: end - run.done) { space in
            var count = 0
            for fields in run.operations[run.done..<end] where !fields.key.hasEscapes {
                space.initializeElement(at: count, to: store.key(fields.key.bytes(in: text)))
                count += 1
            }
            store.prefetch(UnsafeBufferPointer(rebasing: space[..<count]))
        }
    }

    /// Carries out the next operation; false where it waits.
    private mutating func performOperation(_ run: inout Run, _ request: Request) -> Bool {
        let fields = run.operations[run.done]
        let mark = run.results.writerIndex
        if run.results.readableBytes > 12 { run.results.append(atMost: 1) { $0.write(",") } }
        if let steps = run.steps {
            showStep(steps[run.done], &run, fields, request.body)
        } else {
            perform(fields, &run, request.body)
        }
        guard !isWaiting else {
            run.results.moveWriterIndex(to: mark)
            return false
        }
        run.done += 1
        return true
    }

    private mutating func perform(
        _ fields: OperationFields, _ run: inout Run, _ text: UnsafeRawBufferPointer
    ) {
        switch fields.kind {
        case .get: getOperation(&run, fields, text)
        case .put: putOperation(&run, fields, text)
        case .delete: deleteOperation(&run, fields, text)
        }
    }

    private mutating func putOperation(
        _ run: inout Run, _ fields: OperationFields, _ text: UnsafeRawBufferPointer
    ) {
        switch decode(fields, text) {
        case .failure(let refusal): run.append(refusal.problem)
        case .success(let put):
            if let refusal = refusal(of: .write, put.key) { return run.append(refusal) }
            do throws(StorageError) {
                let receipt = try store.put(
                    store.key(put.key), value: put.value,
                    contentType: .init(start: nil, count: 0), expiry: expiry(put.ttl),
                    condition: .none)
                run.note(receipt, #"{"success":true}"#)
            } catch {
                run.append(Problem(error))
            }
        }
    }

    private mutating func deleteOperation(
        _ run: inout Run, _ fields: OperationFields, _ text: UnsafeRawBufferPointer
    ) {
        guard let key = decodedKey(fields.key, text) else { return run.append(.badKey) }
        if let refusal = refusal(of: .delete, key) { return run.append(refusal) }
        do throws(StorageError) {
            let receipt = try store.remove(store.key(key), condition: .none)
            run.note(
                receipt,
                receipt.outcome == .deleted
                    ? #"{"success":true,"deleted":true}"# : #"{"success":true,"deleted":false}"#)
        } catch {
            run.append(Problem(error))
        }
    }

    private mutating func getOperation(
        _ run: inout Run, _ fields: OperationFields, _ text: UnsafeRawBufferPointer
    ) {
        guard let key = decodedKey(fields.key, text) else { return run.append(.badKey) }
        if let refusal = refusal(of: .read, key) { return run.append(refusal) }
        if appendResumed(&run) { return }
        if case .expired = resumption {
            return run.append(.waitExpired("The entry was not durable in time."))
        }
        lookUp(&run, store.key(key))
    }

    private mutating func lookUp(_ run: inout Run, _ key: KeyView) {
        switch store.lookUp(key, { run.append(value: $0.value) }) {
        case .hit: break
        case .miss: run.append(AnswerQueue.missJSON)
        case .notDurable(let lsn): waiting = .durable(lsn)
        case .cold(let cold):
            if readCold(cold, key, &run) { lookUp(&run, key) }
        }
    }

    /// The result of a read that a thread has carried out; false where there is none.
    mutating func appendResumed(_ run: inout Run) -> Bool {
        switch resumption {
        case .found(let entry):
            entry.bytes.withUnsafeBytes { run.append(value: Found(entry, in: $0).value) }
        case .missed: run.append(AnswerQueue.missJSON)
        case .refused(let error): run.append(Problem(error))
        case .again, .expired, .written: return false
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
        _ finished: Run, _ frame: AnswerFrame, _ durability: DurabilityWait
    ) {
        var run = finished
        let isAlways = store.answersWaitForSync
        if isAlways {
            if store.durableLSN < run.lsn { answers.hold(until: run.lsn) }
        } else if durability == .synced, !isDurable(run.lsn) {
            run.isDone = true
            batch = run
            waiting = .durable(run.lsn)
            return
        }
        appendBatch(run, isAlways || durability == .synced, frame)
    }

    /// Goes on with a batch that is carried out and waited to be durable.
    private mutating func resumeBatchWait(_ frame: AnswerFrame) -> Bool {
        guard let run = batch, run.isDone else { return false }
        if store.durableLSN < run.lsn {
            guard case .expired = resumption else {
                waiting = .durable(run.lsn)
                return true
            }
            answers.append(.notSynced(run.lsn), frame)
        } else {
            appendBatch(run, true, frame)
        }
        batch = nil
        return true
    }

    private mutating func appendBatch(_ run: Run, _ isSynced: Bool, _ frame: AnswerFrame) {
        let count = run.results.readableBytes
        guard answers.admit(count) else { return answers.append(.answersFull, frame) }
        let room = AnswerFrame.headBytesMax + ReceiptFields.bytesMax + count
        answers.append(atMost: room) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            if run.isWritten {
                ReceiptFields(lsn: run.lsn, isSynced: isSynced).write(to: &cursor)
            }
            frame.endHead(length: count, &cursor)
            run.results.withUnsafeReadableBytes { cursor.write($0) }
        }
    }
}

extension BatchRun {
    mutating func append(_ json: StaticString) {
        results.append(atMost: json.utf8CodeUnitCount) { $0.write(json) }
    }

    mutating func append(_ problem: Problem) {
        results.append(atMost: problem.bytesMax) { problem.writeObject(to: &$0) }
    }

    mutating func append(value: UnsafeRawBufferPointer) {
        let text = JSONText(measuring: value)
        let count = AnswerQueue.foundJSONCount(text, value)
        guard results.readableBytes + count <= HTTPLimits.batchAnswerBytesMax else {
            return append(.resultsTooLarge)
        }
        results.append(atMost: count) { AnswerQueue.writeFoundJSON(text, value, to: &$0) }
    }

    mutating func note(_ receipt: WriteReceipt, _ json: StaticString) {
        lsn = max(lsn, receipt.lsn)
        isWritten = true
        append(json)
    }
}

extension Problem {
    static let badKey = Problem.badRequest("The key is empty or too long.")

    static let resultsTooLarge = Problem.tooLarge("The results of one batch exceed 64 MiB.")
}
