package import CacheBase
package import CacheConsole

/// Writes the entries of a node as lines: lists the keys page by page on the management plane, and
/// reads each entry on the data plane, several at a time.
///
/// Not a snapshot: an entry that is written meanwhile may be in it or not, and as it was or is.
package struct Exporter: Sendable {
    private let client: NodeClient
    private let clock: Clock

    package init(_ client: NodeClient, clock: Clock) {
        self.client = client
        self.clock = clock
    }

    /// What an export came to.
    package struct Outcome: Equatable, Sendable {
        package var written = 0
        /// Keys that are not UTF-8, which the client cannot name in a call.
        package var leftOut = 0
    }

    struct Page: Decodable {
        struct Key: Decodable {
            var key: String
            var keyEncoding: String?
            var version: UInt64
            /// Milliseconds since 1970; nil for never.
            var expires: UInt64?

            enum CodingKeys: String, CodingKey {
                case key, version, expires
                case keyEncoding = "key_encoding"
            }
        }

        var keys: [Key]
        var next: String?
    }

    /// Writes all entries whose key begins with `prefix`, in no order.
    /// - Parameter written: called after each line.
    /// - Throws: `ClientError` where the node is not reachable or refuses, or the sink does.
    package func run(
        prefix: String, into sink: ByteSink, written: () -> Void
    ) async throws(ClientError) -> Outcome {
        var outcome = Outcome()
        var place: String?
        repeat {
            let page = try await page(prefix, from: place)
            let keys = page.keys.filter { $0.keyEncoding == nil }
            outcome.leftOut += page.keys.count - keys.count
            do {
                outcome.written += try await write(keys, into: sink, written)
            } catch {
                throw .connection(error)
            }
            place = page.next
        } while place != nil
        do throws(StreamError) {
            try sink.finish()
        } catch {
            throw ClientError(.unusable, error.message)
        }
        return outcome
    }

    private func page(_ prefix: String, from place: String?) async throws(ClientError) -> Page {
        var call = Call("GET", "/entries")
        call.plane = .management
        call.add("limit", String(ClientLimits.listedKeysMax))
        if !prefix.isEmpty { call.add("prefix", prefix) }
        call.add("from", place)
        let bytes = try await client.succeed(call).bytes()
        return try ClientError.decode(Page.self, from: bytes, what: "the listing of keys")
    }

    private func write(
        _ keys: [Page.Key], into sink: ByteSink, _ written: () -> Void
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: EntryLine?.self) { group in
            var waiting = keys[...]
            var count = 0
            for key in waiting.prefix(ClientLimits.requestsMax) {
                group.addTask { try await entry(key) }
            }
            waiting = waiting.dropFirst(ClientLimits.requestsMax)
            while let read = try await group.next() {
                if let key = waiting.popFirst() {
                    group.addTask { try await entry(key) }
                }
                guard let entry = read else { continue }
                try sink.write(entry.line)
                count += 1
                written()
            }
            return count
        }
    }

    /// Nil where the entry has gone since it was listed.
    private func entry(_ listed: Page.Key) async throws(ClientError) -> EntryLine? {
        let key = Array(listed.key.utf8)
        let answer = try await client.answer(to: Call("GET", key: key))
        if answer.status == 404 {
            _ = try await answer.refusal()
            return nil
        }
        guard answer.isSuccess else { throw try await answer.refusal() }
        let value = try await answer.bytes()
        // What the node answers for an entry without a content type.
        let type = answer.field("Content-Type")
        return EntryLine(
            key: key, value: value, contentType: type == "application/octet-stream" ? nil : type,
            expires: expires(listed, answer), lsn: answer.version)
    }

    /// To the millisecond, unless the entry was written anew after it was listed.
    private func expires(_ listed: Page.Key, _ answer: Answer) -> UInt64? {
        if answer.version == listed.version { return listed.expires }
        return answer.secondsLeft.map { clock.now().rawValue + $0 * 1000 }
    }
}
