import CacheProof

/// Hand-made histories: each call with its beginning and end.
struct HistoryBuilder {
    private(set) var calls: [Call] = []

    mutating func read(_ value: Int?, _ span: ClosedRange<Int>, key: String = "a") {
        add(.read, .found(value.map { ValueID($0) }), span, key)
    }

    mutating func put(
        _ value: Int, _ span: ClosedRange<Int>, if rule: WriteRule = .always,
        _ answer: Call.Answer = .applied(existed: nil), key: String = "a"
    ) {
        add(.put(ValueID(value), rule), answer, span, key)
    }

    mutating func delete(
        _ span: ClosedRange<Int>, if rule: WriteRule = .always,
        _ answer: Call.Answer = .applied(existed: nil), key: String = "a"
    ) {
        add(.delete(rule), answer, span, key)
    }

    /// A put whose answer never came.
    mutating func lostPut(
        _ value: Int, from start: Int, if rule: WriteRule = .always, key: String = "a"
    ) {
        calls.append(
            Call(
                client: calls.count, key: key, action: .put(ValueID(value), rule),
                answer: .unknown, invoked: start, returned: nil))
    }

    mutating func lostDelete(from start: Int, key: String = "a") {
        calls.append(
            Call(
                client: calls.count, key: key, action: .delete(.always), answer: .unknown,
                invoked: start, returned: nil))
    }

    private mutating func add(
        _ action: Call.Action, _ answer: Call.Answer, _ span: ClosedRange<Int>, _ key: String
    ) {
        calls.append(
            Call(
                client: calls.count, key: key, action: action, answer: answer,
                invoked: span.lowerBound, returned: span.upperBound))
    }

    var isLinearizable: Bool { LinearizabilityChecker().check(calls) == .linearizable }

    /// The call that nothing explains.
    var violation: Call? {
        guard case .violated(let violation) = LinearizabilityChecker().check(calls) else {
            return nil
        }
        return violation.call
    }
}
