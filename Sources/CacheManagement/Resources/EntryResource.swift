internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import FoundationEssentials
internal import NIOPosix

/// `/entries`: keys and values, for people who look into a cache.
struct EntryResource: Sendable {
    let control: NodeControl
    let threads: NIOThreadPool

    /// Keys with a prefix, some at a time.
    func list(_ query: QueryFields) async throws -> [UInt8] {
        let limit = try Self.limit(query["limit"])
        let start = try Self.place(query["from"])
        let prefix = Array((query["prefix"] ?? "").utf8)
        let engine = try engine
        let (keys, next) = try await threads.runIfActive {
            engine.keys(prefix: prefix, limit: limit, from: start)
        }
        let now = engine.clock.now()
        var json = JSONWriter()
        json.object { json in
            json.array("keys") { json in
                for key in keys {
                    json.object { json in
                        json.write("key", key.key, encoding: "key_encoding")
                        json.member("bytes", key.valueBytes)
                        json.member("version", key.lsn.rawValue)
                        json.write(key.expiry, at: now)
                        json.writeTime(key.expiry)
                    }
                }
            }
            json.member("next", next.map { String($0.rawValue) })
        }
        return json.bytes
    }

    /// One entry.
    func show(_ encodedKey: Substring) async throws -> [UInt8] {
        guard let key = PercentDecoding.bytes(encodedKey) else {
            throw ManagementProblem.badRequest("A malformed percent-encoding in the key.")
        }
        guard !key.isEmpty, key.count <= Limits.keyBytesCeiling else {
            throw ManagementProblem.badRequest(
                "A key has 1 to \(Limits.keyBytesCeiling) bytes.")
        }
        let engine = try engine
        let result = try await threads.runIfActive { EntryLookup(engine: engine).find(key) }
        let entry = try result.get()
        let now = engine.clock.now()
        var json = JSONWriter()
        json.object { json in
            json.write("key", key, encoding: "key_encoding")
            json.member("content_type", entry.contentType)
            json.member("bytes", entry.valueBytes)
            json.member("version", entry.lsn.rawValue)
            json.write(entry.expiry, at: now)
            json.write("value", entry.shownValue, encoding: "encoding")
            json.member("truncated", entry.shownValue.count < entry.valueBytes)
        }
        return json.bytes
    }

    private var engine: Engine {
        get throws {
            guard let engine = control.state.engine else { throw ManagementProblem.notReady }
            return engine
        }
    }

    private static func limit(_ text: String?) throws -> Int {
        guard let text else { return ManagementLimits.listedKeysDefault }
        guard let limit = Int(text), (1...ManagementLimits.listedKeysMax).contains(limit) else {
            throw ManagementProblem.badRequest(
                "\"limit\" is a number from 1 to \(ManagementLimits.listedKeysMax).")
        }
        return limit
    }

    private static func place(_ text: String?) throws -> ListingPlace {
        guard let text else { return .start }
        guard let number = UInt64(text) else {
            throw ManagementProblem.badRequest("\"from\" is the \"next\" of an answer before.")
        }
        return ListingPlace(rawValue: number)
    }
}

extension JSONWriter {
    /// Bytes as text where they are UTF-8; else as base64, and `encoding` says so.
    fileprivate mutating func write(_ name: String, _ bytes: [UInt8], encoding: String) {
        if let text = String(validating: bytes, as: UTF8.self) {
            member(name, text)
        } else {
            member(name, Data(bytes).base64EncodedString())
            member(encoding, "base64")
        }
    }

    /// Milliseconds since 1970, for who reads more than one page; null for ever.
    fileprivate mutating func writeTime(_ expiry: Expiry) {
        if expiry.isNever {
            member("expires", nil)
        } else {
            member("expires", expiry.rawValue)
        }
    }

    /// Seconds that are left; null for ever.
    fileprivate mutating func write(_ expiry: Expiry, at now: Timestamp) {
        if expiry.isNever {
            member("ttl", nil)
        } else {
            member("ttl", Double(expiry.rawValue - min(now.rawValue, expiry.rawValue)) / 1000)
        }
    }
}
