internal import CacheNode
internal import CacheSecurity

extension Connection {
    /// Whether a request may be carried on, as far as its head tells.
    enum Access {
        case granted
        case refused(Problem)
        /// Nobody knows yet: the key of the token is being fetched.
        case keysNeeded
    }

    /// Finds out who asks and what it may do, once for each request: what was granted at its start
    /// holds to its end, however long it waits.
    @inline(__always)
    mutating func access(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ route: Route
    ) -> Access {
        guard let tokens = loop.tokens, permissions == nil, route.needsToken, !isForwarded else {
            return .granted
        }
        let field =
            head.fields.contains(.authorization)
            ? head.authorization.bytes(in: bytes) : UnsafeRawBufferPointer(start: nil, count: 0)
        switch tokens.verify(field, last: &lastToken, at: loop.now) {
        case .allowed(let granted):
            permissions = granted
            return .granted
        case .refused(let failure): return .refused(Problem(failure))
        case .keysNeeded: return .keysNeeded
        }
    }

    /// True where the request may go on; else it is answered, or waits for keys.
    @inline(__always)
    mutating func isGranted(_ request: Request, _ route: Route, _ frame: AnswerFrame) -> Bool {
        switch access(request.head, request.bytes, route) {
        case .granted: return true
        case .refused(let problem): answers.append(problem, frame)
        case .keysNeeded:
            if case .expired = resumption {
                answers.append(Problem(.keysUnavailable), frame)
            } else {
                waiting = .keys
            }
        }
        return false
    }

    /// What stops a request with a body before the body is read: who may not write at all sends
    /// nothing that is kept.
    mutating func earlyRefusal(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ route: Route
    ) -> Problem? {
        switch access(head, bytes, route) {
        case .refused(let problem): return problem
        case .keysNeeded: return nil
        case .granted:
            guard let permissions, route.writes(head.method),
                !permissions.allowsSomewhere(.write)
            else { return nil }
            return forbidden()
        }
    }

    /// Nil where the caller may do this with the key.
    @inline(__always)
    func refusal(of verbs: Verbs, _ key: UnsafeRawBufferPointer) -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        guard let permissions, permissions.allows(verbs, key) else { return forbidden() }
        return nil
    }

    /// Nil where the caller may do everything that the batch asks for. For one that is to be
    /// atomic: it is refused as a whole, before any of it is carried out.
    func roleRefusal(_ document: BatchDocument, _ text: UnsafeRawBufferPointer) -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        for (number, fields) in document.operations.enumerated() {
            guard let key = decodedKey(fields.key, text) else { continue }
            if let refusal = refusal(of: fields.kind.verb, key) {
                return refusal.ofOperation(number)
            }
        }
        return nil
    }

    /// Nil where the caller may call for transactions: whoever may do something with some key.
    /// What it then does inside one is judged call by call.
    func roleRefusalOfTransaction() -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        guard let permissions, permissions.allowsSomeData else { return forbidden() }
        return nil
    }

    /// Nil where the caller may see the node's figures: whoever may read some key, or administers
    /// the node.
    func roleRefusalOfFigures() -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        guard let permissions,
            permissions.allowsSomewhere(.read) || permissions.allowsSomewhere(.administer)
        else { return forbidden() }
        return nil
    }

    /// Nil where the caller may follow events: whoever may read some key. Which ones it is told
    /// of is judged key by key.
    func roleRefusalOfEvents() -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        guard let permissions, permissions.allowsSomewhere(.read) else { return forbidden() }
        return nil
    }

    /// The refusal of a search to someone who may search for no key.
    func roleRefusalOfSearch() -> Problem? {
        guard loop.tokens != nil, !isForwarded else { return nil }
        guard let permissions, permissions.allowsSomewhere(.search) else { return forbidden() }
        return nil
    }

    /// The refusal of a call that no role of the token allows, counted.
    private func forbidden() -> Problem {
        loop.tokens?.authenticator.counters.noteForbidden()
        return .forbidden
    }
}

extension OperationFields.Kind {
    /// What the operation does with its key.
    @inline(__always)
    var verb: Verbs {
        switch self {
        case .get: .read
        case .put: .write
        case .delete: .delete
        }
    }
}

extension Method {
    /// What the method does with an entry.
    @inline(__always)
    var verb: Verbs {
        switch self {
        case .get, .head: .read
        case .put, .post: .write
        case .delete: .delete
        case .options, .other: preconditionFailure("refused before")
        }
    }
}

extension Route {
    /// False for what anybody may ask: probes, and the description of the interface.
    @inline(__always)
    var needsToken: Bool {
        switch self {
        case .cache, .batch, .entry, .transactionStart, .transactionCommit, .transactionRollback,
            .transactionState, .metrics, .stats, .nodes, .ring, .events, .search:
            true
        case .live, .ready, .health, .document, .unknown: false
        }
    }

    /// True where the call writes one entry, whatever its body says.
    func writes(_ method: Method) -> Bool {
        switch (self, method) {
        case (.cache, .post), (.entry, .put), (.batch, .put): true
        default: false
        }
    }
}

extension Problem {
    static let forbidden = Problem(
        403, "forbidden", "Not allowed",
        .fixed("The roles of the token do not allow this. Not applied."),
        fields: .fixed(
            "WWW-Authenticate: Bearer realm=\"dcs\", error=\"insufficient_scope\"\r\n"))

    /// What authentication refused (RFC 6750).
    init(_ failure: AuthenticationFailure) {
        if failure.isOurFault {
            self.init(
                503, "keys-unavailable", "No keys", .fixed(failure.explanation),
                fields: .fixed("Retry-After: 1\r\n"))
            return
        }
        var challenge = "WWW-Authenticate: Bearer realm=\"dcs\""
        if failure.isOfToken {
            challenge += ", error=\"invalid_token\", error_description=\"\(failure.explanation)\""
        }
        self.init(
            401, "unauthorized", "Not authenticated", .fixed(failure.explanation),
            fields: .made(challenge + "\r\n"))
    }
}
