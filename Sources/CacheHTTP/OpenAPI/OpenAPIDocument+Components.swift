extension OpenAPIDocument {
    static var parameters: String {
        let key = "The key; its UTF-8 has at most max_key_size bytes (4096)"
        let ttl = #"{"type":"number","minimum":0,"maximum":3153600000}"#
        let own = [
            query("QueryKey", "key", key, #"{"type":"string","minLength":1}"#, isRequired: true),
            query(
                "Transaction", "transaction_id", "The transaction to be inside of",
                #"{"type":"string"}"#),
            #"""
            "TransactionID":{"name":"id","in":"path","required":true,
            "description":"As /transaction/start answered.","schema":{"type":"string","minLength":1}}
            """#,
            query("TTL", "ttl", "Seconds to live; 0 never expires; goes before max-age", ttl),
            #"""
            "PathKey":{"name":"key","in":"path","required":true,"description":"\#(key); everything\#
             behind /cache/, percent-decoded.","schema":{"type":"string","minLength":1}}
            """#,
            header(
                "MinLSN", "DCS-Min-LSN", "Waits until this node has seen the version; else 504",
                #"{"type":"string","pattern":"^(0|[1-9][0-9]{0,18})$"}"#),
            header(
                "Wait", "DCS-Wait", "How safe the write is when it is answered",
                #"{"enum":["log","synced","quorum","all"]}"#),
            header("IfMatch", "If-Match", "Entity tags, or *", tags),
            header("IfNoneMatch", "If-None-Match", "Entity tags, or *", tags),
            header("IfMatchOne", "If-Match", "One entity tag, or *", oneTag),
            header("IfNoneMatchOne", "If-None-Match", "One entity tag, or *", oneTag),
            header(
                "Range", "Range", "One range of bytes; another form is passed over",
                #"{"type":"string","examples":["bytes=0-99","bytes=-1"]}"#),
            header(
                "IfRange", "If-Range", "The range counts for this entity tag only",
                #"{"type":"string","examples":["\"1\""]}"#),
            header(
                "MaxAge", "Cache-Control", "max-age=N: seconds to live; 0 ends at once",
                #"{"type":"string","examples":["max-age=60"]}"#),
        ]
        return (own + eventParameters + searchParameters).joined(separator: ",\n")
    }

    private static let tag = #"(W/)?\"[!#-~]*\""#
    private static let tags =
        #"{"type":"string","pattern":"^(\\*|\#(tag)(, \#(tag))*)$","examples":["\"1\"","*"]}"#
    private static let oneTag =
        #"{"type":"string","pattern":"^(\\*|\#(tag))$","examples":["\"1\"","*"]}"#

    private static func query(
        _ id: String, _ name: String, _ text: String, _ schema: String, isRequired: Bool = false
    ) -> String {
        #""\#(id)":{"name":"\#(name)","in":"query","required":\#(isRequired),"#
            + #""description":"\#(text).","schema":\#(schema)}"#
    }

    private static func header(
        _ id: String, _ name: String, _ text: String, _ schema: String
    ) -> String {
        #""\#(id)":{"name":"\#(name)","in":"header","description":"\#(text).","schema":\#(schema)}"#
    }

    static var headers: String {
        [
            answered("DCS-LSN", "The version written", #"{"type":"integer","minimum":0}"#),
            answered(
                "DCS-Durability", "What the write survives; on a cluster, how many nodes have it",
                #"{"type":"string","pattern":"^(log|synced)(;copies=[0-9]+)?$"}"#),
            answered(
                "ETag", "The entry's version",
                #"{"type":"string","pattern":"^\"[0-9]+(-[0-9a-f]{8})?\"$"}"#),
            answered(
                "Cache-Control", "The rest of the entry's life; absent where it never ends",
                #"{"type":"string","pattern":"^max-age=[0-9]+$"}"#),
            answered("Accept-Ranges", "Ranges are served", #"{"const":"bytes"}"#),
            answered(
                "Content-Range", "Which part this is",
                #"{"type":"string","pattern":"^bytes ([0-9]+-[0-9]+|\\*)/[0-9]+$"}"#),
            answered(
                "DCS-Lag",
                "Milliseconds by which the answer may be behind, where it may: of a copy that its node "
                    + "does not lead, or of a node without a lease",
                #"{"type":"string","pattern":"^([0-9]+|unknown)$"}"#),
            answered("Allow", "The methods known", #"{"type":"string"}"#),
            answered("WWW-Authenticate", "Why, as RFC 6750 says it", #"{"type":"string"}"#),
            answered("Retry-After", "Seconds", #"{"type":"integer","minimum":1}"#),
        ].joined(separator: ",\n")
    }

    private static func answered(_ name: String, _ text: String, _ schema: String) -> String {
        #""\#(name)":{"description":"\#(text).","schema":\#(schema)}"#
    }
}
