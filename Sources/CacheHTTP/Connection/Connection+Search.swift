internal import CacheBase
internal import CacheNode
internal import CacheSecurity

extension Connection {
    /// `GET /search`: reads what is asked, and answers what a thread of its own found.
    mutating func performSearch(_ request: Request, _ frame: AnswerFrame) {
        switch resumption {
        case .described(let answer): answers.append(answer, frame)
        case .refused(let error): answers.append(Problem(error), frame)
        case .again, .found, .missed, .written, .transaction, .events, .expired,
            .forwarded, .forwardedAll:
            guard loop.search != nil else { return answers.append(.noPath, frame) }
            if let refusal = roleRefusalOfSearch() { return answers.append(refusal, frame) }
            var reader = SearchQueryReader()
            Query.forEachParameter(request.head.query(in: request.bytes)) { reader.note($0, $1) }
            switch reader.result {
            case .success(var search):
                search.mayRead = mayRead
                waiting = .search(search)
            case .failure(let refusal): answers.append(refusal.problem, frame)
            }
        }
    }

    /// What of the hits the caller may see; nil for all.
    private var mayRead: (@Sendable (UnsafeRawBufferPointer) -> Bool)? {
        guard loop.tokens != nil, let permissions else { return nil }
        return { permissions.allows(.search, $0) && permissions.allows(.read, $0) }
    }
}

/// Why a search is refused.
private struct SearchRefusal: Error {
    let problem: Problem
}

/// The parts of a search as they are found in a query. Unknown ones are passed over.
private struct SearchQueryReader {
    private var query: String?
    private var limit: Int?
    private var offset: Int?
    private var highlight: Bool?
    /// The first that was found.
    private var problem: Problem?

    var result: Result<SearchRequest, SearchRefusal> {
        if let problem { return .failure(SearchRefusal(problem: problem)) }
        guard let query, !query.isEmpty else {
            return .failure(
                SearchRefusal(problem: .badRequest("The query parameter \"q\" is missing.")))
        }
        var request = SearchRequest(query: query)
        request.limit = limit ?? request.limit
        request.offset = offset ?? request.offset
        request.highlight = highlight ?? request.highlight
        return .success(request)
    }

    mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if ASCII.equals(name, "q") {
            query = taken(Self.text(value), query, "\"q\" is not UTF-8, percent-encoded.")
        } else if ASCII.equals(name, "limit") {
            limit = taken(Self.number(value), limit, "\"limit\" is a number from 0 on.")
        } else if ASCII.equals(name, "offset") {
            offset = taken(Self.number(value), offset, "\"offset\" is a number from 0 on.")
        } else if ASCII.equals(name, "highlight") {
            highlight = taken(Self.flag(value), highlight, "\"highlight\" is true or false.")
        }
    }

    /// - Parameters:
    ///   - value: nil where it is not of its form.
    ///   - present: what the parameter said before.
    private mutating func taken<Value>(
        _ value: Value?, _ present: Value?, _ complaint: StaticString
    ) -> Value? {
        if present != nil {
            problem = problem ?? .badRequest("A query parameter stands twice.")
        } else if value == nil {
            problem = problem ?? .badRequest(complaint)
        }
        return value
    }

    private static func text(_ encoded: UnsafeRawBufferPointer) -> String? {
        var count: Int?
        let bytes = [UInt8](unsafeUninitializedCapacity: encoded.count) { space, written in
            count = PercentCoding.decode(
                encoded, into: UnsafeMutableRawBufferPointer(space), plusIsSpace: true)
            written = count ?? 0
        }
        return count == nil ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// Nine digits at most: more than any limit allows.
    private static func number(_ value: UnsafeRawBufferPointer) -> Int? {
        guard (1...9).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func flag(_ value: UnsafeRawBufferPointer) -> Bool? {
        if ASCII.equals(value, "true") { return true }
        return ASCII.equals(value, "false") ? false : nil
    }
}
