internal import CacheBase
internal import CacheEngine
internal import CacheNode

extension Connection {
    /// Answers a write that the store took, holds the answer back, or waits for the disk.
    @inline(__always)
    mutating func finish(
        _ receipt: WriteReceipt, _ request: Request, _ frame: AnswerFrame,
        _ durability: DurabilityWait, _ form: AnswerForm
    ) {
        let isAlways = store.answersWaitForSync
        if isAlways {
            if store.durableLSN < receipt.lsn { answers.hold(until: receipt.lsn) }
        } else if durability == .synced, !isDurable(receipt.lsn) {
            appliedReceipt = receipt
            waiting = .durable(receipt.lsn)
            return
        }
        appendReceipt(receipt, isAlways || durability == .synced, request, frame, form)
    }

    /// Goes on with a write that is applied already; false where there is none.
    @inline(__always)
    mutating func resumeWrite(
        _ request: Request, _ frame: AnswerFrame, _ form: AnswerForm
    ) -> Bool {
        guard let receipt = appliedReceipt else {
            return resumeWriteJob(request, frame, form)
        }
        appliedReceipt = nil
        if store.durableLSN >= receipt.lsn {
            appendReceipt(receipt, true, request, frame, form)
        } else if case .expired = resumption {
            answers.append(.notSynced(receipt.lsn), frame)
        } else {
            appliedReceipt = receipt
            waiting = .durable(receipt.lsn)
        }
        return true
    }

    /// Goes on with a write that a thread has carried out; false where there is none.
    private mutating func resumeWriteJob(
        _ request: Request, _ frame: AnswerFrame, _ form: AnswerForm
    ) -> Bool {
        switch resumption {
        case .written(let receipt):
            finish(receipt, request, frame, DurabilityWait(request) ?? .standard, form)
        case .refused(let error): answers.append(Problem(error), frame)
        case .transaction: return resumeInside(frame, form)
        case .again, .found, .missed, .expired, .described, .events: return false
        }
        return true
    }

    /// True where `lsn` is durable; else asks for it.
    mutating func isDurable(_ lsn: LSN) -> Bool {
        if store.durableLSN >= lsn { return true }
        store.requestSync(lsn)
        return store.durableLSN >= lsn
    }

    @inline(__always)
    private mutating func appendReceipt(
        _ receipt: WriteReceipt, _ isSynced: Bool, _ request: Request, _ frame: AnswerFrame,
        _ form: AnswerForm
    ) {
        let fields = ReceiptFields(lsn: receipt.lsn, isSynced: isSynced)
        switch (receipt.outcome, form) {
        case (.conditionFailed, _): answers.append(.conditionFailed, frame)
        case (.created, .json), (.replaced, .json):
            answers.appendJSON(#"{"success":true}"#, fields, frame)
        case (.deleted, .json):
            answers.appendJSON(#"{"success":true,"deleted":true}"#, fields, frame)
        case (.absent, .json):
            answers.appendJSON(#"{"success":true,"deleted":false}"#, fields, frame)
        case (.created, .raw): appendBodiless(StatusLine.created, receipt, fields, frame)
        case (.replaced, .raw), (.deleted, .raw):
            appendBodiless(StatusLine.noContent, receipt, fields, frame)
        case (.absent, .raw): appendAbsent(fields, frame)
        }
    }

    private mutating func appendBodiless(
        _ status: StaticString, _ receipt: WriteReceipt, _ fields: ReceiptFields,
        _ frame: AnswerFrame
    ) {
        answers.append(atMost: AnswerFrame.headBytesMax + ReceiptFields.bytesMax) { cursor in
            frame.begin(status, &cursor)
            fields.write(to: &cursor)
            if receipt.outcome != .deleted {
                cursor.write("ETag: \"")
                cursor.writeDecimal(receipt.lsn.rawValue)
                cursor.write("\"\r\n")
            }
            if receipt.outcome == .created { cursor.write("Content-Length: 0\r\n") }
            cursor.write("\r\n")
        }
    }

    private mutating func appendAbsent(_ fields: ReceiptFields, _ frame: AnswerFrame) {
        let lines =
            "DCS-LSN: \(fields.lsn.rawValue)\r\nDCS-Durability: "
            + (fields.isSynced ? "synced\r\n" : "log\r\n")
        answers.append(
            Problem(
                404, "not-found", "No such entry", .fixed("The key had no entry."),
                fields: .made(lines)), frame)
    }

    /// The log will never be durable again: the answers that wait for it cannot be given.
    mutating func durabilityFailed() {
        if answers.isHolding {
            answers.dropHeld()
            refuseAndClose(.unknownOutcome)
            waiting = .nothing
            appliedReceipt = nil
        } else if case .durable = waiting {
            if appliedReceipt != nil || isBatchDone {
                waiting = .nothing
                appliedReceipt = nil
                refuseAndClose(.unknownOutcome)
            } else {
                resume(.expired)
            }
        }
    }
}

extension Problem {
    static func notSynced(_ lsn: LSN) -> Problem {
        Problem(
            504, "wait-expired", "Wait expired",
            .fixed("Applied and in the log, not undone; it was not synced in time."),
            fields: .made(
                "DCS-LSN: \(lsn.rawValue)\r\nDCS-Durability: log\r\n"))
    }

    static let unknownOutcome = Problem(
        503, "unknown-outcome", "Outcome unknown",
        .fixed(
            """
            The sync of the log failed. This write, and any sent behind it on this connection, \
            may or may not survive a restart.
            """), fields: .fixed("Retry-After: 5\r\n"))
}
