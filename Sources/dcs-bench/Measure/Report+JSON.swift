extension Report {
    /// What was measured, round by round, and of which peers; tools/lib/bench_engine.py reads it.
    var json: String {
        JSONText.object([
            ("peers", JSONText.array(peers.map(JSONText.string))),
            ("measurements", JSONText.array(rows.map(\.json))),
        ]) + "\n"
    }
}

extension Measurement {
    var json: String {
        JSONText.object([
            ("figure", JSONText.string(figure)), ("unit", JSONText.string(ours.unit.rawValue)),
            ("better", JSONText.string(isBetterMore ? "more" : "less")),
            ("ours", JSONText.numbers(ours.rounds)),
            ("peer", peer.map { JSONText.numbers($0.rounds) } ?? "null"),
            ("peer_name", JSONText.string(peerName)),
            ("targets", JSONText.array(target.conditions.map(\.json))),
        ])
    }

    /// By its target, or where it has none by its unit.
    private var isBetterMore: Bool {
        switch target.conditions.first {
        case .atLeast, .ratioAtLeast: true
        case .atMost, .ratioAtMost: false
        case nil: ours.unit == .perSecond
        }
    }
}

extension Target.Condition {
    fileprivate var json: String {
        let (bound, isRatio) =
            switch self {
            case .atLeast(let limit), .atMost(let limit): (limit, false)
            case .ratioAtLeast(let limit), .ratioAtMost(let limit): (limit, true)
            }
        return JSONText.object([("bound", "\(bound)"), ("ratio", "\(isRatio)")])
    }
}
