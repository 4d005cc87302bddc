/// Every way in which the calls so far may have taken effect.
///
/// Invariants: `frontier` holds no configuration that another one stands for; a call with an answer
/// has a slot from its beginning to its end, and its bit in `done` only meanwhile.
struct LinearizationSearch {
    /// A value of the key, and which calls made it so.
    private struct Configuration {
        var value: ValueID?
        /// Slots of calls under way that have taken effect.
        var done: UInt64
        /// Unanswered writes that have taken effect, ascending.
        var used: [Int]
    }

    /// Configurations that differ only in what they have used.
    private struct Family: Hashable {
        let value: ValueID?
        let done: UInt64
    }

    private let configurationsMax: Int
    private var frontier = [Configuration(value: nil, done: 0, used: [])]
    private var slots = [Call?](repeating: nil, count: LinearizabilityChecker.overlapMax)
    private var unanswered: [Call] = []

    init(configurationsMax: Int) { self.configurationsMax = configurationsMax }

    /// No order of the calls explains their answers.
    var isStuck: Bool { frontier.isEmpty }

    /// The values that the key may have.
    var values: [ValueID?] {
        Set(frontier.map(\.value)).sorted { ($0?.rawValue ?? -1) < ($1?.rawValue ?? -1) }
    }

    mutating func begin(_ call: Call) {
        guard call.answer != .unknown else { return unanswered.append(call) }
        guard let slot = slots.firstIndex(of: nil) else {
            preconditionFailure("more than \(slots.count) calls overlap on key \(call.key)")
        }
        slots[slot] = call
    }

    /// Keeps the configurations in which the call has taken effect.
    /// - Returns: false where there are too many to look at.
    mutating func end(_ call: Call) -> Bool {
        guard let slot = slots.firstIndex(of: call) else {
            preconditionFailure("a call ends that never began")
        }
        let bit = UInt64(1) << UInt64(slot)
        var queue: [Configuration] = []
        var known: [Family: [[Int]]] = [:]
        for configuration in frontier { Self.add(configuration, &queue, &known) }
        var next = 0
        var kept: [Configuration] = []
        var keptFamilies: [Family: [[Int]]] = [:]
        while next < queue.count {
            guard queue.count <= configurationsMax else { return false }
            let configuration = queue[next]
            next += 1
            if configuration.done & bit != 0 {
                var done = configuration
                done.done &= ~bit
                Self.add(done, &kept, &keptFamilies)
            } else {
                forEachSuccessor(of: configuration) { Self.add($0, &queue, &known) }
            }
        }
        slots[slot] = nil
        frontier = kept
        return true
    }

    /// What one more call taking effect makes of a configuration.
    private func forEachSuccessor(
        of configuration: Configuration, _ body: (Configuration) -> Void
    ) {
        for (slot, call) in slots.enumerated() {
            let bit = UInt64(1) << UInt64(slot)
            guard let call, configuration.done & bit == 0,
                case .becomes(let value) = Register.effect(of: call, on: configuration.value)
            else { continue }
            var successor = configuration
            successor.value = value
            successor.done |= bit
            body(successor)
        }
        for (number, call) in unanswered.enumerated() where !configuration.used.contains(number) {
            guard case .becomes(let value) = Register.effect(of: call, on: configuration.value)
            else { continue }
            var successor = configuration
            successor.value = value
            successor.used.insert(number, at: successor.used.firstIndex { $0 > number } ?? successor.used.endIndex)
            body(successor)
        }
    }

    /// Adds a configuration unless one that is there already stands for it.
    private static func add(
        _ configuration: Configuration, _ list: inout [Configuration],
        _ known: inout [Family: [[Int]]]
    ) {
        let family = Family(value: configuration.value, done: configuration.done)
        let others = known[family, default: []]
        if others.contains(where: { Set($0).isSubset(of: configuration.used) }) { return }
        known[family] = others + [configuration.used]
        list.append(configuration)
    }
}
