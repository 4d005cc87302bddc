extension OpenAPIDocument {
    /// `/cache/{key}`: the raw API.
    static var entryPath: String {
        #""parameters":[\#(parameterRefs("PathKey"))],"# + "\n" + entryOperations(suffix: "")
    }

    /// The raw calls on one entry; `suffix` keeps their ids apart.
    static func entryOperations(suffix: String) -> String {
        [
            readEntry(isHead: false, suffix), readEntry(isHead: true, suffix), putEntry(suffix),
            deleteEntry(suffix),
        ].joined(separator: ",\n")
    }

    private static func readEntry(isHead: Bool, _ suffix: String) -> String {
        let bytes = isHead ? "" : #","content":{"*/*":{}}"#
        let parameters =
            isHead
            ? parameterRefs("Transaction", "MinLSN", "IfMatch", "IfNoneMatch")
            : parameterRefs(
                "Transaction", "MinLSN", "IfMatch", "IfNoneMatch", "Range", "IfRange")
        let part =
            isHead
            ? ""
            : #"""
            "206":{"description":"The part asked for",
            \#(headerRefs("ETag", "Content-Range"))\#(bytes)},
            """#
        let errors = errorRefs(reading + inside + [412] + (isHead ? [] : [416]), hasBody: !isHead)
        return #"""
            "\#(isHead ? "head" : "get")":{"operationId":"\#(isHead ? "head" : "get")Entry\#(suffix)",
            "tags":["raw"],"summary":"Reads an entry's bytes.","parameters":[\#(parameters)],
            "responses":{"200":{"description":"The value, with the content type given at its write",
            \#(headerRefs("ETag", "Cache-Control", "Accept-Ranges", "DCS-Lag"))\#(bytes)},\#(part)
            "304":{"description":"Not modified",\#(headerRefs("ETag", "Cache-Control"))},
            \#(errors)}}
            """#
    }

    private static func putEntry(_ suffix: String) -> String {
        let names = headerRefs("ETag", "DCS-LSN", "DCS-Durability")
        let parameters = parameterRefs(
            "Transaction", "TTL", "MaxAge", "Wait", "IfMatchOne", "IfNoneMatchOne")
        return #"""
            "put":{"operationId":"putEntry\#(suffix)","tags":["raw"],
            "summary":"Writes an entry; its content type is kept.",
            "description":"If-Match and If-None-Match exclude each other.",
            "parameters":[\#(parameters)],
            "requestBody":{"required":true,"content":{"application/octet-stream":{},"*/*":{}}},
            "responses":{"201":{"description":"Created",\#(names)},
            "204":{"description":"Replaced",\#(names)},
            \#(errorRefs(writing + inside + [411, 412]))}}
            """#
    }

    private static func deleteEntry(_ suffix: String) -> String {
        #"""
        "delete":{"operationId":"deleteEntry\#(suffix)","tags":["raw"],
        "summary":"Deletes an entry.",
        "description":"If-Match and If-None-Match exclude each other.",
        "parameters":[\#(parameterRefs("Transaction", "Wait", "IfMatchOne", "IfNoneMatchOne"))],
        "responses":{"204":{"description":"Deleted",\#(headerRefs("DCS-LSN", "DCS-Durability"))},
        \#(errorRefs(writing + inside + [412]))}}
        """#
    }
}
