/// Decides whether a history of reads, puts, deletes and conditional writes is linearizable: whether
/// every call can be given one moment between its beginning and its end at which it took effect, so
/// that all answers are those of one key after the other changed alone.
///
/// Keys are independent, so each is judged by itself (Herlihy and Wing, 1990). A write without an
/// answer may take effect at any time after it began, or never; that is what a crash in the middle
/// of a history leaves behind, and all that it may leave.
///
/// The search is Wing and Gong's with memory (Lowe, "Testing for Linearizability", 2017), going
/// through the events in order: after each it knows every *configuration*, which is the key's value
/// and which calls under way have taken effect. Calls take effect as late as their answers allow. Of
/// two configurations that differ only in unanswered writes, the one that has used fewer can do all
/// that the other can, and stands for both.
///
/// - Complexity: for each answer O(2^c · v · u), where c calls overlap, v values are possible at the
///   time and u writes have no answer. `configurationsMax` bounds it; past it the verdict is
///   `undecided`, which no test takes for a pass.
package struct LinearizabilityChecker: Sendable {
    /// Calls with answers that may overlap on one key.
    package static let overlapMax = 64
    private static let defaultConfigurationsMax = 200_000

    package enum Verdict: Sendable, Equatable {
        case linearizable
        case violated(Violation)
        /// More configurations than allowed at one event of this key.
        case undecided(key: String)
    }

    /// The first answer that nothing explains.
    package struct Violation: Sendable, Equatable, CustomStringConvertible {
        package let call: Call
        /// The values that the key may have had before; nil for no entry.
        package let possible: [ValueID?]
        /// Calls on the key up to there, the last ones.
        package let context: [Call]

        package var description: String {
            let values = possible.map { $0.map { "\($0)" } ?? "no entry" }.joined(separator: ", ")
            return "not linearizable: \(call)\n  the key had one of: \(values)\n  before:\n"
                + context.map { "    \($0)" }.joined(separator: "\n")
        }
    }

    private let configurationsMax: Int

    /// - Parameter configurationsMax: configurations looked at for one answer.
    package init(configurationsMax: Int = Self.defaultConfigurationsMax) {
        self.configurationsMax = configurationsMax
    }

    /// Judges a whole history; every key has no entry at its beginning.
    package func check(_ calls: [Call]) -> Verdict {
        let keys = Dictionary(grouping: calls, by: \.key)
        for (key, calls) in keys.sorted(by: { $0.key < $1.key }) {
            let verdict = check(key, calls)
            if verdict != .linearizable { return verdict }
        }
        return .linearizable
    }

    private func check(_ key: String, _ calls: [Call]) -> Verdict {
        var search = LinearizationSearch(configurationsMax: configurationsMax)
        var seen: [Call] = []
        for event in Self.events(calls) {
            switch event.kind {
            case .began:
                seen.append(event.call)
                search.begin(event.call)
            case .ended:
                let before = search.values
                guard search.end(event.call) else { return .undecided(key: key) }
                if search.isStuck {
                    return .violated(
                        Violation(
                            call: event.call, possible: before, context: Array(seen.suffix(24))))
                }
            }
        }
        return .linearizable
    }

    private struct Event {
        enum Kind { case began, ended }
        let time: Int
        let kind: Kind
        let call: Call
    }

    /// Beginnings and ends in order; without what can have had no effect.
    private static func events(_ calls: [Call]) -> [Event] {
        var events: [Event] = []
        for call in calls {
            if call.answer == .failed || call.answer == .unknown && call.isRead { continue }
            events.append(Event(time: call.invoked, kind: .began, call: call))
            if let returned = call.returned {
                events.append(Event(time: returned, kind: .ended, call: call))
            }
        }
        return events.sorted { $0.time < $1.time }
    }
}
