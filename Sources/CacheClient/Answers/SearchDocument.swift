internal import CacheConsole

/// The answer to `GET /search`.
package struct SearchDocument: Decodable, Equatable, Sendable {
    struct Hit: Decodable, Equatable {
        var key: String
        var score: Double
        var snippet: String?
    }

    var total: UInt64
    var milliseconds: Double
    var partial: Bool
    var hits: [Hit]

    enum CodingKeys: String, CodingKey {
        case total, partial, hits
        case milliseconds = "took_ms"
    }

    /// - Throws: `ClientError` where the document is another.
    package init(_ bytes: [UInt8]) throws(ClientError) {
        self = try ClientError.decode(Self.self, from: bytes, what: "the answer of /search")
    }

    /// Whether nothing was found.
    package var isEmpty: Bool { total == 0 }

    /// Best first, each with its snippet below it; how many there are in the last line.
    package var lines: [String] {
        var lines: [String] = []
        for hit in hits {
            lines.append(HumanText.ratio(hit.score) + "  " + PrintableText.of(hit.key))
            if let snippet = hit.snippet, !snippet.isEmpty {
                lines.append("      " + PrintableText.of(snippet))
            }
        }
        let took = HumanText.latency(milliseconds / 1000)
        let whole = partial ? ", of a part of the entries" : ""
        return lines + ["\(hits.count) of \(HumanText.count(total)) found in \(took)\(whole)"]
    }
}
