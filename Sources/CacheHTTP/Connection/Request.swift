/// A whole request, in place; valid while it is carried out.
struct Request {
    /// From the first byte of the head on.
    let bytes: UnsafeRawBufferPointer
    let head: RequestHead
    /// Without its framing.
    let body: UnsafeRawBufferPointer

    @inline(__always)
    var path: UnsafeRawBufferPointer { head.path(in: bytes) }

    @inline(__always)
    var hasQuery: Bool { Int(head.queryMark) < head.target.end }

    @inline(__always)
    var query: Query { Query(head.query(in: bytes)) }

    /// What stops a request before its route looks at it, and before its body is read.
    static func refusal(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ route: Route
    ) -> Problem? {
        if route == .unknown { return .noPath }
        if let allow = route.allow(refusing: head.method) { return .notAllowed(allow) }
        let odd: FieldSet = [.repeated, .expectOther, .contentEncoding]
        if !head.fields.isDisjoint(with: odd), let problem = oddity(head, bytes) { return problem }
        let hasBody = head.method == .put || head.method == .post
        // A start has nothing to say, and clients leave the length of nothing out.
        if hasBody, head.framing == .none, route != .transactionStart {
            return Problem(
                411, "length-required", "Length required",
                .fixed("The method needs Content-Length or a chunked body."))
        }
        return nil
    }

    private static func oddity(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> Problem? {
        if head.fields.contains(.repeated) {
            return .badRequest("A header field that may stand once stands twice.")
        }
        if head.fields.contains(.expectOther) {
            return Problem(
                417, "expectation", "Expectation failed",
                .fixed("The only expectation known is 100-continue."))
        }
        guard !ASCII.equalsIgnoringCase(head.contentEncoding.bytes(in: bytes), "identity") else {
            return nil
        }
        return Problem(
            415, "content-coding", "Unknown content coding",
            .fixed("Bodies are taken without a content coding only."))
    }
}

extension Assurance {
    /// What `DCS-Wait` asks for beyond the standard; nil for an unknown word. On a node alone, a
    /// quorum and all of the copies are this one, and then it counts when it is synced.
    init?(_ request: Request) {
        guard request.head.fields.contains(.wait) else {
            self = []
            return
        }
        let word = request.head.wait.bytes(in: request.bytes)
        if ASCII.equals(word, "log") {
            self = []
        } else if ASCII.equals(word, "synced") {
            self = .synced
        } else if ASCII.equals(word, "quorum") || ASCII.equals(word, "all") {
            self = [.synced, .copied]
        } else {
            return nil
        }
    }
}
