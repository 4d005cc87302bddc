internal import CacheBase
internal import CacheEngine
internal import CacheNode

extension Connection {
    /// Answers a write that the store took, holds the answer back, or waits for the disk.
    @inline(__always)
    mutating func finish(
        _ receipt: WriteReceipt, _ request: Request, _ frame: AnswerFrame,
        _ asked: Assurance, _ form: AnswerForm
    ) {
        let standard = Assurance.standard(of: store)
        let isNew = receipt.outcome.isWrite
        if !standard.isSuperset(of: asked),
            !hasReached(receipt.lsn, asked) || isNew && asked.isGivenUp(receipt.lsn, by: store)
        {
            appliedReceipt = receipt
            waiting = .assured(receipt.lsn, asked)
            return
        }
        if !standard.isEmpty,
            !standard.isReached(receipt.lsn, by: store)
                || isNew && standard.isGivenUp(receipt.lsn, by: store)
        {
            answers.hold(until: receipt.lsn, standard)
        }
        appendReceipt(receipt, standard.union(asked), request, frame, form)
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
        let asked = Assurance(request) ?? []
        if case .expired = resumption, !asked.isReached(receipt.lsn, by: store) {
            answers.append(.notAssured(receipt.lsn, isSynced: isSynced(receipt.lsn)), frame)
        } else {
            finish(receipt, request, frame, asked, form)
        }
        return true
    }

    /// Goes on with a write that a thread has carried out; false where there is none.
    private mutating func resumeWriteJob(
        _ request: Request, _ frame: AnswerFrame, _ form: AnswerForm
    ) -> Bool {
        switch resumption {
        case .written(let receipt):
            finish(receipt, request, frame, Assurance(request) ?? [], form)
        case .refused(let error): answers.append(Problem(error), frame)
        case .transaction: return resumeInside(frame, form)
        case .again, .found, .missed, .expired, .described, .events, .forwarded,
            .forwardedAll:
            return false
        }
        return true
    }

    /// True where the store has come so far; else asks for the sync that it takes.
    mutating func hasReached(_ lsn: LSN, _ asked: Assurance) -> Bool {
        if asked.isReached(lsn, by: store) { return true }
        if asked.contains(.synced) { store.requestSync(lsn) }
        return asked.isReached(lsn, by: store)
    }

    func isSynced(_ lsn: LSN) -> Bool { store.durableLSN >= lsn }

    @inline(__always)
    private mutating func appendReceipt(
        _ receipt: WriteReceipt, _ assured: Assurance, _ request: Request, _ frame: AnswerFrame,
        _ form: AnswerForm
    ) {
        let fields = ReceiptFields(
            lsn: receipt.lsn, isSynced: assured.contains(.synced), copies: copies(assured))
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

    /// How many nodes have what was written; nil on a node alone.
    @inline(__always)
    func copies(_ assured: Assurance) -> UInt8? {
        if loop.cluster == nil { return nil }
        return assured.contains(.copied) ? copiesInSync : 1
    }

    private mutating func appendBodiless(
        _ status: StaticString, _ receipt: WriteReceipt, _ fields: ReceiptFields,
        _ frame: AnswerFrame
    ) {
        let mark = loop.tagMark
        answers.append(atMost: AnswerFrame.headBytesMax + ReceiptFields.bytesMax) { cursor in
            frame.begin(status, &cursor)
            fields.write(to: &cursor)
            if receipt.outcome != .deleted {
                cursor.write("ETag: \"")
                cursor.writeDecimal(receipt.lsn.rawValue)
                cursor.write(mark)
                cursor.write("\"\r\n")
            }
            if receipt.outcome == .created { cursor.write("Content-Length: 0\r\n") }
            cursor.write("\r\n")
        }
    }

    private mutating func appendAbsent(_ fields: ReceiptFields, _ frame: AnswerFrame) {
        let lines =
            "DCS-LSN: \(fields.lsn.rawValue)\r\nDCS-Durability: "
            + (fields.isSynced ? "synced" : "log")
            + (fields.copies.map { ";copies=\($0)" } ?? "") + "\r\n"
        answers.append(
            Problem(
                404, "not-found", "No such entry", .fixed("The key had no entry."),
                fields: .made(lines)), frame)
    }

    /// The store has come further with what is waited for; nil where it never will.
    /// - Returns: true where the request that waits is to go on.
    mutating func advanced(to reached: ReachedLSN?) -> Bool {
        guard let reached, !waitsInVain(upTo: reached.abandoned) else {
            durabilityFailed()
            return false
        }
        release(upTo: reached[answers.assurance])
        guard case .assured(let wanted, let assurance) = waiting else { return false }
        return wanted <= reached[assurance]
    }

    /// True where a write that was carried out waits for copies of a record up to this one.
    private func waitsInVain(upTo abandoned: LSN) -> Bool {
        if answers.waitsForCopies(upTo: abandoned) { return true }
        guard case .assured(let lsn, let assurance) = waiting, assurance.contains(.copied) else {
            return false
        }
        return lsn > .zero && lsn <= abandoned && (appliedReceipt != nil || isBatchDone)
    }

    /// What answers wait for will not come: they cannot be given.
    mutating func durabilityFailed() {
        if answers.isHolding {
            answers.dropHeld()
            refuseAndClose(.unknownOutcome)
            waiting = .nothing
            appliedReceipt = nil
        } else if case .assured = waiting {
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

extension WriteReceipt.Outcome {
    /// A record was made of it.
    fileprivate var isWrite: Bool {
        switch self {
        case .created, .replaced, .deleted: true
        case .absent, .conditionFailed: false
        }
    }
}

extension Problem {
    static func notAssured(_ lsn: LSN, isSynced: Bool) -> Problem {
        Problem(
            504, "wait-expired", "Wait expired",
            .fixed(
                isSynced
                    ? "Applied and synced, not undone; the replicas did not have it in time."
                    : "Applied and in the log, not undone; it was not synced in time."),
            fields: .made(
                "DCS-LSN: \(lsn.rawValue)\r\nDCS-Durability: "
                    + (isSynced ? "synced\r\n" : "log\r\n")))
    }

    static let unknownOutcome = Problem(
        503, "unknown-outcome", "Outcome unknown",
        .fixed(
            """
            The sync of the log failed, or this node lost its lead before the copies were there. \
            This write, and any sent behind it on this connection, may or may not survive.
            """), fields: .fixed("Retry-After: 5\r\n"))
}
