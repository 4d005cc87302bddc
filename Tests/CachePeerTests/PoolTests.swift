import CacheCluster
import NIOCore
import NIOPosix
import Testing

@testable import CachePeer

/// Who gets which connection.
struct PoolBookTests {
    /// A connection that has an identity and nothing else.
    private final class Connection {}

    private var book = PoolBook<Connection, Int>(connectionsMax: 2, waitersMax: 3)

    private enum Answer: Equatable { case use, dial, wait, refuse }

    private mutating func take(_ waiter: Int) -> Answer {
        switch book.take(waiter) {
        case .use: .use
        case .dial: .dial
        case .wait: .wait
        case .refuse: .refuse
        }
    }

    @Test mutating func connectionsAreDialedUpToTheLimitAndThenWaitedFor() {
        #expect(take(1) == .dial)
        #expect(take(2) == .dial)
        #expect(take(3) == .wait)
        #expect(take(4) == .refuse)
        let (first, second) = (Connection(), Connection())
        #expect(book.dialed(ObjectIdentifier(first), first, atMilliseconds: 0) == 1)
        #expect(book.dialed(ObjectIdentifier(second), second, atMilliseconds: 0) == 2)
        #expect(book.openCount == 2)
        #expect(book.giveBack(ObjectIdentifier(first), first, atMilliseconds: 0) == 3)
        #expect(book.giveBack(ObjectIdentifier(first), first, atMilliseconds: 0) == nil)
        #expect(take(5) == .use)
        #expect(book.openCount == 2)
    }

    @Test mutating func aFailedAttemptTellsAllWhereNothingElseIsOpen() {
        for waiter in 1...3 { _ = take(waiter) }
        #expect(book.dialFailed() == [1])
        #expect(book.dialFailed() == [2, 3])
        #expect(book.openCount == 0)
        #expect(take(4) == .dial)
    }

    @Test mutating func aConnectionThatEndsIsReplacedForWhoWaits() {
        for waiter in 1...3 { _ = take(waiter) }
        let (first, second) = (Connection(), Connection())
        _ = book.dialed(ObjectIdentifier(first), first, atMilliseconds: 0)
        _ = book.dialed(ObjectIdentifier(second), second, atMilliseconds: 0)
        // An attempt is due once.
        let dues = (0..<2).map { _ in book.closed(ObjectIdentifier(first)) }
        #expect(dues == [true, false])
        #expect(book.openCount == 2)
    }

    @Test mutating func theLastUsedIsTakenFirstAndTheOldestExpire() {
        let (first, second) = (Connection(), Connection())
        _ = take(1)
        _ = take(2)
        _ = book.dialed(ObjectIdentifier(first), first, atMilliseconds: 0)
        _ = book.dialed(ObjectIdentifier(second), second, atMilliseconds: 0)
        _ = book.giveBack(ObjectIdentifier(first), first, atMilliseconds: 10)
        _ = book.giveBack(ObjectIdentifier(second), second, atMilliseconds: 20)
        guard case .use(let taken) = book.take(3) else {
            Issue.record("an idle connection was not used")
            return
        }
        #expect(taken === second)
        _ = book.giveBack(ObjectIdentifier(second), second, atMilliseconds: 30)
        let early = book.expire(untilMilliseconds: 9)
        #expect(early.isEmpty)
        let expired = book.expire(untilMilliseconds: 29)
        #expect(expired.count == 1 && expired.first === first)
        #expect(book.openCount == 1)
    }
}

/// Pooled connections over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct PeerPoolTests {
    private let cluster: Cluster
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws { cluster = try Cluster() }

    /// A pool that is used on its loop.
    private func pool(_ settings: PeerSettings = .patient) async throws -> NIOLoopBound<
        PeerPool
    > {
        let dialer = PeerDialer(identity: try cluster.identity("b"), settings: settings)
        return try await loop.submit { [loop] in
            NIOLoopBound(
                PeerPool(dialer: dialer, eventLoop: loop, settings: settings) {
                    $0.eventLoop.makeSucceededVoidFuture()
                }, eventLoop: loop)
        }.get()
    }

    private func take(
        _ pool: NIOLoopBound<PeerPool>, _ target: PeerTarget
    ) async throws -> any Channel {
        try await loop.flatSubmit { pool.value.take(target) }.get()
    }

    private func giveBack(
        _ pool: NIOLoopBound<PeerPool>, _ channel: any Channel, _ target: PeerTarget
    ) async throws {
        try await loop.submit { pool.value.giveBack(channel, to: target) }.get()
    }

    private func count(_ pool: NIOLoopBound<PeerPool>) async throws -> Int {
        try await loop.submit { pool.value.connectionCount }.get()
    }

    @Test func connectionsAreUsedAgainAndBounded() async throws {
        var settings = PeerSettings.patient
        settings.pooledConnectionsMax = 2
        try await ListeningNode.run(cluster.identity("a")) { node in
            let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: node.port)
            let pool = try await pool(settings)
            let first = try await take(pool, target)
            let second = try await take(pool, target)
            #expect(first !== second)
            async let third = take(pool, target)
            try await giveBack(pool, first, target)
            #expect(try await third === first)
            // The other side takes them after this one.
            try await settled { node.listener.counters[admitted: .requests] == 2 }
            // One that breaks is replaced for whoever waits.
            async let fourth = take(pool, target)
            try await second.close()
            _ = try await fourth
            #expect(try await count(pool) == 2)
            try await loop.submit { pool.value.end() }.get()
            try await settled { node.listener.connectionCount == 0 }
            await #expect(throws: PeerPool.Failure.ended) { _ = try await take(pool, target) }
        }
    }

    @Test func whoIsServedMayUseThePoolAtOnce() async throws {
        var settings = PeerSettings.patient
        settings.pooledConnectionsMax = 1
        try await ListeningNode.run(cluster.identity("a")) { node in
            let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: node.port)
            let pool = try await pool(settings)
            // Each gives its connection to the next within its own turn.
            let turns = try await loop.submit {
                (0..<5).map { _ in
                    pool.value.take(target).map { pool.value.giveBack($0, to: target) }
                }
            }.get()
            for turn in turns { try await turn.get() }
            try await settled { node.listener.counters[admitted: .requests] == 1 }
            #expect(try await count(pool) == 1)
            try await loop.submit { pool.value.end() }.get()
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        var settings = PeerSettings.patient
        settings.poolIdleMilliseconds = 40
        try await ListeningNode.run(cluster.identity("a")) { node in
            let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: node.port)
            let pool = try await pool(settings)
            let used = try await take(pool, target)
            let idle = try await take(pool, target)
            try await giveBack(pool, idle, target)
            try await idle.closeFuture.get()
            #expect(used.isActive)
            #expect(try await count(pool) == 1)
            try await giveBack(pool, used, target)
            try await settled { node.listener.connectionCount == 0 }
        }
    }

    @Test func whoWaitsForANodeThatIsNotThereIsTold() async throws {
        var settings = PeerSettings.patient
        settings.pooledConnectionsMax = 1
        let gone = try await ServerBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(gone.localAddress?.port)
        try await gone.close()
        let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: port)
        let pool = try await pool(settings)
        let attempts = try await loop.submit {
            (pool.value.take(target), pool.value.take(target))
        }.get()
        await #expect(throws: PeerDialError.self) { _ = try await attempts.0.get() }
        await #expect(throws: PeerDialError.self) { _ = try await attempts.1.get() }
    }
}
