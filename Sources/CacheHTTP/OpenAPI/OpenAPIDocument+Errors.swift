extension OpenAPIDocument {
    /// Statuses of requests that read, beside those of every request.
    static let reading = [401, 403, 500, 504]
    /// Statuses of requests that write, beside those of every request.
    static let writing = [401, 403, 500, 504, 507]
    /// Whatever is asked for. 503 stands for every kind of overload and for a node not ready.
    private static let everywhere = [400, 405, 408, 413, 414, 415, 417, 431, 501, 503, 505]

    /// Every error status and what it stands for, with the header fields it brings.
    private static let meanings: [(status: Int, text: String, fields: [String])] = [
        (400, "The request, its JSON or its key is malformed; nothing was applied", []),
        (401, "A token is needed, or the one given is not valid", ["WWW-Authenticate"]),
        (
            403, "The token's roles do not allow this, or the node serves no transactions",
            ["WWW-Authenticate"]
        ),
        (404, "There is no such entry, no such transaction is open, or no cluster", []),
        (405, "The path does not know the method", ["Allow"]),
        (408, "The head or the body came too slowly; the connection is closed", []),
        (
            409,
            "Someone else changed a key of the transaction, which is over; or keys are of several nodes",
            []
        ),
        (411, "A body needs Content-Length or chunked coding", []),
        (412, "A condition on the version does not hold; nothing was applied", []),
        (413, "The body, value or batch is too large; nothing was applied", []),
        (414, "The target is too long; the connection is closed", []),
        (415, "The body has a content coding", []),
        (416, "The range lies behind the value's end", ["Content-Range"]),
        (417, "An expectation other than 100-continue", []),
        (429, "As many transactions are open as may be", ["Retry-After"]),
        (431, "The head exceeds 16 KiB or 100 fields; the connection is closed", []),
        (500, "The disk refused the request, or what it holds is damaged", []),
        (501, "A transfer coding other than chunked; the connection is closed", []),
        (
            503, "Overloaded, not ready, without keys, or a write of unknown outcome",
            ["Retry-After"]
        ),
        (504, "The wait asked for took too long; a write is applied all the same", []),
        (505, "An HTTP version other than 1.0 and 1.1; the connection is closed", []),
        (507, "The disk is full; nothing was applied", []),
    ]

    /// The error responses, for `components`: with their document, and for HEAD without.
    static var errors: String {
        meanings.flatMap { [response($0, hasBody: true), response($0, hasBody: false)] }
            .joined(separator: ",\n")
    }

    private static func response(
        _ meaning: (status: Int, text: String, fields: [String]), hasBody: Bool
    ) -> String {
        let fields = meaning.fields.map { ##""\##($0)":{"$ref":"#/components/headers/\##($0)"}"## }
        let headers = fields.isEmpty ? "" : #","headers":{\#(fields.joined(separator: ","))}"#
        let schema = #"{"application/problem+json":{"schema":\#(schemaRef("Problem"))}}"#
        let content = hasBody ? #","content":\#(schema)"# : ""
        return #""\#(name(meaning.status, hasBody))":{"description":"\#(meaning.text).""#
            + "\(headers)\(content)}"
    }

    /// The responses of every request and those of `statuses`, for an operation.
    static func errorRefs(_ statuses: [Int] = [], hasBody: Bool = true) -> String {
        Set(everywhere + statuses).sorted().map {
            ##""\##($0)":{"$ref":"#/components/responses/\##(name($0, hasBody))"}"##
        }.joined(separator: ",")
    }

    private static func name(_ status: Int, _ hasBody: Bool) -> String {
        hasBody ? "Error\(status)" : "Head\(status)"
    }
}
