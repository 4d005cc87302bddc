internal import CacheBase
internal import CacheEngine
internal import NIOCore
internal import Synchronization

/// The next part of an event stream.
struct EventPage: Sendable {
    var text = ByteBuffer()
    /// Nothing follows.
    var isLast = false

    init() {}

    /// The stream's last words.
    init(end: EventStreamEnd) {
        text.appendEventStreamEnd(end)
        isLast = true
    }
}

/// One client's event stream: makes pages of what its follower is told.
///
/// Invariant: one page at a time is made, by a thread that may wait for the disk; `isDue` is asked
/// between pages.
final class EventStream: Sendable {
    private struct State {
        /// Nil until the first page is made: where it begins may have to be looked for.
        var follower: ChangeFollower?
        var hasMore = true
        /// Monotonic nanoseconds.
        var lastSent: UInt64 = 0
    }

    private let engine: Engine
    private let place: EventStreamPlace
    private let state = Mutex(State())

    init(_ engine: Engine, _ place: EventStreamPlace) {
        self.engine = engine
        self.place = place
    }

    /// There is something to tell, or nothing was for long enough that the client is told that the
    /// stream is alive. Cheap; on the event loop.
    var isDue: Bool {
        let now = engine.clock.monotonicNanoseconds()
        return state.withLock { state in
            state.hasMore || state.follower?.hasNews != false
                || now - state.lastSent >= HTTPLimits.eventSilenceMilliseconds * 1_000_000
        }
    }

    /// Makes the next page. May wait for the disk.
    func nextPage(_ subscription: EventSubscription) -> EventPage {
        let now = engine.clock.monotonicNanoseconds()
        return state.withLock { state in
            var page = EventPage()
            let follower = state.follower ?? begin(subscription, &state, &page)
            let found = follower.next { subscription.wants($0, $1) }
            state.hasMore = !found.isUpToDate && !found.isTooFarBehind
            if found.hasMissedRemovals {
                page.appendGap(subscription.wanted { !$0.isRecorded })
            }
            for change in found.changes { page.text.append(change) }
            if found.isTooFarBehind {
                page.text.appendEventStreamEnd(.slow)
                page.isLast = true
                place.streams.noteDropped()
            }
            let isSilent = page.text.readableBytes == 0
            if isSilent,
                now - state.lastSent >= HTTPLimits.eventSilenceMilliseconds * 1_000_000
            {
                page.text.appendEventPosition(found.position)
            }
            if page.text.readableBytes > 0 { state.lastSent = now }
            place.streams.noteSent(found.changes.count)
            return page
        }
    }

    private func begin(
        _ subscription: EventSubscription, _ state: inout State, _ page: inout EventPage
    ) -> ChangeFollower {
        let follower = engine.follow(after: subscription.after)
        state.follower = follower
        page.text.appendEventPreamble(follower.start)
        if let gap = follower.gap {
            page.appendGap(
                subscription.wanted { $0.isRecorded ? gap.hasMissedRecords : gap.hasMissedRemovals }
            )
        }
        return follower
    }

    /// The client does not take what it is sent.
    func noteDropped() { place.streams.noteDropped() }
}

extension EventPage {
    fileprivate mutating func appendGap(_ kinds: [ChangeKind]) {
        if !kinds.isEmpty { text.appendEventGap(kinds) }
    }
}
