import CacheProof
import Testing

/// Calls that other programs took down.
@Suite("Calls as lines")
struct CallLineTests {
    @Test func aLineIsTheCallThatItTells() {
        #expect(
            Call(line: "3 k put 41 is:7 applied:replaced 5 9")
                == Call(
                    client: 3, key: "k", action: .put(ValueID(41), .value(ValueID(7))),
                    answer: .applied(existed: true), invoked: 5, returned: 9))
        #expect(
            Call(line: "0 k read - always found:- 5 9")
                == Call(
                    client: 0, key: "k", action: .read, answer: .found(nil), invoked: 5, returned: 9
                ))
        #expect(
            Call(line: "0 k delete - present unknown 5 -")
                == Call(
                    client: 0, key: "k", action: .delete(.present), answer: .unknown, invoked: 5,
                    returned: nil))
    }

    @Test(arguments: [
        "", "1 k read - always found:2 3", "1 k read 4 always found:2 3 4",
        "1 k read - always applied 3 4", "1 k put x always applied 3 4",
        "1 k put 2 always found:2 3 4", "1 k put 2 never applied 3 4",
        "1 k put 2 always applied 4 3", "1 k put 2 always applied 4 -",
        "1 k put 2 always unknown 4 5", "1 k grow 2 always applied 3 4",
    ])
    func whatIsNoCallIsNone(line: String) {
        #expect(Call(line: line) == nil)
    }
}
