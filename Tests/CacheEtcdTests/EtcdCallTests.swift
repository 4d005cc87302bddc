import CacheMembership
import Testing

@testable import CacheEtcd

@Suite("etcd's messages")
struct EtcdCallTests {
    private let lease = LeaseID(rawValue: 7)
    private let header =
        #""header":{"cluster_id":"9","member_id":"1","revision":"5","raft_term":"2"}"#

    private func body(_ request: StoreRequest) -> String {
        // Keys are written in no certain order.
        String(decoding: EtcdCall(request).body, as: UTF8.self)
    }

    private func reply(_ text: String, to request: StoreRequest) throws -> StoreReply {
        let (reply, cluster) = try EtcdCall(request).reply(Array(text.utf8))
        #expect(cluster == 9)
        return reply
    }

    private func kind(of text: String, to request: StoreRequest) -> EtcdError.Kind? {
        do {
            _ = try EtcdCall(request).reply(Array(text.utf8))
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func numbersAreSentAsTextAndBytesAsBase64() {
        let keepAlive = body(.keepAlive(lease))
        #expect(keepAlive == #"{"ID":"7"}"#)
        let grant = body(.grantLease(seconds: 3))
        #expect(grant.contains(#""TTL":"3""#) && grant.contains(#""ID":"0""#))
        let read = body(.read(prefix: "/a/"))
        #expect(read.contains(#""key":"L2Ev""#) && read.contains(#""range_end":"L2Ew""#))
        #expect(read.contains(#""limit":"2049""#))
    }

    @Test func aWriteHasItsConditions() {
        let write = body(
            .write(
                key: "/a", value: [0xFF], lease: lease,
                conditions: [StoreCondition(key: "/b", revision: 0)]))
        #expect(write.contains(#""mod_revision":"0""#) && write.contains(#""target":"MOD""#))
        #expect(write.contains(#""result":"EQUAL""#) && write.contains(#""value":"/w==""#))
        #expect(write.contains(#""lease":"7""#))
    }

    @Test func aLeaseIsReadFromItsGrantAndItsRenewal() throws {
        let granted = try reply(
            "{\(header),\"ID\":\"7\",\"TTL\":\"3\"}", to: .grantLease(seconds: 3))
        #expect(granted == .lease(lease, seconds: 3))
        let kept = try reply(
            "{\"result\":{\(header),\"ID\":\"7\",\"TTL\":\"3\"}}\n", to: .keepAlive(lease))
        #expect(kept == .lease(lease, seconds: 3))
    }

    @Test func aLeaseWithoutTimeIsNone() throws {
        let kept = try reply("{\"result\":{\(header),\"ID\":\"7\"}}\n", to: .keepAlive(lease))
        #expect(kept == .noLease)
    }

    @Test func whatIsLeftOutIsEmpty() throws {
        let entries = try reply("{\(header)}", to: .read(prefix: "/a/"))
        #expect(entries == .entries([], revision: 5))
        let written = try reply(
            "{\(header)}", to: .write(key: "a", value: [], lease: nil, conditions: []))
        #expect(written == .written(false))
        let entry = try reply(
            "{\(header),\"kvs\":[{\"key\":\"L2EvYg==\",\"mod_revision\":\"4\"}]}",
            to: .read(prefix: "/a/"))
        #expect(
            entry
                == .entries(
                    [StoreEntry(key: "/a/b", value: [], revision: 4, lease: nil)], revision: 5))
    }

    @Test func aKeyThatIsNoTextIsPassedOver() throws {
        let entries = try reply(
            "{\(header),\"kvs\":[{\"key\":\"L2Ev/w==\",\"mod_revision\":\"4\"}]}",
            to: .read(prefix: "/a/"))
        #expect(entries == .entries([], revision: 5))
    }

    @Test(arguments: [
        // Not the JSON of a gateway.
        "", "Not Found", "[]", "{}", #"{"header":{"cluster_id":9}}"#,
        // No revision; a key outside; a revision to come; bytes and numbers in other forms.
        #"{"header":{"cluster_id":"9"}}"#,
        #"{"header":{"cluster_id":"9","revision":"5"},"kvs":[{"key":"L2I=","mod_revision":"4"}]}"#,
        #"{"header":{"cluster_id":"9","revision":"5"},"kvs":[{"key":"L2EvYg==","mod_revision":"6"}]}"#,
        #"{"header":{"cluster_id":"9","revision":"5"},"kvs":[{"key":"L2EvYg","mod_revision":"4"}]}"#,
        #"{"header":{"cluster_id":"9","revision":"5"},"kvs":[{"key":"L2EvYg==","mod_revision":4}]}"#,
        #"{"header":{"cluster_id":"9","revision":"+5"}}"#,
        #"{"header":{"cluster_id":"9","revision":"99999999999999999999"}}"#,
    ])
    func anAnswerThatEtcdDoesNotGiveIsAnError(text: String) {
        #expect(kind(of: text, to: .read(prefix: "/a/")) == .unreadable)
    }

    @Test func anAnswerAboutAnotherLeaseIsAnError() {
        let text = "{\"result\":{\(header),\"ID\":\"8\",\"TTL\":\"3\"}}"
        #expect(kind(of: text, to: .keepAlive(lease)) == .unreadable)
        let negative = "{\(header),\"ID\":\"7\",\"TTL\":\"-3\"}"
        #expect(kind(of: negative, to: .grantLease(seconds: 3)) == .unreadable)
    }

    @Test func aRefusalWithinAStreamIsOne() {
        let text = #"{"error":{"grpc_code":14,"http_code":503,"message":"no leader"}}"#
        #expect(kind(of: text, to: .keepAlive(lease)) == .refused(code: 14))
    }

    @Test func aLeaseThatIsGoneIsAnAnswer() {
        let text = #"{"error":"etcdserver: requested lease not found","code":5}"#
        let refusal = EtcdCall.failure(status: 404, Array(text.utf8))
        #expect(refusal.kind == .refused(code: 5))
        #expect(EtcdCall(.revokeLease(lease)).reply(to: refusal) == .noLease)
        let write = StoreRequest.write(key: "a", value: [], lease: lease, conditions: [])
        #expect(EtcdCall(write).reply(to: refusal) == .written(false))
        #expect(EtcdCall(.read(prefix: "a")).reply(to: refusal) == nil)
    }

    @Test func onlyAnotherMemberMayDoBetterThanOneWithoutLeader() {
        #expect(EtcdError(.refused(code: 14), "").isOfEndpoint)
        #expect(!EtcdError(.refused(code: 7), "").isOfEndpoint)
    }

    @Test(arguments: [
        "", "http://", "http://a", "http://:1", "http://a:0", "http://a:65536", "ftp://a:1",
        "http://a:1/x", "http://user@a:1", "http://a b:1", "a:1",
    ])
    func whatIsNoEndpointIsRefused(url: String) {
        #expect(EtcdEndpoint(url) == nil)
    }

    @Test(arguments: ["http://127.0.0.1:2379", "https://etcd.local:2379", "http://[::1]:2379"])
    func anEndpointIsAURLWithAPort(url: String) {
        #expect(EtcdEndpoint(url)?.description == url)
    }
}

@Suite("The lines of a watch")
struct WatchLinesTests {
    private let news = "{\"result\":{\"events\":[{}]}}\n"

    @Test func aLineThatIsWholeIsNews() {
        var lines = WatchLines()
        let first = lines.take(news.utf8.dropLast())
        #expect(first == .nothing)
        let second = lines.take("\n".utf8)
        #expect(second == .changed)
    }

    @Test func aLongLineIsNewsAtItsEndAndIsNotKept() {
        var lines = WatchLines()
        let part = lines.take(repeatElement(UInt8(ascii: "x"), count: 1 << 20))
        #expect(part == .nothing)
        let end = lines.take("\n".utf8)
        #expect(end == .changed)
        let next = lines.take(news.utf8)
        #expect(next == .changed)
    }

    @Test(arguments: [
        "{\"result\":{\"created\":true,\"canceled\":true,\"watch_id\":\"-1\"}}\n",
        "{\"error\":{\"grpc_code\":14,\"message\":\"no leader\"}}\n", "Not Found\n",
    ])
    func aWatchThatEtcdEndedIsOver(line: String) {
        var lines = WatchLines()
        let event = lines.take(line.utf8)
        #expect(event == .ended)
    }
}
