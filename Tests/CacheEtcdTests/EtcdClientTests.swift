import CacheMembership
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CacheEtcd

/// The contract on which membership is built, with a real etcd.
@Suite("A client of etcd", .enabled(if: EtcdProcess.program != nil), .timeLimit(.minutes(3)))
struct EtcdClientTests {
    /// Time enough for a machine that does much else.
    private static let patience = Duration.seconds(20)

    /// Runs `body` with a client, which is closed afterwards, when etcd answers.
    private func withClient(
        _ settings: EtcdSettings, _ body: (EtcdClient) async throws -> Void
    ) async throws {
        var settings = settings
        settings.timeout = Self.patience
        let client = try EtcdClient(settings)
        do {
            try await until { (try? await client.perform(.read(prefix: "/none/"))) != nil }
            try await body(client)
            await client.close()
        } catch {
            await client.close()
            throw error
        }
    }

    private func write(
        _ value: String, _ lease: LeaseID? = nil, ifRevision revision: Int64
    ) -> StoreRequest {
        .write(
            key: "/a/key", value: Array(value.utf8), lease: lease,
            conditions: [StoreCondition(key: "/a/key", revision: revision)])
    }

    private func entries(_ client: EtcdClient) async throws -> [StoreEntry] {
        guard case .entries(let entries, _) = try await client.perform(.read(prefix: "/a/")) else {
            throw EtcdProcess.Failed()
        }
        return entries
    }

    private func grant(_ client: EtcdClient, seconds: Int) async throws -> LeaseID {
        guard case .lease(let lease, _) = try await client.perform(.grantLease(seconds: seconds))
        else { throw EtcdProcess.Failed() }
        return lease
    }

    @Test func aWriteHappensOnlyWhereItsConditionsHold() async throws {
        let etcd = try EtcdProcess()
        try await withClient(EtcdSettings(endpoints: [try etcd.endpoint])) { client in
            #expect(try await client.perform(write("one", ifRevision: 0)) == .written(true))
            #expect(try await client.perform(write("two", ifRevision: 0)) == .written(false))
            let entry = try #require(try await entries(client).first)
            #expect(entry.value == Array("one".utf8) && entry.lease == nil)
            let next = write("two", ifRevision: entry.revision)
            #expect(try await client.perform(next) == .written(true))
            #expect(try await entries(client).map(\.value) == [Array("two".utf8)])
        }
    }

    @Test func anEntryGoesWithItsLease() async throws {
        let etcd = try EtcdProcess()
        try await withClient(EtcdSettings(endpoints: [try etcd.endpoint])) { client in
            let lease = try await grant(client, seconds: 60)
            #expect(try await client.perform(write("one", lease, ifRevision: 0)) == .written(true))
            #expect(try await entries(client).map(\.lease) == [lease])
            #expect(try await client.perform(.keepAlive(lease)) == .lease(lease, seconds: 60))
            #expect(try await client.perform(.revokeLease(lease)) == .revoked)
            #expect(try await entries(client).isEmpty)
            #expect(try await client.perform(.keepAlive(lease)) == .noLease)
            #expect(try await client.perform(.revokeLease(lease)) == .noLease)
            let late = write("two", lease, ifRevision: 0)
            #expect(try await client.perform(late) == .written(false))
        }
    }

    @Test func aWatchTellsOfItsBeginningAndOfEachChangeAlsoAfterARestart() async throws {
        let etcd = try EtcdProcess()
        try await withClient(EtcdSettings(endpoints: [try etcd.endpoint])) { client in
            let count = Counter()
            let watch = Task { await client.watch(prefix: "/a/") { count.add() } }
            defer { watch.cancel() }
            try await until { count.value == 1 }
            _ = try await client.perform(write("one", ifRevision: 0))
            try await until { count.value == 2 }
            etcd.kill()
            try etcd.start()
            try await until { count.value >= 3 }
            watch.cancel()
            await watch.value
        }
    }

