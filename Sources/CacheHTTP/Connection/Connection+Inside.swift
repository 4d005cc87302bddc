internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// Reads and writes inside a transaction.
extension Connection {
    /// Looks a key up inside a transaction and answers, or waits.
    mutating func lookUpInside(
        _ id: TransactionID, _ demand: RawDemand, _ key: UnsafeRawBufferPointer, _ form: AnswerForm
    ) {
        do throws(TransactionError) {
            let found = try Self.lookUpInside(
                id, store.transactions, store.key(key), loop.readScratch, demand, form, &answers)
            switch found {
            case .hit: break
            case .miss: appendMiss(demand, form)
            case .notDurable(let lsn): waiting = .assured(lsn, .standard(of: store))
            case .wouldBlock: waiting = .transaction(.read(id, key: Array(key)))
            }
        } catch {
            answers.append(Problem(error), demand.frame)
        }
    }

    private static func lookUpInside(
        _ id: TransactionID, _ transactions: Transactions, _ key: KeyView,
        _ scratch: ReadScratch, _ demand: RawDemand, _ form: AnswerForm,
        _ answers: inout AnswerQueue
    ) throws(TransactionError) -> TransactionRead {
        try transactions.read(id, key, scratch: scratch, mayBlock: false) {
            append(Found($0), demand, form, to: &answers)
        }
    }

    /// Goes on with a write inside a transaction that waited; false where there is none.
    mutating func resumeInside(_ frame: AnswerFrame, _ form: AnswerForm) -> Bool {
        guard case .transaction(let step) = resumption else { return false }
        switch step {
        case .taken(let outcome): appendTaken(outcome, frame, form)
        case .refused(let error): answers.append(Problem(error), frame)
        case .started, .committed, .told: preconditionFailure("no answer to a write")
        }
        return true
    }

    /// Writes inside a transaction and answers, or waits.
    /// - Parameter content: of an entry; nil removes it.
    mutating func writeInside(
        _ id: TransactionID, _ key: UnsafeRawBufferPointer, _ content: InsideContent?,
        _ condition: WriteCondition, _ frame: AnswerFrame, _ form: AnswerForm
    ) {
        if case .expired = resumption {
            return answers.append(.waitExpired("The entry was not durable in time."), frame)
        }
        do throws(TransactionError) {
            switch try takeInside(id, store.key(key), content, condition) {
            case .taken(let outcome): appendTaken(outcome, frame, form)
            case .notDurable(let lsn): waiting = .assured(lsn, .standard(of: store))
            case .wouldBlock:
                let job = WriteJob(
                    key: Array(key), content: content.map(WriteJob.Content.init),
                    condition: condition)
                waiting = .transaction(.write(id, job))
            }
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    private func takeInside(
        _ id: TransactionID, _ key: KeyView, _ content: InsideContent?, _ condition: WriteCondition
    ) throws(TransactionError) -> TransactionWrite {
        guard let content else {
            return try store.transactions.remove(
                id, key, condition: condition, scratch: loop.readScratch, mayBlock: false)
        }
        return try store.transactions.put(
            id, key, value: content.value, contentType: content.contentType,
            expiry: content.expiry, condition: condition, scratch: loop.readScratch,
            mayBlock: false)
    }

    // MARK: Batches

    mutating func getInside(_ id: TransactionID, _ run: inout Run, _ key: KeyView) {
        do throws(TransactionError) {
            let found = try store.transactions.read(
                id, key, scratch: loop.readScratch, mayBlock: false
            ) { run.append(value: $0.value) }
            switch found {
            case .hit: break
            case .miss: run.append(AnswerQueue.missJSON)
            case .notDurable(let lsn): waiting = .assured(lsn, .standard(of: store))
            case .wouldBlock: waiting = .transaction(.read(id, key: Array(key.bytes)))
            }
        } catch {
            note(error, id, &run)
        }
    }

    /// Writes without a condition, which wait for nothing.
    mutating func writeInside(
        _ id: TransactionID, _ run: inout Run, _ key: KeyView, _ content: InsideContent?
    ) {
        do throws(TransactionError) {
            switch try takeInside(id, key, content, .none) {
            case .taken(.deleted): run.append(#"{"success":true,"deleted":true}"#)
            case .taken(.absent): run.append(#"{"success":true,"deleted":false}"#)
            case .taken: run.append(#"{"success":true}"#)
            case .notDurable, .wouldBlock: preconditionFailure("there is no condition to look at")
            }
        } catch {
            note(error, id, &run)
        }
    }

    /// An operation of a batch was refused: in its place, where the transaction goes on; else the
    /// whole batch is, which has been carried out in vain.
    func note(_ error: TransactionError, _ id: TransactionID, _ run: inout Run) {
        switch error {
        case .tooLarge, .spread, .storage:
            guard run.isAtomic else { return run.append(Problem(error)) }
            // All of it or nothing: what came before is in the transaction already.
            try? store.transactions.rollback(id)
            run.refusal = Problem(error).endingTransaction
        case .unknown, .ended, .conflict, .busy, .tooMany: run.refusal = Problem(error)
        }
    }
}

/// What is written inside a transaction; borrowed.
struct InsideContent {
    let value: UnsafeRawBufferPointer
    let contentType: UnsafeRawBufferPointer
    let expiry: Expiry
}

extension WriteJob.Content {
    fileprivate init(_ content: InsideContent) {
        self.init(
            value: Array(content.value), contentType: Array(content.contentType),
            expiry: content.expiry)
    }
}

extension Problem {
    /// The same, of an operation for which its transaction was rolled back.
    fileprivate var endingTransaction: Problem {
        let reason = detail.withBytes { String(decoding: $0, as: UTF8.self) }
        return Problem(
            status, kind, title,
            .made(reason + " The batch was to be atomic: the transaction is rolled back."),
            fields: fields)
    }
}
