import CacheClient
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:50051", "http://127.0.0.1:50051"),
        ("HTTP://a-b.example/", "http://a-b.example:80"),
        ("https://node", "https://node:443"), ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[fe80::1]", "https://[fe80::1]:443"),
    ])
    func addressesAreTaken(text: String, shown: String) throws {
        #expect(try NodeAddress(text).description == shown)
    }

    @Test(arguments: [
        "", "127.0.0.1:50051", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536",
        "http://a:+5", "http://a:x", "http://a/b", "http://user@a", "http://a?b", "http://a b",
        "http://[::1", "http://[]", "http://[x]", "http://::1:80", "http://a:80/x",
    ])
    func othersAreRefused(text: String) {
        #expect(throws: ClientError.self) { try NodeAddress(text) }
    }

    @Test func theManagementPortIsOnTheSameHost() throws {
        #expect(
            try NodeAddress("https://[::1]:50051").at(port: 9898).description
                == "https://[::1]:9898")
    }

    @Test(arguments: [
        ("plain-Key_1.~", "/cache/plain-Key_1.~"), ("a/b c", "/cache/a%2Fb%20c"),
        ("..", "/cache/%2E%2E"), ("ü?#", "/cache/%C3%BC%3F%23"),
    ])
    func keysBecomeOneSegment(key: String, target: String) {
        #expect(Call("GET", key: key.utf8).target == target)
    }

    @Test func queriesAreEncoded() {
        var call = Call("GET", "/search")
        call.add("q", "a+b&c=\"d\"")
        call.add("none", nil)
        call.add("limit", "5")
        #expect(call.target == "/search?q=a%2Bb%26c%3D%22d%22&limit=5")
    }
}
