import CacheBase
import Synchronization
import Testing

@testable import CacheSecurity

/// How the issuer's keys come, change and go.
struct KeyRingTests {
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    @Test func theFirstTokenFetchesTheKeysAndLaterOnesDoNot() async throws {
        let bench = Bench(secret: nil, keys: try issuer.keySet())
        #expect(!bench.authenticator.hasKeys)
        let token = try issuer.token(.es256, keyID: "p")
        #expect(bench.verify(token).needsKeys)
        #expect(await bench.verifyFetching(token).isAllowed)
        for _ in 0..<10 { #expect(bench.verify(token).isAllowed) }
        #expect(bench.published.fetches == 1)
        #expect(bench.authenticator.hasKeys)
    }

    @Test func manyWhoWaitShareOneFetch() async throws {
        let bench = Bench(keys: try issuer.keySet())
        bench.published.close()
        let token = try issuer.token(.es256, keyID: "p")
        let ended = Mutex(0)
        for _ in 0..<100 {
            #expect(bench.verify(token).needsKeys)
            #expect(bench.authenticator.afterKeyFetch { ended.withLock { $0 += 1 } })
        }
        #expect(ended.withLock { $0 } == 0)
        async let verdict = bench.verifyFetching(token)
        bench.published.open()
        #expect(await verdict.isAllowed)
        #expect(ended.withLock { $0 } == 100)
        #expect(bench.published.fetches == 1)
    }

    @Test func noMoreThanTheLimitWait() async throws {
        let bench = Bench(keys: try issuer.keySet())
        bench.published.close()
        let token = try issuer.token(.es256, keyID: "p")
        #expect(bench.verify(token).needsKeys)
        for _ in 0..<SecurityLimits.keyWaitersMax {
            #expect(bench.authenticator.afterKeyFetch {})
        }
        #expect(!bench.authenticator.afterKeyFetch {})
        let refused = await bench.verifyFetching(token)
        #expect(refused.failure == .keysUnavailable)
        bench.published.open()
    }

    @Test func unknownNamesFetchAtMostOnceInAnInterval() async throws {
        let bench = Bench(keys: try issuer.keySet())
        #expect(await bench.verifyFetching(try issuer.token(.es256, keyID: "p")).isAllowed)
        for number in 0..<50 {
            let token = try issuer.token(.es256, keyID: "forged-\(number)")
            #expect(await bench.verifyFetching(token).failure == .unknownKey)
        }
        #expect(bench.published.fetches == 1)
        bench.pass(seconds: 30)
        #expect(
            await bench.verifyFetching(try issuer.token(.es256, keyID: "x")).failure == .unknownKey)
        #expect(bench.published.fetches == 2)
    }

    @Test func aNewKeyIsThereForTheFirstTokenThatNamesIt() async throws {
        let bench = Bench(keys: "{\"keys\":[\(issuer.p256Key("old"))]}")
        #expect(await bench.verifyFetching(try issuer.token(.es256, keyID: "old")).isAllowed)
        let generation = bench.generation()
        bench.published.publish("{\"keys\":[\(issuer.p256Key("new"))]}")
        bench.pass(seconds: 30)
        #expect(await bench.verifyFetching(try issuer.token(.es256, keyID: "new")).isAllowed)
        #expect(bench.generation() > generation)
        #expect(bench.verify(try issuer.token(.es256, keyID: "old")).failure == .unknownKey)
    }

    @Test func keysInUseAreRefreshedAndTheSameOnesAreNoChange() async throws {
        let bench = Bench(keys: try issuer.keySet())
        let token = try issuer.token(
            header: #"{"alg":"ES256","kid":"p"}"#, claims: Issuer.claims(lasting: 900_000),
            by: .p256)
        #expect(await bench.verifyFetching(token).isAllowed)
        let generation = bench.generation()
        bench.pass(seconds: 900)
        // Accepted by the keys that are there, while others are fetched.
        #expect(bench.verify(token).isAllowed)
        await fetched(bench)
        #expect(bench.published.fetches == 2)
        #expect(bench.generation() == generation)
    }

    @Test func keysOfAnIssuerThatIsGoneAreUsedForADayAndNoLonger() async throws {
        let bench = Bench(secret: nil, keys: try issuer.keySet())
        let token = try issuer.token(
            header: #"{"alg":"ES256","kid":"p"}"#, claims: Issuer.claims(lasting: 900_000),
            by: .p256)
        #expect(await bench.verifyFetching(token).isAllowed)
        bench.published.publish(nil)
        bench.pass(seconds: 86_399)
        #expect(bench.verify(token).isAllowed)
        await fetched(bench)
        bench.pass(seconds: 1)
        #expect(bench.verify(token).failure == .keysUnavailable || bench.verify(token).needsKeys)
        bench.pass(seconds: 30)
        #expect(await bench.verifyFetching(token).failure == .keysUnavailable)
        #expect(!bench.authenticator.hasKeys)
        bench.published.publish(try issuer.keySet())
        bench.pass(seconds: 30)
        #expect(await bench.verifyFetching(token).isAllowed)
    }

    @Test func aFailedFetchIsTriedAgainSoonAndThenMoreSeldom() {
        var schedule = KeySchedule()
        var now: UInt64 = 5
        var pauses: [UInt64] = []
        #expect(schedule.keyMissed(at: now) == .fetch)
        for _ in 0..<8 {
            #expect(schedule.keyMissed(at: now) == .wait)
            schedule.fetchFailed(at: now)
            let failedAt = now
            while schedule.keyMissed(at: now) == .refuse { now += 1 }
            pauses.append(now - failedAt)
        }
        #expect(pauses == [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
        #expect(!schedule.hasKeys(at: now))
        schedule.fetched(at: now)
        #expect(schedule.hasKeys(at: now))
        // Read before the fetch ended, asked after it.
        #expect(schedule.hasKeys(at: now - 1))
        #expect(schedule.keyMissed(at: now - 1) == .refuse)
        #expect(schedule.keyMissed(at: now + 29_999) == .refuse)
        #expect(schedule.keyUsed(at: now + 899_999) == false)
        #expect(schedule.keyUsed(at: now + 900_000) == true)
        #expect(schedule.keyUsed(at: now + 900_000) == false)
        #expect(schedule.keyMissed(at: now + 900_000) == .wait)
    }

    /// Returns when no fetch is under way.
    private func fetched(_ bench: Bench) async {
        await withCheckedContinuation { continuation in
            if !bench.authenticator.afterKeyFetch({ continuation.resume() }) {
                continuation.resume()
            }
        }
    }
}
