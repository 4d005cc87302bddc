extension ManagementDocument {
    private static let count = #"{"type":"integer","minimum":0}"#
    private static let text = #"{"type":"string"}"#
    private static let number = #"{"type":"number"}"#

    static var schemas: String {
        [
            schema("Status", [("status", #"{"enum":["ok","ready"]}"#)]),
            schema("Stats", stats),
            schema(
                "Nodes",
                [("epoch", count), ("nodes", #"{"type":"array","items":\#(ref("Node"))}"#)]),
            schema(
                "Node",
                [
                    ("id", text), ("address", text), ("state", text),
                    ("role", #"{"enum":["primary","replica"]}"#), ("lag_bytes", count),
                ]),
            schema(
                "Config",
                [("settings", #"{"type":"object","additionalProperties":\#(ref("Setting"))}"#)]),
            schema(
                "Setting",
                [("value", "{}"), ("source", text), ("changeable", #"{"type":"boolean"}"#)]),
            schema(
                "Keys",
                [
                    ("keys", "{\"type\":\"array\",\"items\":\(ref("Key"))}"),
                    ("next", #"{"type":["string","null"]}"#),
                ]),
            schema(
                "Key",
                [
                    ("key", text), ("bytes", count), ("version", count),
                    ("ttl", #"{"type":["number","null"]}"#),
                    ("expires", #"{"type":["integer","null"]}"#),
                ]),
            schema(
                "Entry",
                [
                    ("key", text), ("value", text), ("content_type", text), ("bytes", count),
                    ("version", count), ("ttl", #"{"type":["number","null"]}"#),
                    ("truncated", #"{"type":"boolean"}"#),
                ]),
            #""Change":{"type":"object","minProperties":1,"additionalProperties":false,"#
                + #""properties":{\#(changeable)}}"#,
            schema(
                "Problem",
                [
                    ("type", #"{"type":"string","pattern":"^urn:dcs:error:[a-z-]+$"}"#),
                    ("title", text), ("status", count), ("detail", text),
                ]),
        ].joined(separator: ",\n")
    }

    /// An object whose members are all there; more may come with later versions.
    private static func schema(_ name: String, _ members: [(String, String)]) -> String {
        #""\#(name)":"# + object(members)
    }

    private static func object(_ members: [(String, String)]) -> String {
        let names = members.map { "\"\($0.0)\"" }.joined(separator: ",")
        let properties = members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return #"{"type":"object","required":[\#(names)],"properties":{\#(properties)}}"#
    }

    private static var stats: [(String, String)] {
        [
            ("entries", count), ("hits", count), ("misses", count), ("hit_ratio", number),
            ("evictions", count), ("expirations", count),
            ("memory", object([("used_bytes", count), ("max_bytes", count)])),
            (
                "disk",
                object([
                    ("used_bytes", count), ("max_bytes", count), ("live_bytes", count),
                    ("segments", count),
                ])
            ),
            ("wal", object([("bytes", count), ("syncs", count)])),
            ("transactions", object([("open", count)])),
            ("search", object([("documents", count)])),
            ("uptime_seconds", number), ("version", text),
        ]
    }

    private static let size = #"{"type":["integer","string","null"]}"#
    private static let time = #"{"type":["number","string","null"]}"#

    private static let changeable = [
        ("max_memory", size), ("max_disk", size), ("default_ttl", time),
        ("transaction_timeout", time),
        ("replication_factor", #"{"type":["integer","null"],"minimum":1,"maximum":16}"#),
        ("replication_ack", #"{"enum":["async","one","quorum","all",null]}"#),
        ("wal_sync", #"{"enum":["always","interval","never",null]}"#),
        (
            "log_level",
            #"{"enum":["trace","debug","info","notice","warning","error","critical",null]}"#
        ),
    ].map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")

    /// Every error status and what it stands for.
    private static let meanings: [(status: Int, text: String)] = [
        (400, "The request is malformed; nothing was applied"),
        (401, "There is no valid token"),
        (403, "The token's roles do not allow this"),
        (404, "There is no such entry or path"),
        (405, "The path does not know the method"),
        (409, "A setting needs a restart; nothing was applied"),
        (413, "The body is too large; nothing was applied"),
        (415, "The body has a content coding; nothing was applied"),
        (500, "The disk refused the request, or what it holds is damaged"),
        (503, "Not ready, or overloaded"),
        (507, "The disk is full; nothing was applied"),
    ]

    /// The error responses, for `components`: with their document, and for HEAD without.
    static var errors: String {
        meanings.flatMap { status, text in
            [
                #""Error\#(status)":{"description":"\#(text).","content":"#
                    + #"{"application/problem+json":{"schema":\#(ref("Problem"))}}}"#,
                #""Head\#(status)":{"description":"\#(text)."}"#,
            ]
        }.joined(separator: ",\n")
    }

    static func errorRefs(_ statuses: [Int], prefix: String = "Error") -> String {
        statuses.sorted().map {
            ##""\##($0)":{"$ref":"#/components/responses/\##(prefix)\##($0)"}"##
        }.joined(separator: ",")
    }
}