    @Test func anEndpointThatIsNotThereIsPassedOver() async throws {
        let etcd = try EtcdProcess()
        let nobody = try #require(EtcdEndpoint("http://127.0.0.1:\(EtcdProcess.freePort())"))
        try await withClient(EtcdSettings(endpoints: [nobody, etcd.endpoint])) { client in
            let reply = try await client.perform(write("one", ifRevision: 0))
            #expect(reply == .written(true))
        }
    }

    @Test func anotherEtcdIsNotTakenForTheSame() async throws {
        let (first, second) = (try EtcdProcess(), try EtcdProcess())
        let settings = EtcdSettings(endpoints: [try first.endpoint, try second.endpoint])
        try await withClient(settings) { client in
            first.kill()
            await #expect(throws: EtcdError.self) { _ = try await entries(client) }
            try first.start()
            try await until { (try? await entries(client)) != nil }
        }
    }

    @Test func anEtcdThatStandsStillIsWaitedForNoLongerThanSaid() async throws {
        let etcd = try EtcdProcess()
        try await withClient(EtcdSettings(endpoints: [try etcd.endpoint])) { client in
            etcd.send(SIGSTOP)
            var hasty = client.settings
            hasty.timeout = .milliseconds(100)
            let other = try EtcdClient(hasty)
            do {
                _ = try await other.perform(.read(prefix: "/a/"))
                Issue.record("who stands still answered")
            } catch let error as EtcdError {
                #expect(error.kind == .timedOut)
            }
            await other.close()
            etcd.send(SIGCONT)
            #expect(try await entries(client).isEmpty)
        }
    }

    @Test func certificatesAreShownAndChecked() async throws {
        let certificates = try ClusterCertificates([
            "etcd": .init("IP:127.0.0.1"), "node": .init("DNS:node"),
            "stranger": {
                var kind = ClusterCertificates.Kind("DNS:node")
                kind.authority = "other"
                return kind
            }(),
        ])
        let files = certificates.files
        let etcd = try EtcdProcess(security: .init(certificates: certificates, name: "etcd"))
        func settings(_ name: String?, _ authority: String) throws -> EtcdSettings {
            let identity = name.map { (files["\($0).pem"] ?? [], files["\($0).key"] ?? []) }
            return EtcdSettings(
                endpoints: [try etcd.endpoint],
                security: EtcdSecurity(
                    authorities: files["\(authority).pem"],
                    identity: identity.map { (chain: $0.0, key: $0.1) }))
        }
        try await withClient(settings("node", "ca")) { client in
            let reply = try await client.perform(write("one", ifRevision: 0))
            #expect(reply == .written(true))
        }
        for (name, authority) in [(nil, "ca"), ("stranger", "ca"), ("node", "other")] {
            let client = try EtcdClient(settings(name, authority))
            await #expect(throws: EtcdError.self, "\(name ?? "none"), \(authority)") {
                try await client.perform(.read(prefix: "/a/"))
            }
            await client.close()
        }
    }

    @Test func aUserIsLoggedInAndAgainWhenEtcdForgot() async throws {
        let etcd = try EtcdProcess()
        let plain = EtcdSettings(endpoints: [try etcd.endpoint])
        try await withClient(plain) { client in
            for (path, body) in [
                ("user/add", #"{"name":"root","password":"secret"}"#),
                ("role/add", #"{"name":"root"}"#),
                ("user/grant", #"{"user":"root","role":"root"}"#), ("enable", "{}"),
            ] {
                _ = try await client.post(
                    "/v3/auth/" + path, Array(body.utf8), token: nil, to: client.target(),
                    upTo: 1 << 16)
            }
            await #expect(throws: EtcdError.self) { try await entries(client) }
        }
        var settings = plain
        settings.user = EtcdUser(name: "root", password: "secret")
        try await withClient(settings) { client in
            #expect(try await entries(client).isEmpty)
            // Its tokens are in memory.
            etcd.kill()
            try etcd.start()
            try await until { (try? await entries(client)) != nil }
        }
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}

/// Looks again and again until the condition holds; the test's own limit ends it.
func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() { try await Task.sleep(for: .milliseconds(20)) }
}
