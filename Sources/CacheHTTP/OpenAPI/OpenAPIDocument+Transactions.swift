extension OpenAPIDocument {
    /// Statuses of calls that may be inside a transaction, beside those of the same call outside.
    static let inside = [401, 403, 404, 409]

    static var transactionPaths: [String] {
        [
            #""/transaction/start":{\#(startTransaction)}"#,
            #""/transaction/commit":{\#(commitTransaction)}"#,
            #""/transaction/rollback":{\#(rollBackTransaction)}"#,
            #""/transaction/{id}":{"parameters":[\#(parameterRefs("TransactionID"))],"#
                + "\(showTransaction(isHead: false)),\(showTransaction(isHead: true))}",
        ]
    }

    private static var startTransaction: String {
        #"""
        "post":{"operationId":"startTransaction","tags":["transactions"],
        "summary":"Starts a transaction.",
        "description":"Reads inside see the state of this moment and the transaction's own writes,\#
         and repeat. It holds no lock, keeps no other client waiting, and is rolled back after\#
         transaction_timeout (30 seconds).",
        "requestBody":{"required":false,
        "content":{"application/json":{"schema":\#(schemaRef("Nothing"))}}},
        "responses":{"200":{"description":"Started",
        "content":{"application/json":{"schema":\#(schemaRef("NamedTransaction"))}}},
        \#(errorRefs([401, 403, 429, 500, 507]))}}
        """#
    }

    private static var commitTransaction: String {
        #"""
        "post":{"operationId":"commitTransaction","tags":["transactions"],
        "summary":"Applies a transaction, wholly or not at all.",
        "description":"Answered once it survives a power loss, whatever wal_sync says. 409: a key\#
         that it read or wrote was changed by someone else; nothing was applied. After an answer\#
         that was lost, GET /transaction/{id} says how it ended.",
        "parameters":[\#(parameterRefs("Wait"))],
        "requestBody":\#(namingBody),
        "responses":{"200":{"description":"Applied and durable",
        \#(headerRefs("DCS-LSN", "DCS-Durability")),
        "content":{"application/json":{"schema":\#(schemaRef("Written"))}}},
        \#(errorRefs(inside + [411, 500, 507]))}}
        """#
    }

    private static var rollBackTransaction: String {
        #"""
        "post":{"operationId":"rollBackTransaction","tags":["transactions"],
        "summary":"Gives a transaction up; nothing of it is applied.",
        "requestBody":\#(namingBody),
        "responses":{"200":{"description":"Rolled back",
        "content":{"application/json":{"schema":\#(schemaRef("Written"))}}},
        \#(errorRefs(inside + [411]))}}
        """#
    }

    private static let namingBody =
        #"{"required":true,"content":{"application/json":{"schema":"#
        + schemaRef("NamedTransaction") + "}}}"

    private static func showTransaction(isHead: Bool) -> String {
        let content =
            isHead
            ? "" : #","content":{"application/json":{"schema":\#(schemaRef("Transaction"))}}"#
        return #"""
            "\#(isHead ? "head" : "get")":{
            "operationId":"\#(isHead ? "head" : "get")Transaction","tags":["transactions"],
            "summary":"What became of a transaction.",
            "description":"Known for ten minutes after its end, across restarts. One that was open\#
             when the process ended is rolled back; one that is unknown is not known to be either.",
            "responses":{"200":{"description":"Its state"\#(content)},
            \#(errorRefs([401, 403, 500, 504], hasBody: !isHead))}}
            """#
    }

    static var transactionSchemas: [String] {
        let name = #""transaction_id":{"type":"string"}"#
        let state =
            #""state":{"enum":["open","committed","rolled_back","timed_out","unknown"]}"#
        return [
            object("Nothing", [], []), object("NamedTransaction", ["transaction_id"], [name]),
            object("Transaction", ["transaction_id", "state"], [name, state]),
        ]
    }
}
