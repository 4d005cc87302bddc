import CacheNode
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object(body)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func commasStandBetweenAndNowhereElse() {
        let text = text { json in
            json.array("empty") { _ in }
            json.object("object") { json in
                json.member("a", 1)
                json.member("b", true)
            }
            json.array("array") { json in
                json.element("x")
                json.object { $0.member("y", 0.5) }
                json.element(3)
            }
            json.member("none", nil)
            json.member("json", json: "[1]")
        }
        #expect(
            text == #"{"empty":[],"object":{"a":1,"b":true},"array":["x",{"y":0.5},3],"#
                + #""none":null,"json":[1]}"#)
    }

    @Test func whatIsNoNumberIsNull() {
        #expect(text { $0.member("n", Double.nan) } == #"{"n":null}"#)
        #expect(text { $0.member("n", Double.infinity) } == #"{"n":null}"#)
        #expect(text { $0.member("n", UInt64.max) } == #"{"n":18446744073709551615}"#)
    }

    @Test func textsAreEscaped() {
        #expect(
            text { $0.member("a\"b", "\\ \n\t\u{0} </script> ä 😀") }
                == #"{"a\"b":"\\ \u000a\u0009\u0000 </script> ä 😀"}"#)
    }
}
