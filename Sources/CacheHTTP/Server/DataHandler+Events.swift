internal import CacheBase
internal import CacheEngine
internal import NIOCore

extension DataHandler {
    /// Has the next page of the stream made, once there is something to tell and the client takes
    /// it.
    func serveEvents(_ subscription: EventSubscription) {
        guard let stream = eventStream ?? openStream() else {
            return worker.refuse(
                self, StorageError(.overloaded, "as many event streams are open as may be"))
        }
        if !connection.pointee.isBlocked, stream.isDue {
            worker.makePage(of: stream, subscription, for: self)
        } else {
            worker.awaitEvents(self)
        }
    }

    private func openStream() -> EventStream? {
        eventStream = worker.makeEventStream()
        return eventStream
    }

    /// Looks again whether there is something to tell.
    func lookForEvents() {
        guard context != nil, case .events(let subscription) = connection.pointee.waiting else {
            return
        }
        if let blockedSince,
            worker.context.now - blockedSince >= worker.context.settings.eventStallMilliseconds
        {
            eventStream?.noteDropped()
            return endEvents(.slow)
        }
        serveEvents(subscription)
    }

    /// Ends the stream, if there is one, with a last event that says why. It is sent behind
    /// whatever the client has not taken yet.
    func endEvents(_ end: EventStreamEnd) {
        guard context != nil, case .events = connection.pointee.waiting else { return }
        if connection.pointee.isBlocked { unblock() }
        resume(.events(EventPage(end: end)))
    }
}
