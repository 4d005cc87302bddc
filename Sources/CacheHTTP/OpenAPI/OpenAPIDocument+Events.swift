extension OpenAPIDocument {
    /// `/events`.
    static var eventsPath: String {
        #"""
        "get":{"operationId":"followEvents","tags":["events"],
        "summary":"Tells every change of the entries from now on, as server-sent events.",
        "description":"Events are put, delete, expire and evict; their data is an Event, their id a\#
         position among the records. The stream ends with the connection only. With Last-Event-ID\#
         it goes on where another ended, as far as the log reaches: where something is missing, an\#
         event gap comes first and names its kinds; an expire or evict may be told twice. The last event before the server ends a stream\#
         is end; its reason is slow, draining, unauthorized or overloaded. A caller is told of the\#
         keys that he may read.",
        "parameters":[\#(parameterRefs("EventPrefix", "EventKinds", "LastEventID"))],
        "responses":{"200":{"description":"The events",
        "content":{"text/event-stream":{"schema":\#(schemaRef("Event"))}}},
        \#(errorRefs([401, 403]))}}
        """#
    }

    static var eventParameters: [String] {
        [
            #"""
            "EventPrefix":{"name":"prefix","in":"query",
            "description":"What the keys begin with.","schema":{"type":"string"}}
            """#,
            #"""
            "EventKinds":{"name":"kind","in":"query","explode":false,
            "description":"Which events; all of them where it is missing.",
            "schema":{"type":"array","minItems":1,
            "items":{"enum":["put","delete","expire","evict"]}}}
            """#,
            #"""
            "LastEventID":{"name":"Last-Event-ID","in":"header",
            "description":"The id of the last event seen.",
            "schema":{"type":"string","pattern":"^(0|[1-9][0-9]{0,17})$"}}
            """#,
        ]
    }

    static var eventSchema: String {
        #"""
        "Event":{"type":"object","required":["kind","key","lsn"],"properties":{
        "kind":{"enum":["put","delete","expire","evict"]},"key":{"type":"string"},
        "key_encoding":{"const":"base64","description":"The key is not UTF-8."},
        "lsn":{"type":"integer","minimum":0,
        "description":"The version written; of an entry that went by itself, the one it had."}}}
        """#
    }
}
