package import CacheBase
internal import Synchronization

/// Someone who is told of every change of the entries, in their order, from a position on.
///
/// Puts and deletes are read from the log, expirations and evictions from what is noted of them
/// while somebody follows; whoever writes is not slowed down. Where `SyncMode.always` holds, a
/// change is told once it is durable. One call at a time; it ends when it is let go.
package final class ChangeFollower: Sendable {
    private struct State {
        var log: LogFollower
        var removals: RemovalLog.Place
        var hasMissedRemovals = false
    }

    /// What cannot be told of the changes behind the position wanted.
    package struct Gap: Sendable, Equatable {
        /// Nothing is told of the records up to where the follower begins.
        package let hasMissedRecords: Bool
        /// Expirations or evictions may be missing.
        package let hasMissedRemovals: Bool
    }

    /// The position after which it begins.
    package let start: LSN
    /// Nil where nothing is missing.
    package let gap: Gap?
    private let parts: EngineParts
    private let state: Mutex<State>

    /// - Parameter wanted: the position after which to begin; nil for now.
    init(_ parts: EngineParts, after wanted: LSN?) {
        self.parts = parts
        let now = parts.removals.follow(from: parts.log.lastLSN)
        guard let wanted else {
            let log = LogFollower(atEndOf: parts.log)
            start = LSN(rawValue: log.next.rawValue - 1)
            gap = nil
            state = Mutex(State(log: log, removals: now))
            return
        }
        if let log = LogFollower(after: wanted, in: parts.log) {
            let (place, isIncomplete) = parts.removals.place(after: wanted)
            start = wanted
            gap = isIncomplete ? Gap(hasMissedRecords: false, hasMissedRemovals: true) : nil
            state = Mutex(State(log: log, removals: place))
        } else {
            let log = LogFollower(atEndOf: parts.log)
            start = LSN(rawValue: log.next.rawValue - 1)
            gap = Gap(hasMissedRecords: true, hasMissedRemovals: true)
            state = Mutex(State(log: log, removals: now))
        }
    }

    deinit { parts.removals.unfollow(at: parts.clock.monotonicNanoseconds()) }

    /// True where `next` would find something. Cheap; not while `next` runs.
    package var hasNews: Bool {
        let limit = limit
        return state.withLock { state in
            state.log.next <= limit || parts.removals.hasNews(for: state.removals)
        }
    }

    /// The next changes that pass the filter. May wait for the disk; never on an event loop.
    package func next(_ wants: ChangeFilter) -> ChangePage {
        parts.removals.readKeys()
        return state.withLock { state in
            // In this order: what is taken out later than the limit is behind it.
            let limit = limit
            let (removals, ceiling, hasMissed) = parts.removals.removals(at: &state.removals)
            var page = ChangePage(position: LSN(rawValue: state.log.next.rawValue - 1))
            page.hasMissedRemovals = hasMissed
            let end = min(limit, ceiling ?? limit)
            // Behind a ceiling, or at it, are removals that this page does not hold.
            let hasMore = ceiling.map { $0 <= limit } ?? false
            page.isUpToDate = merge(removals, &state, upTo: end, into: &page, wants) && !hasMore
            return page
        }
    }

    /// Puts removals between the records where they belong.
    /// - Returns: false where the page was full before the end.
    private func merge(
        _ removals: [Removal], _ state: inout State, upTo end: LSN,
        into page: inout ChangePage, _ wants: ChangeFilter
    ) -> Bool {
        for removal in removals where removal.position <= end {
            guard state.log.read(upTo: removal.position, from: parts.log, into: &page, wants),
                !page.isFull
            else { return false }
            state.removals.number += 1
            if removal.key.withUnsafeBytes({ wants(removal.kind, $0) }) {
                page.add(removal)
            }
        }
        return state.log.read(upTo: end, from: parts.log, into: &page, wants)
    }

    /// The newest record that may be told of.
    private var limit: LSN {
        parts.tellableLSN
    }
}

extension Engine {
    /// Begins to follow the changes of the entries.
    ///
    /// - Parameter position: what the follower has seen, the `position` of a page or of a change
    ///   that ends it; nil to begin now. Where it is not held any more, `gap` says so.
    /// - Complexity: O(bytes of the log file that holds the position); waits for the disk.
    package func follow(after position: LSN? = nil) -> ChangeFollower {
        ChangeFollower(parts, after: position)
    }
}
