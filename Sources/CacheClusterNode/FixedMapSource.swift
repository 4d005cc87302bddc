package import CacheCluster
internal import Dispatch
internal import Synchronization

/// The map of a fixed group of nodes: nobody is promoted, nobody comes or goes.
///
/// Each node has a map of its own, which differs from the others' only in who counts as in sync: and
/// that matters only to the primary that says so.
package final class FixedMapSource: MapSource {
    private struct State {
        var controller: ClusterController
        var listener: (@Sendable (ClusterMap) -> Void)?
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "dcs-map")

    package init(_ members: [Member], copies: Int) {
        let map = ClusterMap(fixed: members, copies: min(copies, members.count))
        state = Mutex(State(controller: ClusterController(map)))
    }

    package func start(
        _ listener: @escaping @Sendable (ClusterMap) -> Void,
        lease: @escaping @Sendable (UInt64) -> Void
    ) {
        lease(.max)
        let map = state.withLock { state in
            state.listener = listener
            return state.controller.map
        }
        queue.async { listener(map) }
    }

    package func propose(_ events: [ClusterEvent]) {
        queue.async { [self] in
            let (map, listener) = state.withLock { state in
                let hasChanged = state.controller.handle(events)
                return (hasChanged ? state.controller.map : nil, state.listener)
            }
            if let map { listener?(map) }
        }
    }

    package func stop() {
        state.withLock { $0.listener = nil }
        queue.sync {}
    }
}
