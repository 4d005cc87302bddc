import CacheBase
import CacheProof

/// One client: draws calls, makes them over HTTP, and writes down what it was answered.
///
/// Keys `k…` are called one by one; keys `t…` only in transactions and atomic batches, because the
/// two checkers look at them apart.
struct ConsistencyClient {
    private static let keys = 4

    private let number: Int
    private let run: ConsistencyRun
    private var random: Xoshiro256
    private var connection: HTTPClient?
    private var generation: Int?

    init(number: Int, random: Xoshiro256, run: ConsistencyRun) {
        self.number = number
        self.random = random
        self.run = run
    }

    /// Calls until it is time to stop.
    mutating func work() {
        while !run.isOver, connect() {
            do {
                switch random.below(12) {
                case 0..<4: _ = try read("k\(random.below(Self.keys))")
                case 4..<7: try put("k\(random.below(Self.keys))")
                case 7: try delete("k\(random.below(Self.keys))")
                case 8: try update("k\(random.below(Self.keys))")
                case 9: try batch()
                default: try transaction()
                }
                run.noteAnswer()
            } catch {
                // What was under way stays without an answer.
                connection = nil
            }
        }
    }

    mutating func readEverything() throws {
        guard connect() else { return }
        for key in 0..<Self.keys { _ = try read("k\(key)") }
        let began = run.calls.tick()
        let reads = try (0..<Self.keys).map { key -> TransactionRecord.Read in
            let answer = try request("GET", "/cache?key=t\(key)")
            return .init(key: "t\(key)", value: Self.jsonValue(answer.body))
        }
        run.add(
            TransactionRecord(
                name: "last read", reads: reads, outcome: .committed(version: nil), began: began,
                ended: run.calls.tick()))
    }

    private mutating func connect() -> Bool {
        if connection != nil { return true }
        guard let next = run.connect(after: generation) else { return false }
        connection = next.client
        generation = next.generation
        return true
    }

    private func request(
        _ method: String, _ path: String, _ fields: [String] = [], body: String = ""
    ) throws -> HTTPClient.Answer {
        guard let connection else { throw HTTPClient.Broken(what: "no connection") }
        return try connection.request(method, path, fields, body: body)
    }
}

// MARK: - Single keys

extension ConsistencyClient {
    private struct Seen {
        let value: ValueID
        let tag: String
    }

    private mutating func read(_ key: String) throws -> Seen? {
        let token = run.calls.begin(client: number, key: key, .read)
        let answer = try request("GET", "/cache/\(key)")
        switch answer.status {
        case 200:
            let value = Self.value(answer.body)
            run.calls.end(token, .found(value))
            guard let value, let tag = Self.field("etag", answer) else { return nil }
            return Seen(value: value, tag: tag)
        case 404: run.calls.end(token, .found(nil))
        default: run.calls.end(token, .failed)
        }
        return nil
    }

    private mutating func put(_ key: String) throws {
        let isCreation = random.below(3) == 0
        try put(
            key, if: isCreation ? .absent : .always,
            fields: isCreation ? ["If-None-Match: *"] : [])
    }

    private mutating func put(_ key: String, if rule: WriteRule, fields: [String]) throws {
        let value = run.calls.newValue()
        let token = run.calls.begin(client: number, key: key, .put(value, rule))
        let answer = try request("PUT", "/cache/\(key)", fields, body: text(value))
        switch answer.status {
        case 201: run.calls.end(token, .applied(existed: false))
        case 204: run.calls.end(token, .applied(existed: true))
        case 412: run.calls.end(token, .refused)
        case 503, 507: run.calls.end(token, .failed)
        default: throw HTTPClient.Broken(what: "\(answer.status) for a put")
        }
    }

    private mutating func delete(_ key: String) throws {
        let token = run.calls.begin(client: number, key: key, .delete(.always))
        let answer = try request("DELETE", "/cache/\(key)")
        switch answer.status {
        case 204: run.calls.end(token, .applied(existed: true))
        case 404: run.calls.end(token, .applied(existed: false))
        case 503, 507: run.calls.end(token, .failed)
        default: throw HTTPClient.Broken(what: "\(answer.status) for a delete")
        }
    }

    /// Reads a key and writes it where nobody else did meanwhile.
    private mutating func update(_ key: String) throws {
        guard let seen = try read(key) else { return }
        try put(key, if: .value(seen.value), fields: ["If-Match: \(seen.tag)"])
    }

