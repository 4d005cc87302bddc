import CacheBase
import Testing

@testable import CacheHTTP

/// What is known again by its likeness to what came before means what it would mean alone.
@Suite("Likeness")
struct LikenessTests {
    private static let shapes = [
        #"{"op":"get","key":"K"}"#, #"{ "op" : "get", "key" : "K" }"#,
        #"{"key":"K","op":"delete"}"#,
        #"{"op":"put","key":"K","value":"V"}"#, #"{"op":"put","value":"V","key":"K"}"#,
        #"{"op":"put","key":"K","value":"V","ttl":12.5}"#,
        #"{"ttl":3,"op":"put","key":"K","value":"V"}"#,
        #"{"op":"put","key":"K","ttl":null,"value":"V","encoding":"base64"}"#,
        #"{"key":"K","op":"put","value":"V"}"#,
    ]
    private static let strings = [
        "a", "key1", #"\u0041\n"#, "é€😀", "op", #"\"}"#, "a much longer string than eight bytes",
    ]

    @Test func operationsOfABatchAreReadAsEachAlone() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            var operations: [String] = []
            var shape = Self.shapes[0]
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                if Bool.random(using: &random) {
                    shape = Self.shapes.randomElement(using: &random)!
                }
                let key = Self.strings.randomElement(using: &random)!
                let value = Self.strings.randomElement(using: &random)!
                operations.append(
                    String(shape.flatMap { $0 == "K" ? key : $0 == "V" ? value : String($0) }))
            }
            try check(operations)
        }
    }

    private func check(_ operations: [String]) throws {
        let text = #"{"operations":["# + operations.joined(separator: ", ") + "]}"
        try withBytes(text) { bytes in
            let document = try BatchDocument(bytes)
            #expect(document.operations.count == operations.count)
            for (fields, alone) in zip(document.operations, operations) {
                try withBytes(alone) { other in
                    var scanner = JSONScanner(other)
                    let wanted = try OperationFields(&scanner, allowed: .ofOperation)
                    #expect(fields.kind == wanted.kind && fields.members == wanted.members)
                    #expect(fields.ttl == wanted.ttl && fields.isBase64 == wanted.isBase64)
                    #expect(decoded(fields.key, bytes) == decoded(wanted.key, other), "\(alone)")
                    #expect(decoded(fields.value, bytes) == decoded(wanted.value, other))
                }
            }
        }
    }

    /// The last operation differs from the ones before in a way that must be noticed.
    @Test(arguments: [
        #"{"op":"get","key":""}"#, #"{"op":"get","key":"a}"#, #"{"op":"get","key":"a\x"}"#,
        #"{"op":"get","key":"a"#, #"{"op":"get","key":"a","key":"b"}"#, #"{"op":"get","key":"a"]"#,
        #"{"op":"get","key":a}"#, #"{"op":"got","key":"a"}"#, "", "{\"op\":\"get\",\"key\":\"\n\"}",
    ])
    func aMalformedOperationBehindLikeOnesIsRefused(last: String) {
        let like = #"{"op":"get","key":"a"},"#
        withBytes(#"{"operations":["# + like + like + last + "]}") { bytes in
            _ = #expect(throws: JSONFault.self) { try BatchDocument(bytes) }
        }
    }

    @Test func headsBehindALikeOneAreReadAsEachAlone() {
        let fields = "Host: a:1\r\nContent-Type: x/y\r\nContent-Length: 3\r\nDCS-Wait: log\r\n\r\n"
        let heads = [
            "PUT /cache/a HTTP/1.1\r\n" + fields, "PUT /cache/longer?ttl=5 HTTP/1.1\r\n" + fields,
            "PUT / HTTP/1.1\r\n" + fields, "POST /cache/a HTTP/1.1\r\n" + fields,
            "PUT /cache/a?? HTTP/1.0\r\n" + fields, "PUT /cache/a\u{7F} HTTP/1.1\r\n" + fields,
            "PUT http://h/cache/b HTTP/1.1\r\n" + fields, "PUT * HTTP/1.1\r\n" + fields,
            "PUT /cache/a HTTP/1.1\r\n\r\n", "PUT /a b HTTP/1.1\r\n" + fields,
            "\r\nPUT /cache/a HTTP/1.1\r\n" + fields, "PUT /cache/a HTTP/1.1 \r\n" + fields,
            "PUT /cache/" + String(repeating: "k", count: 16 << 10) + " HTTP/1.1\r\n" + fields,
        ]
        for first in heads {
            for second in heads {
                var used = RequestParser()
                withBytes(first) { _ = used.parse($0) }
                used.reset()
                withBytes(second) { bytes in
                    var fresh = RequestParser()
                    let step = fresh.parse(bytes)
                    #expect(used.parse(bytes) == step)
                    guard step == .complete else { return }
                    #expect(used.head.count == fresh.head.count)
                    #expect(used.head.target == fresh.head.target)
                    #expect(used.head.queryMark == fresh.head.queryMark)
                    #expect(used.head.fieldsStart == fresh.head.fieldsStart)
                    #expect(used.head.framing == fresh.head.framing)
                    #expect(used.head.fields == fresh.head.fields)
                    #expect(used.head.method == fresh.head.method)
                    #expect(used.head.minorVersion == fresh.head.minorVersion)
                    guard fresh.head.fields.contains(.contentType) else { return }
                    #expect(used.head.contentType == fresh.head.contentType)
                    #expect(used.head.wait == fresh.head.wait)
                }
            }
        }
    }
}
