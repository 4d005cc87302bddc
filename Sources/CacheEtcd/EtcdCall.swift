internal import CacheMembership
internal import FoundationEssentials

/// A request of membership as etcd takes it, and etcd's answer as membership takes that.
struct EtcdCall: Sendable {
    let path: String
    let body: [UInt8]
    /// A longer answer is not read to its end.
    let answerBytesMax: Int
    private let request: StoreRequest

    init(_ request: StoreRequest) {
        self.request = request
        switch request {
        case .grantLease(let seconds):
            path = "/v3/lease/grant"
            body = Self.encoded(
                EtcdWire.Lease(id: EtcdWire.Number(0), seconds: EtcdWire.Number(Int64(seconds))))
        case .keepAlive(let lease):
            path = "/v3/lease/keepalive"
            body = Self.encoded(EtcdWire.Lease(id: EtcdWire.Number(lease.rawValue)))
        case .revokeLease(let lease):
            path = "/v3/lease/revoke"
            body = Self.encoded(EtcdWire.Lease(id: EtcdWire.Number(lease.rawValue)))
        case .read(let prefix):
            path = "/v3/kv/range"
            body = Self.encoded(Self.range(prefix, limit: Int64(EtcdLimits.entriesMax)))
        case .write(let key, let value, let lease, let conditions):
            path = "/v3/kv/txn"
            body = Self.encoded(Self.transaction(key, value, lease, conditions))
        }
        if case .read = request {
            answerBytesMax = EtcdLimits.entriesBytesMax
        } else {
            answerBytesMax = EtcdLimits.answerBytesMax
        }
    }

    /// All keys that begin so: up to the prefix whose last byte is one more.
    static func range(_ prefix: String, limit: Int64?) -> EtcdWire.Range {
        precondition(!prefix.isEmpty, "not all of etcd")
        var end = Array(prefix.utf8)
        // UTF-8 has no byte FF, so that this does not overflow.
        end[end.count - 1] += 1
        return EtcdWire.Range(
            key: EtcdWire.Bytes(prefix.utf8), end: EtcdWire.Bytes(end),
            limit: limit.map { EtcdWire.Number($0) })
    }

    private static func transaction(
        _ key: String, _ value: [UInt8], _ lease: LeaseID?, _ conditions: [StoreCondition]
    ) -> EtcdWire.Transaction {
        let put = EtcdWire.Transaction.Put(
            key: EtcdWire.Bytes(key.utf8), value: EtcdWire.Bytes(value),
            lease: lease.map { EtcdWire.Number($0.rawValue) })
        return EtcdWire.Transaction(
            compare: conditions.map {
                EtcdWire.Transaction.Comparison(
                    key: EtcdWire.Bytes($0.key.utf8), revision: EtcdWire.Number($0.revision))
            },
            success: [EtcdWire.Transaction.Operation(put: put)])
    }

    static func encoded(_ message: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(message) else {
            preconditionFailure("strings can be encoded")
        }
        return Array(data)
    }

    static func decoded<Message: Decodable>(
        _ type: Message.Type, _ bytes: [UInt8]
    ) throws(EtcdError) -> Message {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw error as? EtcdError ?? EtcdError(.unreadable, "the answer is not readable")
        }
    }
}

// MARK: - Answers

extension EtcdCall {
    /// What etcd answered with success, and which etcd it was.
    func reply(_ bytes: [UInt8]) throws(EtcdError) -> (StoreReply, cluster: UInt64) {
        switch request {
        case .grantLease:
            let answer = try Self.decoded(EtcdWire.LeaseAnswer.self, bytes)
            if let error = answer.error, !error.isEmpty { throw EtcdError(.unreadable, error) }
            return (try lease(answer), answer.header.cluster.value)
        case .keepAlive(let asked):
            let streamed = try Self.decoded(EtcdWire.Streamed<EtcdWire.LeaseAnswer>.self, bytes)
            guard let answer = streamed.result else { throw Self.failure(streamed.error) }
            guard answer.id.value == asked.rawValue else {
                throw EtcdError(.unreadable, "the answer is about another lease")
            }
            return (try lease(answer), answer.header.cluster.value)
        case .revokeLease:
            let answer = try Self.decoded(EtcdWire.Plain.self, bytes)
            return (.revoked, answer.header.cluster.value)
        case .read(let prefix):
            let answer = try Self.decoded(EtcdWire.RangeAnswer.self, bytes)
            return (try entries(answer, prefix), answer.header.cluster.value)
        case .write:
            let answer = try Self.decoded(EtcdWire.TransactionAnswer.self, bytes)
            return (.written(answer.succeeded ?? false), answer.header.cluster.value)
        }
    }

    /// What a refusal means; nil where it is none of the answers that membership knows.
    func reply(to refusal: EtcdError) -> StoreReply? {
        // NotFound: of these requests only those with a lease can find something missing.
        guard refusal.kind == .refused(code: 5) else { return nil }
        return switch request {
        case .keepAlive, .revokeLease: .noLease
        case .write: .written(false)
        case .grantLease, .read: nil
        }
    }

    /// A lease without time is none.
    private func lease(_ answer: EtcdWire.LeaseAnswer) throws(EtcdError) -> StoreReply {
        guard let seconds = answer.seconds?.value, seconds != 0 else { return .noLease }
        guard answer.id.value != 0, let seconds = Int(exactly: seconds), seconds > 0 else {
            throw EtcdError(.unreadable, "a lease of \(seconds) seconds")
        }
        return .lease(LeaseID(rawValue: answer.id.value), seconds: seconds)
    }

    private func entries(
        _ answer: EtcdWire.RangeAnswer, _ prefix: String
    ) throws(EtcdError) -> StoreReply {
        guard let revision = answer.header.revision?.value, revision > 0 else {
            throw EtcdError(.unreadable, "entries of no revision")
        }
        var entries: [StoreEntry] = []
        for entry in answer.kvs ?? [] {
            guard entry.key.value.starts(with: prefix.utf8), entry.revision.value > 0,
                entry.revision.value <= revision
            else { throw EtcdError(.unreadable, "an entry that was not asked for") }
            // A key that is no text is none of the cluster's.
            guard let key = String(validating: entry.key.value, as: UTF8.self) else { continue }
            entries.append(
                StoreEntry(
                    key: key, value: entry.value?.value ?? [],
                    revision: entry.revision.value,
                    lease: entry.lease.flatMap {
                        $0.value == 0 ? nil : LeaseID(rawValue: $0.value)
                    }))
        }
        return .entries(entries, revision: revision)
    }

    /// What an answer without success says.
    static func failure(status: Int, _ bytes: [UInt8]) -> EtcdError {
        guard let failure = try? decoded(EtcdWire.Failure.self, bytes) else {
            return EtcdError(.unreadable, "an answer with status \(status)")
        }
        return Self.failure(failure)
    }

    static func failure(_ failure: EtcdWire.Failure?) -> EtcdError {
        guard let failure, let code = failure.code ?? failure.codeInStream else {
            return EtcdError(.unreadable, "an answer without a result")
        }
        let message = failure.message ?? "code \(code)"
        // 16 is Unauthenticated. The user's rights changed since the token was made: that has the
        // code of a wrong argument, and only its text tells.
        let isStale = code == 3 && message.contains("revision of auth store is old")
        return EtcdError(code == 16 || isStale ? .unauthenticated : .refused(code: code), message)
    }
}