    /// Values of many lengths.
    private mutating func text(_ value: ValueID) -> String {
        "\(value.rawValue)-" + String(repeating: "x", count: random.below(1500))
    }
}

// MARK: - Several keys

extension ConsistencyClient {
    private mutating func batch() throws {
        let writes = Set((0..<3).map { _ in random.below(Self.keys) }).sorted().map {
            TransactionRecord.Write(key: "t\($0)", value: run.calls.newValue())
        }
        let operations = writes.map { write in
            "{\"op\":\"put\",\"key\":\"\(write.key)\",\"value\":\"\(text(write.value ?? ValueID(0)))\"}"
        }
        let began = run.calls.tick()
        var outcome = TransactionRecord.Outcome.unknown
        var ended: Int?
        defer {
            run.add(
                TransactionRecord(
                    name: "batch \(began)", writes: writes, outcome: outcome, began: began,
                    ended: ended))
        }
        let body = "{\"atomic\":true,\"operations\":[\(operations.joined(separator: ","))]}"
        let answer = try request("POST", "/cache/batch", body: body)
        ended = run.calls.tick()
        outcome = Self.outcome(answer, ended: .aborted)
    }

    private mutating func transaction() throws {
        let began = run.calls.tick()
        let started = try request("POST", "/transaction/start")
        guard let id = Self.text("transaction_id", started.body) else { return }
        var reads: [TransactionRecord.Read] = []
        var writes: [TransactionRecord.Write] = []
        var outcome = TransactionRecord.Outcome.aborted
        var ended: Int?
        defer {
            run.add(
                TransactionRecord(
                    name: "transaction \(began)", reads: reads, writes: writes, outcome: outcome,
                    began: began, ended: ended))
        }
        for _ in 0..<(1 + random.below(4)) {
            let key = "t\(random.below(Self.keys))"
            let isOpen =
                random.below(3) == 0
                ? try write(key, &writes, id) : try read(key, writes, &reads, id)
            guard isOpen else {
                ended = run.calls.tick()
                return
            }
        }
        outcome = .unknown
        let answer = try request(
            "POST", "/transaction/commit", body: "{\"transaction_id\":\"\(id)\"}")
        ended = run.calls.tick()
        outcome =
            writes.isEmpty && answer.status == 200
            ? .committed(version: nil) : Self.outcome(answer, ended: .aborted)
    }

    /// - Returns: false where the transaction is over.
    private func read(
        _ key: String, _ writes: [TransactionRecord.Write],
        _ reads: inout [TransactionRecord.Read], _ id: String
    ) throws -> Bool {
        let answer = try request("GET", "/cache?key=\(key)&transaction_id=\(id)")
        guard answer.status == 200 else { return false }
        if writes.contains(where: { $0.key == key }) { return true }
        reads.append(.init(key: key, value: Self.jsonValue(answer.body)))
        return true
    }

    private mutating func write(
        _ key: String, _ writes: inout [TransactionRecord.Write], _ id: String
    ) throws -> Bool {
        let value = run.calls.newValue()
        writes.append(.init(key: key, value: value))
        let body =
            "{\"key\":\"\(key)\",\"value\":\"\(text(value))\",\"transaction_id\":\"\(id)\"}"
        return try request("POST", "/cache", body: body).status == 200
    }

    /// What an answer to several writes says of them.
    private static func outcome(
        _ answer: HTTPClient.Answer, ended: TransactionRecord.Outcome
    ) -> TransactionRecord.Outcome {
        guard answer.status == 200 else { return ended }
        return .committed(version: field("dcs-lsn", answer).flatMap { UInt64($0) })
    }
}

// MARK: - Reading answers

extension ConsistencyClient {
    private static func field(_ name: String, _ answer: HTTPClient.Answer) -> String? {
        let line = answer.head.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix(name + ":")
        }
        return line.map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
    }

    private static func value(_ text: some StringProtocol) -> ValueID? {
        Int(text.prefix { $0 != "-" }).map { ValueID($0) }
    }

    private static func jsonValue(_ body: String) -> ValueID? {
        text("value", body).flatMap { value($0) }
    }

    /// The text of a member; nil where it is none.
    private static func text(_ member: String, _ body: String) -> String? {
        let mark = "\"\(member)\":\""
        guard let range = body.firstRange(of: mark) else { return nil }
        return String(body[range.upperBound...].prefix { $0 != "\"" })
    }
}
