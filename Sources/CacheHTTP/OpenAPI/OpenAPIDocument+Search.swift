extension OpenAPIDocument {
    /// `/search`.
    static var searchPath: String {
        #"""
        "get":{"operationId":"search","tags":["search"],
        "summary":"Finds entries by the words of their values, the best first.",
        "description":"Text and JSON values are searched. Words, \"phrases\", \"near words\"~3,\#
         prefix*, fuzzy~1, +must -not, AND OR NOT and brackets, field:word and field:[a TO b] of\#
         JSON values, ^2 for weight. A caller is shown the keys that he may read.",
        "parameters":[\#(parameterRefs("Query", "Limit", "Offset", "Highlight"))],
        "responses":{"200":{"description":"What was found",
        "content":{"application/json":{"schema":\#(schemaRef("SearchResult"))}}},
        \#(errorRefs(searchErrors))}},
        "head":{"operationId":"headSearch","tags":["search"],"summary":"As GET, head alone.",
        "parameters":[\#(parameterRefs("Query", "Limit", "Offset", "Highlight"))],
        "responses":{"200":{"description":"Done"},\#(errorRefs(searchErrors, hasBody: false))}}
        """#
    }

    /// 404 where the node has no search.
    private static let searchErrors = [401, 403, 404]

    static var searchParameters: [String] {
        [
            #"""
            "Query":{"name":"q","in":"query","required":true,
            "description":"What is looked for.","schema":{"type":"string","minLength":1}}
            """#,
            number("Limit", "limit", "Hits that are answered at most; 10000 with the offset.", 10),
            number("Offset", "offset", "Hits that are passed over.", 0),
            #"""
            "Highlight":{"name":"highlight","in":"query",
            "description":"Marks what was found by em elements; the rest is then HTML text.",
            "schema":{"type":"boolean","default":false}}
            """#,
        ]
    }

    private static func number(
        _ id: String, _ name: String, _ text: String, _ standard: Int
    ) -> String {
        #"""
        "\#(id)":{"name":"\#(name)","in":"query","description":"\#(text)",
        "schema":{"type":"integer","minimum":0,"maximum":5000,"default":\#(standard)}}
        """#
    }

    static var searchSchema: String {
        #"""
        "SearchResult":{"type":"object",
        "required":["total","total_relation","took_ms","partial","hits"],"properties":{
        "total":{"type":"integer","minimum":0},
        "total_relation":{"enum":["eq","gte"],"description":"gte: there may be more."},
        "took_ms":{"type":"number","minimum":0},
        "partial":{"type":"boolean","description":"Not everything was looked at."},
        "hits":{"type":"array","items":{"type":"object","required":["key","score","snippet"],
        "properties":{"key":{"type":"string"},
        "key_encoding":{"const":"base64","description":"The key is not UTF-8."},
        "score":{"type":"number","minimum":0},"snippet":{"type":["string","null"]}}}}}}
        """#
    }
}
