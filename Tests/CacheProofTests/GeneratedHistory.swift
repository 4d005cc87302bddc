import CacheBase
import CacheProof

/// Random histories of a store that is right: several clients call it at once, each call takes
/// effect at one moment, now and then all answers under way are lost.
struct GeneratedHistory {
    private struct Open {
        let client: Int
        let key: String
        let action: Call.Action
        let invoked: Int
        /// nil until the call has taken effect.
        var answer: Call.Answer?
    }

    private var random: Xoshiro256
    private var values: [String: ValueID] = [:]
    private var open: [Open] = []
    private var time = 0
    private var written = 0
    private(set) var calls: [Call] = []

    init(seed: UInt64, steps: Int, clients: Int = 5, keys: Int = 3) {
        random = Xoshiro256(seed: seed)
        for _ in 0..<steps { step(clients, keys) }
        while !open.isEmpty { finish(0) }
    }

    private mutating func step(_ clients: Int, _ keys: Int) {
        time += 1
        switch random.below(10) {
        case 0..<4:
            let idle = (0..<clients).filter { client in !open.contains { $0.client == client } }
            if let client = idle.first { begin(client, "key \(random.below(keys))") }
        case 4..<7: takeEffect(random.below(max(open.count, 1)))
        case 7 where random.below(12) == 0: crash()
        default: finish(random.below(max(open.count, 1)))
        }
    }

    private mutating func begin(_ client: Int, _ key: String) {
        written += 1
        let rules: [WriteRule] = [
            .always, .always, .absent, .present, .value(values[key] ?? ValueID(0)),
            .notValue(values[key] ?? ValueID(0)),
        ]
        let rule = rules[random.below(rules.count)]
        let actions: [Call.Action] = [.read, .read, .put(ValueID(written), rule), .delete(rule)]
        open.append(
            Open(client: client, key: key, action: actions[random.below(4)], invoked: time))
    }

    private mutating func takeEffect(_ index: Int) {
        guard open.indices.contains(index), open[index].answer == nil else { return }
        let call = open[index]
        let value = values[call.key]
        switch call.action {
        case .read: open[index].answer = .found(value)
        case .put(let new, let rule):
            open[index].answer = write(new, rule, call.key, existed: value != nil)
        case .delete(let rule):
            open[index].answer = write(nil, rule, call.key, existed: value != nil)
        }
    }

    private mutating func write(
        _ new: ValueID?, _ rule: WriteRule, _ key: String, existed: Bool
    ) -> Call.Answer {
        guard rule.holds(for: values[key]) else { return .refused }
        values[key] = new
        return .applied(existed: existed)
    }

    private mutating func finish(_ index: Int) {
        guard open.indices.contains(index) else { return }
        takeEffect(index)
        let call = open.remove(at: index)
        time += 1
        calls.append(
            Call(
                client: call.client, key: call.key, action: call.action,
                answer: call.answer ?? .failed, invoked: call.invoked, returned: time))
    }

    /// What is under way is never answered; what had taken effect stays.
    private mutating func crash() {
        for call in open {
            calls.append(
                Call(
                    client: call.client, key: call.key, action: call.action, answer: .unknown,
                    invoked: call.invoked, returned: nil))
        }
        open = []
    }
}
