package import CacheEngine
internal import Synchronization

/// One reason why a node should not be given traffic now.
package struct UnreadyReason: Sendable, Equatable {
    /// A word that never changes, for programs.
    package let kind: String
    /// For people.
    package let detail: String

    package init(_ kind: String, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

/// Where a node is in its life, and whether it may be given traffic.
///
/// Invariant: the phases follow each other in their order, and `draining` is the last.
package final class NodeState: Sendable {
    /// Looks for one reason that the state itself does not know; must not block.
    package typealias Check = @Sendable () -> UnreadyReason?

    private struct State {
        var progress = RecoveryProgress()
        var engine: Engine?
        var isDraining = false
        var checks: [Check] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The store, once it is open.
    package var engine: Engine? { state.withLock { $0.engine } }

    /// The store is still being opened; this far.
    package func report(_ progress: RecoveryProgress) {
        state.withLock { $0.progress = progress }
    }

    /// The store is open and its listeners are about to be.
    package func serve(_ engine: Engine) {
        state.withLock { $0.engine = engine }
    }

    /// The node is going to stop.
    package func drain() {
        state.withLock { $0.isDraining = true }
    }

    /// Adds a part of the node that may be unready by itself.
    package func add(_ check: @escaping Check) {
        state.withLock { $0.checks.append(check) }
    }

    /// Why the node should get no traffic; empty where it should.
    package var unreadyReasons: [UnreadyReason] {
        let now = state.withLock { $0 }
        var reasons: [UnreadyReason] = []
        if now.isDraining {
            reasons.append(UnreadyReason("draining", "The node is stopping."))
        }
        if let engine = now.engine {
            reasons += Self.reasons(of: engine)
        } else {
            reasons.append(UnreadyReason("recovering", Self.describe(now.progress)))
        }
        return reasons + now.checks.compactMap { $0() }
    }

    private static func reasons(of engine: Engine) -> [UnreadyReason] {
        if !engine.acceptsWrites {
            return [
                UnreadyReason(
                    "sync-failed", "A sync of the log failed: no writes until a restart.")
            ]
        }
        if engine.isDiskFull {
            return [UnreadyReason("disk-full", "The disk is full: writes are refused.")]
        }
        return []
    }

    private static func describe(_ progress: RecoveryProgress) -> String {
        if progress.segments == 0, progress.replayedRecords == 0 { return "Opening the store." }
        if progress.segmentsLoaded < progress.segments {
            return "Recovering: \(progress.segmentsLoaded) of \(progress.segments) segments."
        }
        return "Recovering: \(progress.replayedRecords) records of the log."
    }
}
