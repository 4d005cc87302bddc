internal import AsyncHTTPClient
package import CacheMembership
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Synchronization

/// A client of etcd's JSON gateway, for what membership needs of it.
///
/// A request goes to the endpoint that answered last. Where that does not answer, it goes to the
/// others in turn until its time is over; membership's requests may take effect twice. Redirects
/// are not followed. To be closed before it is let go.
package final class EtcdClient: MembershipStore {
    // Constant.
    let settings: EtcdSettings
    let http: HTTPClient
    private let state = Mutex(State())

    private struct State {
        /// The endpoint that is asked first.
        var endpoint = 0
        /// Which etcd answered first.
        var cluster: UInt64?
        var token: String?
    }

    /// An endpoint and its place.
    struct Target {
        let endpoint: EtcdEndpoint
        let place: Int
    }

    /// - Throws: `EtcdError` where a certificate or the key is none.
    package init(_ settings: EtcdSettings) throws(EtcdError) {
        self.settings = settings
        let configuration: HTTPClient.Configuration
        do {
            configuration = try Self.configuration(settings)
        } catch {
            throw EtcdError(.unreadable, "certificates: \(error)")
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends all connections; nothing is asked afterwards.
    package func close() async { try? await http.shutdown() }

    private static func configuration(
        _ settings: EtcdSettings
    ) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities = settings.security.authorities {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
        }
        if let identity = settings.security.identity {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.chain)
                .map { .certificate($0) }
            tls.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(
                connect: .init(settings.timeout), read: .seconds(EtcdLimits.watchIdleSeconds)))
        configuration.httpVersion = .http1Only
        // When and where to try again is said here.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}

// MARK: - Requests

extension EtcdClient {
    /// See `MembershipStore`; an endpoint that does not answer is given up for the next.
    /// - Throws: `EtcdError`, or `CancellationError` where the task was cancelled.
    package func perform(_ request: StoreRequest) async throws -> StoreReply {
        let call = EtcdCall(request)
        let start = ContinuousClock.now
        for _ in settings.endpoints.dropFirst() {
            let target = target()
            let rest = settings.timeout - (ContinuousClock.now - start)
            guard rest > .zero else { break }
            do {
                return try await perform(call, at: target, within: rest)
            } catch let error as EtcdError where error.isOfEndpoint {
                turn(from: target)
            }
        }
        return try await performLast(call, within: settings.timeout - (ContinuousClock.now - start))
    }

    private func performLast(_ call: EtcdCall, within rest: Duration) async throws -> StoreReply {
        guard rest > .zero else { throw EtcdError(.timedOut, "no endpoint answered in time") }
        let target = target()
        do {
            return try await perform(call, at: target, within: rest)
        } catch let error as EtcdError where error.isOfEndpoint {
            turn(from: target)
            throw error
        }
    }

    /// - Throws: `EtcdError`, or `CancellationError` where the task was cancelled.
    private func perform(
        _ call: EtcdCall, at target: Target, within time: Duration
    ) async throws -> StoreReply {
        try await withDeadline(time, at: target.endpoint) { [self] in
            do {
                let bytes = try await postAsUser(
                    call.path, call.body, to: target, upTo: call.answerBytesMax)
                let (reply, cluster) = try call.reply(bytes)
                try check(cluster, target)
                return reply
            } catch let refusal as EtcdError {
                guard let reply = call.reply(to: refusal) else { throw refusal }
                return reply
            }
        }
    }

    /// Where the user's token is no longer one, with a new one, once.
    private func postAsUser(
        _ path: String, _ body: [UInt8], to target: Target, upTo bytesMax: Int
    ) async throws -> [UInt8] {
        guard settings.user != nil else {
            return try await post(path, body, token: nil, to: target, upTo: bytesMax)
        }
        let token = try await token(target)
        do {
            return try await post(path, body, token: token, to: target, upTo: bytesMax)
        } catch let error as EtcdError where error.kind == .unauthenticated {
            forget(token)
            let token = try await self.token(target)
            return try await post(path, body, token: token, to: target, upTo: bytesMax)
        }
    }

    /// The bytes of an answer with success.
    func post(
        _ path: String, _ body: [UInt8], token: String?, to target: Target, upTo bytesMax: Int
    ) async throws -> [UInt8] {
        do {
            let answer = try await http.execute(
                Self.request(path, body, token: token, to: target),
                timeout: TimeAmount(settings.timeout))
            let content = try await answer.body.collect(upTo: bytesMax)
            let bytes = Array(content.readableBytesView)
            guard answer.status == .ok else {
                throw EtcdCall.failure(status: Int(answer.status.code), bytes)
            }
            return bytes
        } catch {
            throw Self.translated(error, target.endpoint)
        }
    }

    static func request(
        _ path: String, _ body: [UInt8], token: String?, to target: Target
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: target.endpoint.description + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let token { request.headers.add(name: "Authorization", value: token) }
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }

    static func translated(_ error: any Error, _ endpoint: EtcdEndpoint) -> any Error {
        switch error {
        case is EtcdError, is CancellationError: error
        case is NIOTooManyBytesError:
            EtcdError(.unreadable, "\(endpoint): the answer is too long")
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
            EtcdError(.timedOut, "\(endpoint) did not answer in time")
        default: EtcdError(.unreachable, "\(endpoint): \(error)")
        }
    }
}

// MARK: - Endpoints and users

extension EtcdClient {
    func target() -> Target {
        state.withLock { Target(endpoint: settings.endpoints[$0.endpoint], place: $0.endpoint) }
    }

    /// The next endpoint is asked first, unless somebody turned already.
    func turn(from target: Target) {
        state.withLock { state in
            guard state.endpoint == target.place else { return }
            state.endpoint = (state.endpoint + 1) % settings.endpoints.count
        }
    }

    private func check(_ cluster: UInt64, _ target: Target) throws(EtcdError) {
        let first = state.withLock { state in
            if state.cluster == nil { state.cluster = cluster }
            return state.cluster
        }
        guard first == cluster else {
            throw EtcdError(.otherCluster, "\(target.endpoint) belongs to another etcd cluster")
        }
    }

    /// The user's token; nil where there is no user.
    func token(_ target: Target) async throws -> String? {
        guard let user = settings.user else { return nil }
        if let token = state.withLock({ $0.token }) { return token }
        let login = EtcdWire.Login(name: user.name, password: user.password)
        let bytes = try await post(
            "/v3/auth/authenticate", EtcdCall.encoded(login), token: nil, to: target,
            upTo: EtcdLimits.answerBytesMax)
        let token = try EtcdCall.decoded(EtcdWire.LoginAnswer.self, bytes).token
        guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw EtcdError(.unreadable, "a token that no header can carry")
        }
        state.withLock { $0.token = token }
        return token
    }

    func forget(_ token: String?) {
        state.withLock { if $0.token == token { $0.token = nil } }
    }

    /// - Throws: what the body throws, or `EtcdError` of kind `timedOut`.
    func withDeadline<Result: Sendable>(
        _ time: Duration, at endpoint: EtcdEndpoint,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            defer { group.cancelAll() }
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: time)
                throw EtcdError(.timedOut, "\(endpoint) did not answer in time")
            }
            guard let first = try await group.next() else {
                preconditionFailure("two tasks are in the group")
            }
            return first
        }
    }
}
