internal import Synchronization

/// Counts the event streams of all loops against their limit, and what they do.
final class EventStreams: Sendable {
    private let open = Atomic(0)
    private let sent = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    var count: Int { open.load(ordering: .relaxed) }
    /// Events sent so far.
    var sentEvents: UInt64 { sent.load(ordering: .relaxed) }
    /// Streams ended because their clients were slow.
    var droppedStreams: UInt64 { dropped.load(ordering: .relaxed) }

    /// Takes a place; nil where all are taken. It is given back when it is let go.
    func takePlace() -> EventStreamPlace? {
        let (_, count) = open.add(1, ordering: .relaxed)
        if count <= HTTPLimits.eventStreamsMax { return EventStreamPlace(self) }
        leave()
        return nil
    }

    fileprivate func leave() { open.subtract(1, ordering: .relaxed) }

    func noteSent(_ events: Int) { sent.add(UInt64(events), ordering: .relaxed) }

    func noteDropped() { dropped.add(1, ordering: .relaxed) }
}

/// One stream's place among the `EventStreams`.
final class EventStreamPlace: Sendable {
    let streams: EventStreams

    fileprivate init(_ streams: EventStreams) { self.streams = streams }

    deinit { streams.leave() }
}
