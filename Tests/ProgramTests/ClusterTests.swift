import Foundation
import Testing

@Suite("A cluster of programs", .serialized)
struct ClusterTests {
    private func field(_ name: String, _ answer: HTTPClient.Answer) -> String? {
        answer.head.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    /// Who gave an answer.
    private func owner(_ answer: HTTPClient.Answer) -> String? { field("DCS-Node", answer) }

    @Test func anyNodeTakesAnyRequestAndSaysWhoAnswered() async throws {
        let rig = try ClusterRig(["a", "b", "c"])
        try await rig.awaitCopies(2, on: rig.names)
        var owners: Set<String> = []
        for number in 0..<40 {
            let (writer, reader) = (rig.names[number % 3], rig.names[(number + 1) % 3])
            let put = try rig.client(writer).request(
                "PUT", "/cache/key-\(number)", body: "value \(number)")
            #expect(put.status == 201, "\(put)")
            let get = try rig.client(reader).request("GET", "/cache/key-\(number)")
            #expect(get.status == 200 && get.body == "value \(number)")
            #expect(owner(get) == owner(put))
            #expect(field("DCS-Durability", put) == "log;copies=2")
            owners.insert(try #require(owner(put)))
        }
        #expect(owners == ["a", "b", "c"])
        // A version is of the store that counted it; who was asked does not matter.
        let tag = try #require(field("ETag", try rig.client("b").request("GET", "/cache/key-2")))
        let number = String(tag.prefix { $0 != "-" }) + "\""
        for (condition, status) in [(number, 412), (tag, 204), (tag, 412)] {
            let put = try rig.client("c").request(
                "PUT", "/cache/key-2", ["If-Match: \(condition)"], body: "new")
            #expect(put.status == status, "\(condition)")
        }
        // Each has two thirds of it.
        let found = try rig.client("b").request("GET", "/search?q=value")
        #expect(found.status == 200 && found.body.contains(#""partial":true"#))
        let missing = try rig.client("b").request("GET", "/cache/none")
        #expect(missing.status == 404)
        #expect(try rig.client("c").request("DELETE", "/cache/key-1").status == 204)
        #expect(try rig.client("a").request("GET", "/cache/key-1").status == 404)
    }

    @Test func batchesAreSplitAndJoinedInTheirOrder() async throws {
        let rig = try ClusterRig(["a", "b", "c"])
        try await rig.awaitCopies(2, on: rig.names)
        let texts = (0..<30).map { "a \\\"quoted\\\" value], \($0)" }
        let puts = texts.enumerated().map {
            #"{"op":"put","key":"k\#($0.offset)","value":"\#($0.element)"}"#
        }
        let gets = texts.indices.map { #"{"op":"get","key":"k\#($0)"}"# }
        let operations = (puts + gets).joined(separator: ",")
        let answer = try rig.client("b").request(
            "POST", "/cache/batch", body: #"{"operations":[\#(operations)]}"#)
        let results =
            texts.map { _ in #"{"success":true}"# }
            + texts.map { #"{"value":"\#($0)","found":true}"# }
        // What is here was written here; where all is elsewhere, nothing is said of it.
        #expect(field("DCS-Durability", answer) == "log;copies=2")
        #expect(answer.body == #"{"results":[\#(results.joined(separator: ","))]}"#)
        let atomic = try rig.client("b").request(
            "POST", "/cache/batch", body: #"{"atomic":true,"operations":[\#(operations)]}"#)
        #expect(atomic.status == 409 && atomic.body.contains("several-nodes"))
        let small = try rig.client("b").request(
            "POST", "/cache/batch",
            body: #"{"atomic":true,"operations":[{"op":"put","key":"k1","value":"x"}]}"#)
        #expect(small.status == 200)
        #expect(try rig.client("c").request("GET", "/cache/k1").body == "x")
    }

    @Test func aNodeThatWasKilledHasEverythingAgainAndItsCopiesAreReadMeanwhile() async throws {
        let rig = try ClusterRig(["a", "b", "c"])
        try await rig.awaitCopies(2, on: rig.names)
        for number in 0..<60 {
            let put = try rig.client("a").request(
                "PUT", "/cache/key-\(number)", body: "before \(number)")
            #expect(put.status == 201)
        }
        try rig.kill("b")
        var written: [Int: String] = [:]
        for number in 0..<60 {
            let put = try rig.client("a").request(
                "PUT", "/cache/key-\(number)", body: "after \(number)")
            if put.status < 300 { written[number] = "after \(number)" }
            // Not applied, or sent to the node that dies and not heard of: the answer says which.
            if put.status == 503 { #expect(put.body.contains("pplied")) }
            let locals = try ["a", "c"].map {
                try rig.client($0).request("GET", "/cache/key-\(number)?read=local")
            }
            #expect(locals.contains { $0.status == 200 }, "\(number)")
        }
        #expect(!written.isEmpty && written.count < 60)
        try rig.start("b")
        try await rig.awaitCopies(2, on: rig.names)
        for number in 0..<60 {
            let get = try rig.client("c").request("GET", "/cache/key-\(number)")
            #expect(get.status == 200)
            #expect(get.body == written[number] ?? "before \(number)")
        }
    }

    @Test func aTransactionIsOfTheNodeThatBeganItWhoeverIsAsked() async throws {
        let rig = try ClusterRig(["a", "b", "c"])
        try await rig.awaitCopies(2, on: rig.names)
        let keys = try keysByOwner(rig)
        for coordinator in rig.names {
            for owner in rig.names {
                let id = try begin(rig, coordinator)
                #expect(id.hasSuffix("-" + coordinator))
                let key = try #require(keys[owner])
                // Any node is asked; all of it is one transaction.
                for (place, name) in rig.names.enumerated() {
                    let put = try rig.client(name).request(
                        "PUT", "/cache/\(key[place])?transaction_id=\(id)", body: id)
                    #expect(put.status < 300, "\(put)")
                }
                let json = try rig.client("b").request(
                    "POST", "/cache",
                    body: #"{"key":"\#(key[3])","value":"\#(id)","transaction_id":"\#(id)"}"#)
                #expect(json.status == 200, "\(json)")
                #expect(try rig.client("a").request("GET", "/cache/\(key[0])").body != id)
                let inside = try rig.client("c").request(
                    "GET", "/cache/\(key[0])?transaction_id=\(id)")
                #expect(inside.body == id, "\(inside)")
                #expect(try state(rig, "b", id) == "open")
                let commit = try rig.client("a").request(
                    "POST", "/transaction/commit", body: #"{"transaction_id":"\#(id)"}"#)
                #expect(commit.status == 200, "\(commit)")
                for key in key[0...3] {
                    #expect(try rig.client("b").request("GET", "/cache/\(key)").body == id)
                }
                #expect(try state(rig, "c", id) == "committed")
            }
        }
        // What somebody else changes meanwhile is a conflict, wherever it is.
        let (id, key) = (try begin(rig, "a"), try #require(keys["b"])[0])
        _ = try rig.client("c").request("GET", "/cache/\(key)?transaction_id=\(id)")
        #expect(try rig.client("c").request("PUT", "/cache/\(key)", body: "x").status == 204)
        let commit = try rig.client("a").request(
            "POST", "/transaction/commit", body: #"{"transaction_id":"\#(id)"}"#)
        #expect(commit.status == 409 && commit.body.contains("transaction-conflict"), "\(commit)")
        #expect(try state(rig, "b", id) == "rolled_back")
        let unknown = try rig.client("a").request(
            "GET", "/cache/\(key)?transaction_id=\(id.prefix(33))nobody")
        #expect(unknown.status == 404)
    }

    /// Keys that each node leads, four of each.
    private func keysByOwner(_ rig: ClusterRig) throws -> [String: [String]] {
        var keys: [String: [String]] = [:]
        var number = 0
        while rig.names.contains(where: { keys[$0, default: []].count < 4 }) {
            let put = try rig.client("a").request("PUT", "/cache/owned-\(number)", body: "none")
            keys[try #require(owner(put)), default: []].append("owned-\(number)")
            number += 1
        }
        return keys
    }

    private func begin(_ rig: ClusterRig, _ node: String) throws -> String {
        let answer = try rig.client(node).request("POST", "/transaction/start", body: "")
        return String(try #require(answer.body.split(separator: "\"").dropFirst(3).first))
    }

    private func state(_ rig: ClusterRig, _ node: String, _ id: String) throws -> String {
        let answer = try rig.client(node).request("GET", "/transaction/\(id)")
        return String(try #require(answer.body.split(separator: "\"").dropLast().last))
    }

    @Test func whatTheSettingsContradictIsRefused() throws {
        let folder = try TemporaryFolder()
        for (settings, reason) in [
            (["cluster=static"], "node_id"),
            (["cluster=static", "node_id=a"], "peers"),
            (["cluster=redis://x", "node_id=a"], "cluster"),
            (["peers=a=h:1/2"], "peers"),
        ] {
            let arguments = settings.flatMap { ["--set", $0] }
            let program = try Program(["serve", "--data-dir", "d"] + arguments, in: folder)
            #expect(program.exitCode() == 1)
            #expect(program.log.contains { $0.contains(reason) }, "\(program.log)")
        }
    }
}
