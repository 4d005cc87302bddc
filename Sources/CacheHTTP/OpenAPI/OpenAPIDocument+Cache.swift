extension OpenAPIDocument {
    /// `/cache`: the JSON API.
    static var cachePath: String {
        [readJSON(isHead: false), readJSON(isHead: true), putJSON, deleteJSON]
            .joined(separator: ",\n")
    }

    private static func readJSON(isHead: Bool) -> String {
        let errors = errorRefs(reading + inside, hasBody: !isHead)
        let content =
            isHead
            ? "" : #","content":{"application/json":{"schema":\#(schemaRef("Read"))}}"#
        return #"""
            "\#(isHead ? "head" : "get")":{"operationId":"\#(isHead ? "headValue" : "getValue")",
            "tags":["json"],"summary":"Reads an entry.",
            "parameters":[\#(parameterRefs("QueryKey", "Transaction", "MinLSN"))],
            "responses":{"200":{"description":"The value, or that there is none"\#(content)},
            \#(errors)}}
            """#
    }

    private static var putJSON: String {
        #"""
        "post":{"operationId":"putValue","tags":["json"],"summary":"Writes an entry.",
        "description":"Inside a transaction nothing is written before its commit: the answer has no\#
         receipt. The query may name it as well as the body, but no other one.",
        "parameters":[\#(parameterRefs("Wait"))],
        "requestBody":{"required":true,
        "content":{"application/json":{"schema":\#(schemaRef("Put"))}}},
        "responses":{"200":{"description":"Written",\#(headerRefs("DCS-LSN", "DCS-Durability")),
        "content":{"application/json":{"schema":\#(schemaRef("Written"))}}},
        \#(errorRefs(writing + inside + [411]))}}
        """#
    }

    private static var deleteJSON: String {
        #"""
        "delete":{"operationId":"deleteValue","tags":["json"],"summary":"Deletes an entry.",
        "parameters":[\#(parameterRefs("QueryKey", "Transaction", "Wait"))],
        "responses":{"200":{"description":"Whether there was one",
        \#(headerRefs("DCS-LSN", "DCS-Durability")),
        "content":{"application/json":{"schema":\#(schemaRef("Deleted"))}}},
        \#(errorRefs(writing + inside))}}
        """#
    }

    /// `/cache/batch`: the batch, and the raw entry of that key.
    static var batchPath: String {
        let batch = #"""
            "post":{"operationId":"postBatch","tags":["json"],
            "summary":"Carries out up to 10,000 operations in their order.",
            "description":"Each result has the form of the single call's answer, or of an error.\#
             With \"atomic\": true all writes are applied as one step or none is: an operation that\#
             cannot be carried out or is not allowed refuses the whole batch, and reads see the\#
             writes before them.\#
             With a transaction_id, here or in the query, the operations are inside it; where the\#
             transaction is over, the\#
             whole batch is answered so. An operation of an atomic one that a limit refuses ends it.",
            "parameters":[\#(parameterRefs("Wait"))],
            "requestBody":{"required":true,
            "content":{"application/json":{"schema":\#(schemaRef("Batch"))}}},
            "responses":{"200":{"description":"The results; the two header fields are there where\#
             something was written",\#(headerRefs("DCS-LSN", "DCS-Durability")),
            "content":{"application/json":{"schema":\#(schemaRef("BatchResults"))}}},
            \#(errorRefs(writing + inside + [411]))}}
            """#
        return [batch, entryOperations(suffix: "NamedBatch")].joined(separator: ",\n")
    }
}
