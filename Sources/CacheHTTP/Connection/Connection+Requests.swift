internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity

extension Connection {
    /// Carries out one request: adds its answer, or sets `waiting`.
    @inline(__always)
    mutating func perform(_ request: Request) {
        let route = Route(request.path)
        let frame = frame(request.head)
        operation = Operation(route, request.head.method)
        if let problem = Request.refusal(request.head, request.bytes, route) {
            return answers.append(problem, frame)
        }
        if case .forwarded(let outcome) = resumption {
            return appendForwarded(outcome, request, frame)
        }
        guard isGranted(request, route, frame) else { return }
        switch route {
        case .cache: performCache(request, frame)
        case .entry: performEntry(request, frame)
        case .batch:
            if request.head.method == .post {
                performBatch(request, frame)
            } else {
                performEntry(request, frame)
            }
        case .transactionStart: startTransaction(request, frame)
        case .transactionCommit: commitTransaction(request, frame)
        case .transactionRollback: rollBackTransaction(request, frame)
        case .transactionState: showTransaction(request, frame)
        case .live: answers.append(loop.control(.live), frame)
        case .health: answers.append(loop.control(.health), frame)
        case .ready: answers.append(loop.control(.ready), frame)
        case .metrics: describe(.metrics, frame)
        case .stats: describe(.stats, frame)
        case .nodes: describe(.nodes, frame)
        case .ring: describe(.ring, frame)
        case .events: performEvents(request, frame)
        case .search: performSearch(request, frame)
        case .document: answers.appendDocument(OpenAPIDocument.bytes, frame)
        case .unknown: preconditionFailure("refused before")
        }
    }

    /// Answers what takes every shard's lock in a thread of its own.
    private mutating func describe(_ endpoint: ControlEndpoint, _ frame: AnswerFrame) {
        switch resumption {
        case .described(let answer): answers.append(answer, frame)
        case .refused(let error): answers.append(Problem(error), frame)
        case .again, .found, .missed, .written, .transaction, .events, .expired,
            .forwarded, .forwardedAll:
            if let problem = roleRefusalOfFigures() { return answers.append(problem, frame) }
            waiting = .control(endpoint)
        }
    }

    @inline(__always)
    private mutating func performCache(_ request: Request, _ frame: AnswerFrame) {
        if request.head.method == .post { return putJSON(request, frame) }
        let query = request.query
        guard !query.isRepeated else {
            return answers.append(.badRequest("A query parameter stands twice."), frame)
        }
        guard let encoded = query.key else {
            return answers.append(.badRequest("The query parameter \"key\" is missing."), frame)
        }
        guard let key = decodedKey(encoded, plusIsSpace: true, frame) else { return }
        let isRemoval = request.head.method == .delete
        if let refusal = refusal(of: isRemoval ? .delete : .read, key) {
            return answers.append(refusal, frame)
        }
        let transaction = transaction(named: query.transactionID)
        let frame = isRemoval ? frame : frame.telling(lag(of: key, request))
        guard
            isServedHere(
                key, request, frame, isWrite: isRemoval,
                transaction)
        else { return }
        if isRemoval {
            remove(request, frame, key, transaction, form: .json)
        } else {
            read(request, frame, key, transaction, form: .json)
        }
    }

    @inline(__always)
    private mutating func performEntry(_ request: Request, _ frame: AnswerFrame) {
        let path = request.path
        let encoded = UnsafeRawBufferPointer(rebasing: path[Route.entryPrefixCount...])
        guard let key = decodedKey(encoded, plusIsSpace: false, frame) else { return }
        if let refusal = refusal(of: request.head.method.verb, key) {
            return answers.append(refusal, frame)
        }
        let transaction =
            request.hasQuery ? transaction(named: request.query.transactionID) : .none
        let isWrite = request.head.method.verb != .read
        let frame = isWrite ? frame : frame.telling(lag(of: key, request))
        guard
            isServedHere(
                key, request, frame, isWrite: isWrite, transaction)
        else { return }
        switch request.head.method {
        case .get, .head: read(request, frame, key, transaction, form: .raw)
        case .put: putRaw(request, frame, key, transaction)
        default: remove(request, frame, key, transaction, form: .raw)
        }
    }

    /// The key's bytes: in place, or decoded into the loop's scratch. Answers 400 and returns nil
    /// where they are none.
    @inline(__always)
    private mutating func decodedKey(
        _ encoded: UnsafeRawBufferPointer, plusIsSpace: Bool, _ frame: AnswerFrame
    ) -> UnsafeRawBufferPointer? {
        var key = encoded
        if PercentCoding.isCoded(encoded, plusIsSpace: plusIsSpace) {
            let space = loop.keyScratch
            guard let count = PercentCoding.decode(encoded, into: space, plusIsSpace: plusIsSpace)
            else {
                answers.append(.badRequest("A malformed percent-encoding in the key."), frame)
                return nil
            }
            key = UnsafeRawBufferPointer(rebasing: space[..<count])
        }
        if let problem = keyProblem(key.count) {
            answers.append(problem, frame)
            return nil
        }
        return key
    }

    @inline(__always)
    func keyProblem(_ count: Int) -> Problem? {
        if count > 0, count <= loop.settings.keyBytesMax { return nil }
        return count == 0
            ? .badRequest("The key is empty.")
            : .badRequest(
                made: "The key has \(count) bytes; \(loop.settings.keyBytesMax) are allowed.")
    }
}
