extension OpenAPIDocument {
    static var schemas: String {
        let entries = [
            #""Read":{"oneOf":[\#(schemaRef("Found")),\#(schemaRef("Missed"))]}"#,
            object(
                "Found", ["value", "found"],
                [
                    #""value":{"type":"string"}"#, #""found":{"const":true}"#,
                    #""encoding":{"const":"base64","description":"The value is not UTF-8."}"#,
                ]),
            object(
                "Missed", ["value", "found"],
                [#""value":{"type":"null"}"#, #""found":{"const":false}"#]),
            object("Written", ["success"], [#""success":{"const":true}"#]),
            object(
                "Deleted", ["success", "deleted"],
                [#""success":{"const":true}"#, #""deleted":{"type":"boolean"}"#]),
            put("Put", ["key", "value"], [key, ttl, transaction]),
            object("GetOperation", ["op", "key"], [#""op":{"const":"get"}"#, key]),
            put("PutOperation", ["op", "key", "value"], [#""op":{"const":"put"}"#, key, ttl]),
            object("DeleteOperation", ["op", "key"], [#""op":{"const":"delete"}"#, key]),
            object(
                "Batch", ["operations"],
                [
                    #""atomic":{"type":["boolean","null"],"default":false}"#, transaction,
                    #""operations":{"type":"array","maxItems":10000,"items":"#
                        + oneOf("GetOperation", "PutOperation", "DeleteOperation") + "}",
                ]),
            object(
                "BatchResults", ["results"],
                [
                    #""results":{"type":"array","maxItems":10000,"items":"#
                        + oneOf("Found", "Missed", "Written", "Deleted", "Problem") + "}"
                ]),
            problem, eventSchema, searchSchema,
        ]
        return (entries + transactionSchemas).joined(separator: ",\n")
    }

    private static let key = #""key":{"type":"string","minLength":1}"#
    private static let transaction = #""transaction_id":{"type":["string","null"]}"#
    private static let ttl = #"""
        "ttl":{"type":["number","null"],"minimum":0,"maximum":3153600000,
        "description":"Seconds to live, fractions allowed; 0 never expires."}
        """#

    /// A write, in its two forms: text, and bytes in base64.
    private static func put(_ name: String, _ required: [String], _ members: [String]) -> String {
        let text = [#""value":{"type":"string"}"#, #""encoding":{"type":"null"}"#]
        // The bits behind the last byte are 0: one text for each value.
        let digit = "[A-Za-z0-9+/]"
        let end = "(\(digit){2}[AEIMQUYcgkosw048]=|\(digit)[AQgw]==)"
        let bytes = [
            #""value":{"type":"string","contentEncoding":"base64","pattern":"^(\#(digit){4})*\#(end)?$"}"#,
            #""encoding":{"const":"base64"}"#,
        ]
        return [
            #""\#(name)":{"anyOf":[\#(schemaRef("Text\(name)")),\#(schemaRef("Base64\(name)"))]}"#,
            object("Text\(name)", required, members + text),
            object("Base64\(name)", required + ["encoding"], members + bytes),
        ].joined(separator: ",\n")
    }

    private static var problem: String {
        object(
            "Problem", ["type", "title", "status", "detail"],
            [
                #""type":{"type":"string","pattern":"^urn:dcs:error:[a-z-]+$"}"#,
                #""title":{"type":"string"}"#, #""status":{"type":"integer"}"#,
                #""detail":{"type":"string"}"#, #""reasons":{"type":"array"}"#,
            ])
    }

    static func object(
        _ name: String, _ required: [String], _ members: [String]
    ) -> String {
        let names = required.map { "\"\($0)\"" }.joined(separator: ",")
        return #""\#(name)":{"type":"object","additionalProperties":false,"#
            + #""required":[\#(names)],"properties":{\#(members.joined(separator: ",\n"))}}"#
    }

    private static func oneOf(_ names: String...) -> String {
        #"{"oneOf":[\#(names.map(schemaRef).joined(separator: ","))]}"#
    }
}
