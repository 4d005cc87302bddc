internal import CacheNode
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Response {
    /// What the node says of itself, with the bytes that every port answers.
    init(_ answer: ControlAnswer) {
        self.init(status: answer.status, answer.fields, answer.body)
    }

    init(_ problem: ManagementProblem) {
        let type = ("Content-Type", "application/problem+json")
        self.init(status: problem.status, [type] + problem.fields, problem.body)
    }

    init(json: [UInt8]) {
        self.init(status: 200, [("Content-Type", "application/json")], json)
    }

    init(status: Int, _ fields: [(name: String, value: String)], _ body: [UInt8]) {
        self.init(
            status: HTTPResponse.Status(code: status), headers: Self.headers(fields),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Field names are this module's own, so that a wrong one is a bug.
    static func headers(_ fields: [(name: String, value: String)]) -> HTTPFields {
        var headers = HTTPFields()
        for (name, value) in fields {
            guard let name = HTTPField.Name(name) else { preconditionFailure("no field: \(name)") }
            headers[name] = value
        }
        return headers
    }

    /// On every answer: nothing of it is kept, guessed at, or shown inside another page, and the
    /// page loads and runs only what comes from here.
    mutating func protect() {
        for (name, value) in Self.protection where headers[name] == nil { headers[name] = value }
    }

    private static let protection = headers([
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]).map { ($0.name, $0.value) }
}
