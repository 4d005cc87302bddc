package import NIOCore

/// Connections for forwarded requests, kept open between uses.
///
/// One pool belongs to one event loop: it is made, used and ended there, and so are its connections.
/// Where a connection breaks while it is idle, its taker may find it so only by using it: a request
/// that may be sent twice is worth a second try.
///
/// Invariant: a connection is with one taker at a time, from `take` until `giveBack` or its end.
package final class PeerPool {
    /// Why there is no connection, beside what dialing fails with.
    package enum Failure: Error, Sendable, Equatable {
        /// All connections to the node are in use, and as many wait for one as may.
        case exhausted
        /// The pool was ended.
        case ended
    }

    private typealias Book = PoolBook<any Channel, EventLoopPromise<any Channel>>

    private let dialer: PeerDialer
    private let eventLoop: any EventLoop
    private let settings: PeerSettings
    private let setUp: @Sendable (any Channel) -> EventLoopFuture<Void>
    private var books: [PeerTarget: Book] = [:]
    private var channels: [ObjectIdentifier: any Channel] = [:]
    private var sweep: Scheduled<Void>?
    private var isEnded = false

    /// - Parameter setUp: puts the handlers of requests behind those of TLS, once for each
    ///   connection.
    package init(
        dialer: PeerDialer, eventLoop: any EventLoop, settings: PeerSettings = PeerSettings(),
        setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) {
        self.dialer = dialer
        self.eventLoop = eventLoop
        self.settings = settings
        self.setUp = setUp
    }

    /// Connections open now, to all nodes.
    package var connectionCount: Int { channels.count }

    /// A connection to a node, for the caller alone: one that is idle, or a new one, or the next
    /// that is given back.
    /// - Returns: the channel; or `Failure`, or what `PeerDialer.open` fails with.
    package func take(_ target: PeerTarget) -> EventLoopFuture<any Channel> {
        let promise = eventLoop.makePromise(of: (any Channel).self)
        guard !isEnded else {
            promise.fail(Failure.ended)
            return promise.futureResult
        }
        var book = books[target] ?? makeBook()
        let answer = book.take(promise)
        books[target] = book
        switch answer {
        case .use(let channel): promise.succeed(channel)
        case .dial: dial(target)
        case .wait: break
        case .refuse: promise.fail(Failure.exhausted)
        }
        return promise.futureResult
    }

    /// Gives back what `take` brought. One that is no use any more is closed by its taker instead.
    package func giveBack(_ channel: any Channel, to target: PeerTarget) {
        guard channel.isActive else { return }
        let now = milliseconds
        let waiter = books[target]?.giveBack(
            ObjectIdentifier(channel), channel, atMilliseconds: now)
        sweepSoon()
        // It may use the pool at once.
        waiter?.succeed(channel)
    }

    /// Closes every connection; those who wait are told.
    package func end() {
        isEnded = true
        sweep?.cancel()
        for target in Array(books.keys) {
            for waiter in books[target]?.dismissWaiters() ?? [] { waiter.fail(Failure.ended) }
        }
        for channel in Array(channels.values) { channel.close(promise: nil) }
    }

    private var milliseconds: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    private func makeBook() -> Book {
        Book(
            connectionsMax: settings.pooledConnectionsMax,
            waitersMax: PeerLimits.pooledWaitersMax)
    }

    private func dial(_ target: PeerTarget) {
        dialer.open(target, on: eventLoop, setUp).assumeIsolated().whenComplete { outcome in
            switch outcome {
            case .success(let channel): self.dialed(target, channel)
            case .failure(let error): self.failed(target, error)
            }
        }
    }

    private func failed(_ target: PeerTarget, _ error: any Error) {
        let waiters = books[target]?.dialFailed() ?? []
        forgetUnused(target)
        for waiter in waiters { waiter.fail(error) }
    }

    private func dialed(_ target: PeerTarget, _ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let now = milliseconds
        channels[id] = channel
        let waiter = books[target]?.dialed(id, channel, atMilliseconds: now)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.closed(target, id) }
        if isEnded { channel.close(promise: nil) }
        sweepSoon()
        waiter?.succeed(channel)
    }

    private func closed(_ target: PeerTarget, _ id: ObjectIdentifier) {
        channels[id] = nil
        if books[target]?.closed(id) == true { dial(target) }
        forgetUnused(target)
    }

    private func forgetUnused(_ target: PeerTarget) {
        guard let book = books[target], book.openCount == 0, book.waiterCount == 0 else { return }
        books[target] = nil
    }

    private func sweepSoon() {
        guard sweep == nil, !isEnded else { return }
        let pause = TimeAmount.milliseconds(settings.poolIdleMilliseconds / 4 + 1)
        sweep = eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.sweep = nil
            self.closeIdle()
        }
    }

    private func closeIdle() {
        let time = milliseconds - settings.poolIdleMilliseconds
        for target in Array(books.keys) {
            for channel in books[target]?.expire(untilMilliseconds: time) ?? [] {
                channel.close(promise: nil)
            }
        }
        if !channels.isEmpty { sweepSoon() }
    }
}
