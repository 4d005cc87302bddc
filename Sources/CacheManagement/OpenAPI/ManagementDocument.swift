/// The description of the management port in OpenAPI 3.1, as `GET /openapi.json` answers it there.
///
/// Written as the JSON that it is, in parts. A test compares its paths and methods with those of
/// `ManagementRoute`. The dashboard's page and its feed are for browsers and not described.
enum ManagementDocument {
    /// The document, made once.
    static let bytes = Array(text.utf8)

    /// Of the interface; raised when a client that knows the one before would notice.
    static let version = "1.0"

    private static let text = #"""
        {"openapi":"3.1.0",
        "info":{"title":"DCS management plane","version":"\#(version)",
        "description":"State, figures and settings of one node. Where authentication is on, figures\#
         take a token that may read, and settings, keys and values one of an administrator."},
        "servers":[{"url":"/"}],
        "tags":[{"name":"control","description":"State and figures"},
        {"name":"config","description":"Settings"},
        {"name":"entries","description":"Keys and values"}],
        "paths":{\#(paths)},
        "components":{"schemas":{\#(schemas)},"responses":{\#(errors)},
        "securitySchemes":{"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}}}}
        """#

    private static var paths: String {
        [
            path("/livez", get("Live", "The process answers.", ref("Status"))),
            path("/healthz", get("Health", "The process answers.", ref("Status"))),
            path(
                "/readyz",
                get("Ready", "The node may be given traffic; else 503 with reasons.", ref("Status"))
            ),
            path(
                "/metrics",
                get(
                    "Metrics", "Prometheus text, version 0.0.4.", #"{"type":"string"}"#,
                    "text/plain")),
            path("/stats", get("Stats", "The figures of this moment.", ref("Stats"))),
            path("/nodes", get("Nodes", "The cluster as this node sees it.", ref("Nodes"))),
            path(
                "/ring",
                get(
                    "Ring", "Where each partition of the keys is.", #"{"type":"object"}"#,
                    errors: [404])),
            path(
                "/config",
                get("Config", "The settings in effect.", ref("Config")), patchConfig),
            path(
                "/entries",
                get("Entries", "Keys, some at a time.", ref("Keys"), parameters: listing)),
            path(
                "/entries/{key}",
                get(
                    "Entry", "One entry.", ref("Entry"), parameters: entryKey, errors: [404, 500])),
            path(
                "/search",
                get(
                    "Search", "As on the data port.", #"{"type":"object"}"#,
                    parameters: searchQuery, errors: [404])),
            path(
                "/openapi.json",
                get("OpenAPI", "This document.", #"{"type":"object","required":["openapi"]}"#)),
        ].joined(separator: ",\n")
    }

    private static func path(_ path: String, _ operations: String...) -> String {
        "\"\(path)\":{" + operations.joined(separator: ",\n") + "}"
    }

    /// GET and HEAD of a resource.
    private static func get(
        _ name: String, _ summary: String, _ schema: String,
        _ type: String = "application/json", parameters: String = "", errors: [Int] = []
    ) -> String {
        let every = [400, 401, 403, 405, 503] + errors
        let tag = ["Entries", "Entry", "Search"].contains(name) ? "entries" : "control"
        return #"""
            "get":{"operationId":"get\#(name)","tags":["\#(tag)"],"summary":"\#(summary)",
            "security":[{},{"bearer":[]}],"parameters":[\#(parameters)],"responses":{"200":{"description":"Done",
            "content":{"\#(type)":{"schema":\#(schema)}}},\#(errorRefs(every))}},
            "head":{"operationId":"head\#(name)","tags":["\#(tag)"],"summary":"As GET, head alone.",
            "security":[{},{"bearer":[]}],"parameters":[\#(parameters)],
            "responses":{"200":{"description":"Done"},\#(errorRefs(every, prefix: "Head"))}}
            """#
    }

    private static let patchConfig = #"""
        "patch":{"operationId":"patchConfig","tags":["config"],"security":[{},{"bearer":[]}],
        "summary":"Changes settings at run time: all that are named or none. null gives a setting\#
         back to the other sources. The changes survive a restart.",
        "requestBody":{"required":true,"content":{"application/json":{"schema":\#(ref("Change"))}}},
        "responses":{"200":{"description":"Changed; the settings in effect",
        "content":{"application/json":{"schema":\#(ref("Config"))}}},
        \#(errorRefs([400, 401, 403, 405, 409, 413, 415, 500, 503, 507]))}}
        """#

    private static let listing = #"""
        {"name":"prefix","in":"query","schema":{"type":"string"},"description":"What keys begin with."},
        {"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":200}},
        {"name":"from","in":"query","schema":{"type":"string","pattern":"^[0-9]{1,18}$"},
        "description":"The next of the answer before; it ends where that is null."}
        """#

    private static let entryKey = #"""
        {"name":"key","in":"path","required":true,"schema":{"type":"string","minLength":1},
        "description":"The key, percent-encoded."}
        """#

    private static let searchQuery = #"""
        {"name":"q","in":"query","required":true,"schema":{"type":"string","minLength":1}}
        """#

    static func ref(_ name: String) -> String { ##"{"$ref":"#/components/schemas/\##(name)"}"## }
}
