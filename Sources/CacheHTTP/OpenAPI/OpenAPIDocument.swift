/// The description of the data port in OpenAPI 3.1, as `GET /openapi.json` answers it.
///
/// Written as the JSON that it is, in parts; what repeats is made by the functions below. A test
/// compares its paths and methods with those of `Route`.
enum OpenAPIDocument {
    /// The document, made once.
    static let bytes = Array(text.utf8)

    /// Of the interface; raised when a client that knows the one before would notice.
    static let version = "1.0"

    private static let text = #"""
        {"openapi":"3.1.0",
        "info":{"title":"DCS data plane","version":"\#(version)",
        "description":"A persistent cache: a JSON API under /cache?key= and a raw API of\#
         resources under /cache/{key}, over the same entries."},
        "servers":[{"url":"/"}],
        "security":[{"token":[]},{}],
        "tags":[{"name":"json","description":"Entries as JSON"},
        {"name":"raw","description":"Entries as resources"},
        {"name":"transactions","description":"Several calls as one"},
        {"name":"events","description":"What changes, as it happens"},
        {"name":"search","description":"Full-text search"},
        {"name":"control","description":"State and description of the node"}],
        "paths":{\#(paths)},
        "components":{"securitySchemes":{"token":{"type":"http","scheme":"bearer",
        "bearerFormat":"JWT","description":"Needed where the node has authentication."}},
        "parameters":{\#(parameters)},"headers":{\#(headers)},
        "schemas":{\#(schemas)},"responses":{\#(errors)}}}
        """#

    private static var paths: String {
        [
            #""/cache":{\#(cachePath)}"#,
            #""/cache/batch":{\#(batchPath)}"#,
            #""/cache/{key}":{\#(entryPath)}"#,
            transactionPaths.joined(separator: ",\n"),
            #""/events":{\#(eventsPath)}"#,
            #""/search":{\#(searchPath)}"#,
            control("/livez", "Live", "The process answers.", "ok"),
            control(
                "/readyz", "Ready", "The node may be given traffic; else 503.", "ready",
                members: #","search":{"type":"object"}"#),
            control("/healthz", "Health", "The process answers.", "ok"),
            figures("/stats", "Stats", "The figures of this moment.", ["entries", "hit_ratio"]),
            figures("/nodes", "Nodes", "The cluster as this node sees it.", ["epoch", "nodes"]),
            ringPath,
            metricsPath,
            documentPath,
        ].joined(separator: ",\n")
    }

    /// A probe's path.
    private static func control(
        _ path: String, _ name: String, _ summary: String, _ status: String, members: String = ""
    ) -> String {
        let answer =
            #"{"type":"object","required":["status"],"#
            + #""properties":{"status":{"const":"\#(status)"}\#(members)},"additionalProperties":false}"#
        return #""\#(path)":{"# + getAndHead("get\(name)", "control", summary, answer) + "}"
    }

    /// As the management port answers it, whose document says more.
    private static func figures(
        _ path: String, _ name: String, _ summary: String, _ members: [String]
    ) -> String {
        let names = members.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = #"{"type":"object","required":[\#(names)]}"#
        return #""\#(path)":{"#
            + getAndHead("get\(name)", "control", summary, answer, isOpen: false) + "}"
    }

    private static var metricsPath: String {
        let answer = #"{"type":"string"}"#
        return #""/metrics":{"#
            + getAndHead(
                "getMetrics", "control", "Prometheus text, version 0.0.4.", answer, "text/plain",
                isOpen: false)
            + "}"
    }

    private static var ringPath: String {
        let summary = "Which node leads each partition of the keys, and which have copies of it."
        let answer = #"{"type":"object","required":["epoch","hash","nodes","partitions"]}"#
        return #""/ring":{"#
            + getAndHead("getRing", "control", summary, answer, isOpen: false, also: [404]) + "}"
    }

    private static var documentPath: String {
        let summary = "This document."
        let answer = #"{"type":"object","required":["openapi","info","paths"]}"#
        return #""/openapi.json":{"# + getAndHead("getOpenAPI", "control", summary, answer) + "}"
    }

    /// GET and HEAD of a resource without parameters, answered with `schema`; an open one needs no
    /// token.
    private static func getAndHead(
        _ id: String, _ tag: String, _ summary: String, _ schema: String,
        _ type: String = "application/json", isOpen: Bool = true, also errors: [Int] = []
    ) -> String {
        let head = id.replacingGet
        let security = isOpen ? #""security":[],"# : ""
        let refusals = (isOpen ? [] : [401, 403]) + errors
        return #"""
            "get":{"operationId":"\#(id)","tags":["\#(tag)"],"summary":"\#(summary)",\#(security)
            "responses":{"200":{"description":"Done",
            "content":{"\#(type)":{"schema":\#(schema)}}},\#(errorRefs(refusals))}},
            "head":{"operationId":"\#(head)","tags":["\#(tag)"],"summary":"As GET, head alone.",
            \#(security)
            "responses":{"200":{"description":"Done"},\#(errorRefs(refusals, hasBody: false))}}
            """#
    }

    /// `"$ref"`s to the components that are named, with commas between.
    static func parameterRefs(_ names: String...) -> String {
        names.map { ##"{"$ref":"#/components/parameters/\##($0)"}"## }.joined(separator: ",")
    }

    /// The answer's headers that are named, to stand in a response object.
    static func headerRefs(_ names: String...) -> String {
        let members = names.map { ##""\##($0)":{"$ref":"#/components/headers/\##($0)"}"## }
        return #""headers":{\#(members.joined(separator: ","))}"#
    }

    static func schemaRef(_ name: String) -> String {
        ##"{"$ref":"#/components/schemas/\##(name)"}"##
    }
}

extension String {
    /// `getX` as `headX`.
    fileprivate var replacingGet: String { "head" + dropFirst(3) }
}
