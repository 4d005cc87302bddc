package import CacheBase
internal import Synchronization

/// Tells who serves a key, by the newest map and by the lease of this node.
///
/// Invariant: `table` is the newest that was taken.
package final class PartitionRouter: Sendable {
    private struct State {
        var table: RoutingTable
        var listeners: [@Sendable (RoutingTable) -> Void] = []
    }

    private let state: Mutex<State>
    private let clock: Clock
    /// Monotonic nanoseconds until which this node may take writes.
    private let writableUntil = Atomic<UInt64>(0)

    package init(_ table: RoutingTable, clock: Clock) {
        self.clock = clock
        state = Mutex(State(table: table))
    }

    package var table: RoutingTable { state.withLock { $0.table } }

    /// A newer map is in force.
    package func take(_ table: RoutingTable) {
        let listeners = state.withLock { state in
            state.table = table
            return state.listeners
        }
        for listener in listeners { listener(table) }
    }

    /// Calls `listener` with the table of now and with each newer one.
    package func listen(_ listener: @escaping @Sendable (RoutingTable) -> Void) {
        let table = state.withLock { state in
            state.listeners.append(listener)
            return state.table
        }
        listener(table)
    }

    /// This node may take writes until then; `.max` where no lease is needed.
    package func setWritable(until deadline: UInt64) {
        writableUntil.store(deadline, ordering: .releasing)
    }

    /// Milliseconds for which others may have taken writes of what this node leads, rounded up: since
    /// its lease ended. nil while that is valid; `.max` where there was none.
    @inline(__always)
    package var millisecondsWithoutLease: UInt64? {
        let until = writableUntil.load(ordering: .acquiring)
        guard until != .max else { return nil }
        let now = clock.monotonicNanoseconds()
        guard now >= until else { return nil }
        return until == 0 ? .max : (now - until) / 1_000_000 + 1
    }

    /// True where this node may take writes now.
    @inline(__always)
    package var isWritable: Bool {
        let until = writableUntil.load(ordering: .acquiring)
        return until == .max || clock.monotonicNanoseconds() < until
    }
}
