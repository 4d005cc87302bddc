internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// In which of the two APIs a request speaks.
enum AnswerForm { case json, raw }

extension Connection {
    @inline(__always)
    mutating func read(
        _ request: Request, _ frame: AnswerFrame, _ key: UnsafeRawBufferPointer,
        _ transaction: NamedTransaction, form: AnswerForm
    ) {
        if case .refused(let problem) = transaction { return answers.append(problem, frame) }
        if request.head.fields.contains(.minLSN), !hasSeen(request, frame) { return }
        // Only the raw API shows how much of its life an entry has left.
        let now = form == .raw ? loop.clock.now() : Timestamp(rawValue: 0)
        let demand = RawDemand(
            request: request, frame: frame, now: now, mark: loop.tagMark)
        switch resumption {
        case .again:
            if case .named(let id) = transaction {
                lookUpInside(id, demand, key, form)
            } else {
                lookUp(demand, key, form)
            }
        case .found(let entry):
            entry.bytes.withUnsafeBytes {
                Self.append(Found(entry, in: $0), demand, form, to: &answers)
            }
        case .missed: appendMiss(demand, form)
        case .refused(let error): answers.append(Problem(error), frame)
        case .transaction(.refused(let error)): answers.append(Problem(error), frame)
        case .expired, .written, .transaction, .described, .events, .forwarded,
            .forwardedAll:
            answers.append(.waitExpired("The entry was not durable in time."), frame)
        }
    }

    @inline(__always)
    private mutating func lookUp(
        _ demand: RawDemand, _ key: UnsafeRawBufferPointer, _ form: AnswerForm
    ) {
        let view = store.key(key)
        switch Self.lookUp(store, view, demand, form, &answers) {
        case .hit: break
        case .miss: appendMiss(demand, form)
        case .notDurable(let lsn): waiting = .assured(lsn, .standard(of: store))
        case .cold(let cold): lookUpCold(cold, view, demand, form)
        }
    }

    /// Static, so that the store is lent and not retained while the answer is written.
    @inline(__always)
    private static func lookUp(
        _ store: borrowing Store, _ key: KeyView, _ demand: RawDemand, _ form: AnswerForm,
        _ answers: inout AnswerQueue
    ) -> ReadStep<Store.Cold> {
        store.lookUp(key) { append(Found($0), demand, form, to: &answers) }
    }

    /// Tries without waiting for the disk; else leaves that to a thread that may.
    private mutating func lookUpCold(
        _ cold: Store.Cold, _ key: KeyView, _ demand: RawDemand, _ form: AnswerForm
    ) {
        let outcome: ColdOutcome
        do throws(StorageError) {
            outcome = try Self.lookUpCold(
                store, cold, key, loop.readScratch, demand, form, &answers)
        } catch {
            return answers.append(Problem(error), demand.frame)
        }
        switch outcome {
        case .hit: break
        case .miss: appendMiss(demand, form)
        case .wouldBlock: waiting = .disk(ColdJob(cold: cold, key: Array(key.bytes)))
        case .moved:
            movedReads += 1
            guard movedReads < HTTPLimits.movedReadsMax else {
                let problem = Problem.overloaded("The entry moved each time it was read.")
                return answers.append(problem, demand.frame)
            }
            lookUp(demand, key.bytes, form)
        }
    }

    private static func lookUpCold(
        _ store: borrowing Store, _ cold: Store.Cold, _ key: KeyView, _ scratch: ReadScratch,
        _ demand: RawDemand, _ form: AnswerForm, _ answers: inout AnswerQueue
    ) throws(StorageError) -> ColdOutcome {
        try store.lookUpCold(cold, key: key, scratch: scratch, mayBlock: false) {
            append(Found($0), demand, form, to: &answers)
        }
    }

    @inline(__always)
    static func append(
        _ found: Found, _ demand: RawDemand, _ form: AnswerForm, to answers: inout AnswerQueue
    ) {
        switch form {
        case .json: answers.appendFoundJSON(found, demand.frame)
        case .raw: answers.appendRaw(found, demand)
        }
    }

    mutating func appendMiss(_ demand: RawDemand, _ form: AnswerForm) {
        switch form {
        case .json: answers.appendJSON(AnswerQueue.missJSON, demand.frame)
        case .raw:
            switch demand.precondition(nil) {
            case .met?, .notModified?: answers.append(.noEntry, demand.frame)
            case .failed?: answers.append(.conditionFailed, demand.frame)
            case nil: answers.append(.badTags, demand.frame)
            }
        }
    }

    /// `DCS-Min-LSN`: true where the node has it; else waits, or answers.
    private mutating func hasSeen(_ request: Request, _ frame: AnswerFrame) -> Bool {
        guard let wanted = EntityTags.version(request.head.minLSN.bytes(in: request.bytes)) else {
            answers.append(.badRequest("DCS-Min-LSN is a number."), frame)
            return false
        }
        if case .expired = resumption {
            answers.append(.waitExpired("This node has not seen that version in time."), frame)
            return false
        }
        guard store.lastLSN < wanted else { return true }
        waiting = .seen(wanted)
        return false
    }
}

extension Problem {
    static func waitExpired(_ detail: StaticString) -> Problem {
        Problem(504, "wait-expired", "Wait expired", .fixed(detail))
    }
}
