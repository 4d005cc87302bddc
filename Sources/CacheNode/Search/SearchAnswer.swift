internal import CacheBase
internal import CacheEngine
internal import CacheSearch
internal import FoundationEssentials

/// What a search found, as the interfaces tell it.
struct SearchAnswer {
    struct Hit {
        let key: [UInt8]
        let score: Float
        let snippet: String?
    }

    var hits: [Hit] = []
    var total = 0
    /// There may be more than `total`.
    var isTotalExact = true
    /// Not everything was looked at: the time was up, or the index is not complete.
    var isPartial = false

    /// - Parameter milliseconds: that the search took.
    func json(milliseconds: Double) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("total", total)
            json.member("total_relation", isTotalExact ? "eq" : "gte")
            json.member("took_ms", milliseconds)
            json.member("partial", isPartial)
            json.array("hits") { json in
                for hit in hits { json.object { hit.write(to: &$0) } }
            }
        }
        return json.bytes
    }
}

extension SearchAnswer.Hit {
    fileprivate func write(to json: inout JSONWriter) {
        if let text = String(validating: key, as: UTF8.self) {
            json.member("key", text)
        } else {
            json.member("key", Data(key).base64EncodedString())
            json.member("key_encoding", "base64")
        }
        json.member("score", json: score.description)
        json.member("snippet", snippet)
    }
}

extension ControlAnswer {
    /// A query that is not answered, as a problem (RFC 9457).
    init(_ error: QueryError) {
        self.init(
            status: 400, kind: "bad-query", title: "Malformed query",
            detail: "The query: \(error.description).")
    }

    /// The store cannot read what was found.
    init(_ error: StorageError) {
        self.init(status: 500, kind: "storage", title: "Storage failed", detail: error.message)
    }

    private init(status: Int, kind: String, title: String, detail: String) {
        var json = JSONWriter()
        json.object { json in
            json.member("type", "urn:dcs:error:" + kind)
            json.member("title", title)
            json.member("status", status)
            json.member("detail", detail)
        }
        self.init(status: status, contentType: "application/problem+json", body: json.bytes)
    }
}
