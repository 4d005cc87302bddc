internal import CacheBase
internal import CacheConfig
internal import CacheNode

/// An error answer (RFC 9457). `type` is `urn:dcs:error:` and the kind, which never changes.
struct ManagementProblem: Error {
    let status: Int
    let kind: String
    let title: String
    let detail: String
    /// More than one thing is wrong: each as a sentence.
    var errors: [String] = []
    var fields: [(name: String, value: String)] = []

    var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("type", "urn:dcs:error:" + kind)
            json.member("title", title)
            json.member("status", status)
            json.member("detail", detail)
            if !errors.isEmpty {
                json.array("errors") { json in errors.forEach { json.element($0) } }
            }
        }
        return json.bytes
    }

    static func badRequest(_ detail: String, errors: [String] = []) -> ManagementProblem {
        ManagementProblem(
            status: 400, kind: "bad-request", title: "Malformed request", detail: detail,
            errors: errors)
    }

    static let unknownPath = ManagementProblem(
        status: 404, kind: "unknown-path", title: "Unknown path",
        detail: "There is nothing at this path.")

    static let noEntry = ManagementProblem(
        status: 404, kind: "not-found", title: "No such entry",
        detail: "The key has no entry, or it has expired.")

    static func notAllowed(_ methods: String) -> ManagementProblem {
        ManagementProblem(
            status: 405, kind: "method-not-allowed", title: "Method not allowed",
            detail: "This resource does not know the method; Allow lists those it knows.",
            fields: [("Allow", methods)])
    }

    static let unauthenticated = ManagementProblem(
        status: 401, kind: "unauthorized", title: "Not authenticated",
        detail: "The request needs a valid token.",
        fields: [("WWW-Authenticate", #"Bearer realm="dcs""#)])

    static let forbidden = ManagementProblem(
        status: 403, kind: "forbidden", title: "Not allowed",
        detail: "The token's roles do not allow this.",
        fields: [("WWW-Authenticate", #"Bearer realm="dcs", error="insufficient_scope""#)])

    static let keysUnavailable = ManagementProblem(
        status: 503, kind: "keys-unavailable", title: "No keys",
        detail: "The keys to verify tokens with cannot be fetched now.",
        fields: [("Retry-After", "1")])

    static let tooLarge = ManagementProblem(
        status: 413, kind: "too-large", title: "Too large",
        detail: "The body has at most \(ManagementLimits.bodyBytesMax) bytes.")

    static let wrongCoding = ManagementProblem(
        status: 415, kind: "content-coding", title: "Unknown content coding",
        detail: "Bodies are taken without a content coding only.")

    static let notReady = ManagementProblem(
        status: 503, kind: "not-ready", title: "Not ready",
        detail: "The store is not open yet.", fields: [("Retry-After", "1")])

    static func overloaded(_ detail: String) -> ManagementProblem {
        ManagementProblem(
            status: 503, kind: "overloaded", title: "Overloaded", detail: detail,
            fields: [("Retry-After", "1")])
    }

    /// What the store refused.
    init(_ error: StorageError) {
        switch error.kind {
        case .noSpace:
            self.init(
                status: 507, kind: "disk-full", title: "Disk full",
                detail: "The disk is full. Not applied.")
        case .corruption:
            self.init(
                status: 500, kind: "corruption", title: "Damaged data",
                detail: "The stored bytes are not those that were written.")
        case .io, .notFound, .permission, .locked, .foreign, .newerFormat, .invalid, .tooLarge,
            .overloaded, .poisoned, .closed, .notPrimary:
            self.init(
                status: 500, kind: "storage", title: "Storage fault",
                detail: "The disk refused the request. Not applied.")
        }
    }

    /// Why settings were not changed.
    init(_ failure: LiveSettings.Failure) {
        switch failure {
        case .refused(let refusal): self.init(refusal)
        case .storage(let error): self.init(error)
        }
    }

    private init(_ refusal: PatchRefusal) {
        let reasons = refusal.reasons
        let detail = (["No setting was changed."] + reasons).joined(separator: " ")
        switch refusal {
        case .invalid: self = .badRequest(detail, errors: reasons)
        case .needsRestart:
            self.init(
                status: 409, kind: "needs-restart", title: "Needs a restart", detail: detail,
                errors: reasons)
        }
    }

    init(
        status: Int, kind: String, title: String, detail: String, errors: [String] = [],
        fields: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = errors
        self.fields = fields
    }
}
