import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// Writes to an engine, with what each did to a model, so that the state after any prefix of them
/// is known.
final class History {
    struct Step {
        let key: String
        /// nil deletes.
        let value: String?
        let lsn: LSN
    }

    private(set) var steps: [Step] = []
    /// The write that was under way when the machine failed, if one was.
    private(set) var unanswered: (key: String, value: String?)?
    /// Everything up to this version was durable when the machine failed.
    private(set) var durable = LSN.zero

    func put(_ key: String, _ value: String, _ rig: Rig, sync: Bool = false) throws {
        unanswered = (key, value)
        let receipt = try rig.put(key, value)
        try note(Step(key: key, value: value, lsn: receipt.lsn), rig, sync)
    }

    func remove(_ key: String, _ rig: Rig, sync: Bool = false) throws {
        unanswered = (key, nil)
        let receipt = try rig.remove(key)
        if receipt.outcome == .deleted {
            try note(Step(key: key, value: nil, lsn: receipt.lsn), rig, sync)
        }
        unanswered = nil
    }

    private func note(_ step: Step, _ rig: Rig, _ sync: Bool) throws {
        steps.append(step)
        unanswered = nil
        if sync { try rig.engine.waitUntilDurable(step.lsn) }
        durable = max(durable, rig.engine.durableLSN)
    }

    func noteDurable(_ rig: Rig) { durable = max(durable, rig.engine.durableLSN) }

    /// Every key's value after the writes up to `lsn`.
    func state(upTo lsn: LSN) -> [String: String] {
        var state: [String: String] = [:]
        for step in steps where step.lsn <= lsn { state[step.key] = step.value }
        return state
    }

    var keys: Set<String> { Set(steps.map(\.key)) }

    /// Checks that a recovered engine holds exactly a prefix of the history: all of it after a
    /// kill, at least what was durable after a power loss.
    func check(_ rig: Rig, lostPower: Bool, _ context: String) throws {
        let reached = rig.engine.recovery.lastLSN
        let needed = lostPower ? durable : steps.last?.lsn ?? .zero
        #expect(reached >= needed, "lost acknowledged writes: \(context)")
        var expected = state(upTo: reached)
        if let unanswered, reached > steps.last?.lsn ?? .zero,
            try rig.value(unanswered.key) == unanswered.value
        {
            // Applied though never answered: allowed, as a whole.
            expected[unanswered.key] = unanswered.value
        }
        for key in keys.union([unanswered?.key].compactMap { $0 }) {
            let found = try rig.value(key)
            #expect(found == expected[key], "\(key) after \(context)")
        }
        rig.engine.checkInvariants()
    }
}
