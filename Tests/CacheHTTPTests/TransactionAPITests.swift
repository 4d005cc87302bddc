import CacheBase
import CacheEngine
import CacheFiles
import Testing

@testable import CacheHTTP

@Suite("Transactions over HTTP")
struct TransactionAPITests {
    private func kind(_ answer: Answer?) -> String? {
        answer?.body.firstRange(of: "urn:dcs:error:").map { range in
            String(answer!.body[range.upperBound...].prefix { $0 != "\"" })
        }
    }

    @Test func startsReadsWritesAndCommits() throws {
        let harness = try EngineHarness.make()
        #expect(
            try harness.call("POST", "/cache", body: #"{"key":"a","value":"1"}"#)?.status == 200)
        let started = try harness.call("POST", "/transaction/start", body: "{}")
        #expect(started?.status == 200)
        #expect(started?.fields["content-type"] == "application/json")
        let id = try harness.begin()
        #expect(id.utf8.count == TransactionID.textBytes)
        #expect(started?.body.contains(id) == false)
        let read = try harness.call("GET", "/cache?key=a&transaction_id=\(id)")
        #expect(read?.body == #"{"value":"1","found":true}"#)
        let written = try harness.call(
            "POST", "/cache", body: #"{"key":"a","value":"2","transaction_id":"\#(id)"}"#)
        #expect(written?.body == #"{"success":true}"#)
        #expect(written?.fields["dcs-lsn"] == nil)
        #expect(written?.fields["dcs-durability"] == nil)
        let again = try harness.call("GET", "/cache?key=a&transaction_id=\(id)")
        #expect(again?.body == #"{"value":"2","found":true}"#)
        let outside = try harness.another().call("GET", "/cache?key=a")
        #expect(outside?.body == #"{"value":"1","found":true}"#)
        #expect(try harness.state(id) == "open")
        let commit = try harness.commit(id)
        #expect(commit?.status == 200)
        #expect(commit?.body == #"{"success":true}"#)
        #expect(commit?.fields["dcs-durability"] == "synced")
        #expect(commit?.fields["dcs-lsn"] == "\(harness.store.lastLSN.rawValue)")
        #expect(harness.store.durableLSN == harness.store.lastLSN)
        #expect(try harness.state(id) == "committed")
        #expect(
            try harness.call("GET", "/cache?key=a")?.body == #"{"value":"2","found":true}"#)
    }

    @Test(arguments: [SyncMode.always, .interval(milliseconds: 100), .never])
    func aCommitIsAnsweredWhenItIsSynced(mode: SyncMode) throws {
        let harness = try EngineHarness.make(sync: mode)
        let id = try harness.begin()
        _ = try harness.call(
            "POST", "/cache", body: #"{"key":"a","value":"2","transaction_id":"\#(id)"}"#)
        let body = #"{"transaction_id":"\#(id)"}"#
        let request =
            "POST /transaction/commit HTTP/1.1\r\nHost: h\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
        #expect(harness.send(request) == "")
        #expect(harness.isHolding)
        let answer = Answer.one(try harness.serveWait())
        #expect(answer?.status == 200)
        #expect(answer?.fields["dcs-durability"] == "synced")
    }

    @Test func deletesAndRollsBack() throws {
        let harness = try EngineHarness.make()
        _ = try harness.call("POST", "/cache", body: #"{"key":"a","value":"1"}"#)
        let id = try harness.begin()
        let target = "/cache?key=a&transaction_id=\(id)"
        #expect(
            try harness.call("DELETE", target)?.body == #"{"success":true,"deleted":true}"#)
        #expect(
            try harness.call("DELETE", target)?.body == #"{"success":true,"deleted":false}"#)
        #expect(try harness.call("GET", target)?.body == #"{"value":null,"found":false}"#)
        let body = #"{"transaction_id":"\#(id)"}"#
        let rollback = try harness.call("POST", "/transaction/rollback", body: body)
        #expect(rollback?.status == 200)
        #expect(rollback?.body == #"{"success":true}"#)
        #expect(try harness.state(id) == "rolled_back")
        #expect(
            try harness.call("GET", "/cache?key=a")?.body == #"{"value":"1","found":true}"#)
        let late = try harness.call("POST", "/transaction/rollback", body: body)
        #expect(late?.status == 404)
        #expect(kind(late) == "transaction-ended")
    }

    @Test func conflictsAnswer409() throws {
        let harness = try EngineHarness.make()
        _ = try harness.call("POST", "/cache", body: #"{"key":"a","value":"1"}"#)
        let reader = try harness.begin()
        let writer = try harness.begin()
        _ = try harness.call("PUT", "/cache/a?transaction_id=\(writer)", body: "own")
        _ = try harness.another().call("PUT", "/cache/a", body: "2")
        let read = try harness.call("GET", "/cache?key=a&transaction_id=\(reader)")
        #expect(read?.status == 409)
        #expect(kind(read) == "transaction-conflict")
        let gone = try harness.call("GET", "/cache?key=a&transaction_id=\(reader)")
        #expect(gone?.status == 404)
        #expect(kind(gone) == "transaction-ended")
        let commit = try harness.commit(writer)
        #expect(commit?.status == 409)
        #expect(kind(commit) == "transaction-conflict")
        #expect(try harness.call("GET", "/cache/a")?.body == "2")
        #expect(!harness.isClosing)
    }

    @Test func theRawCallsWorkInside() throws {
        let harness = try EngineHarness.make()
        let created = try harness.call("PUT", "/cache/a", body: "outside")
        let tag = created?.fields["etag"] ?? ""
        let id = try harness.begin()
        let inside = "?transaction_id=\(id)"
        let read = try harness.call("GET", "/cache/a" + inside)
        #expect(read?.body == "outside")
        #expect(read?.fields["etag"] == tag)
        #expect(
            try harness.call("GET", "/cache/a" + inside, ["If-None-Match: \(tag)"])?.status == 304)
        #expect(
            try harness.call("PUT", "/cache/a" + inside, ["If-Match: \"7\""], body: "x")?.status
                == 412)
        #expect(
            try harness.call(
                "PUT", "/cache/a" + inside, ["If-Match: \(tag)", "Content-Type: text/plain"],
                body: "own")?.status == 204)
        let own = try harness.call("GET", "/cache/a" + inside, ["Range: bytes=1-"])
        #expect(own?.status == 206)
        #expect(own?.body == "wn")
        #expect(own?.fields["etag"] == nil)
        #expect(own?.fields["content-type"] == "text/plain")
        #expect(try harness.call("HEAD", "/cache/a" + inside)?.fields["content-length"] == "3")
        let new = try harness.call(
            "PUT", "/cache/b" + inside + "&ttl=60", ["If-None-Match: *"], body: "1")
        #expect(new?.status == 201)
        #expect(new?.fields["dcs-lsn"] == nil)
        #expect(
            try harness.call("GET", "/cache/b" + inside)?.fields["cache-control"] == "max-age=60")
        #expect(try harness.call("DELETE", "/cache/c" + inside)?.status == 404)
        #expect(try harness.call("DELETE", "/cache/a" + inside)?.status == 204)
        #expect(try harness.call("GET", "/cache/a" + inside)?.status == 404)
        #expect(try harness.call("GET", "/cache/b")?.status == 404)
        #expect(try harness.commit(id)?.status == 200)
        #expect(try harness.call("GET", "/cache/a")?.status == 404)
        #expect(try harness.call("GET", "/cache/b")?.body == "1")
    }

    @Test func coldEntriesAreReadAndComparedInAThread() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let harness = try EngineHarness.make(disk: disk) { $0.hotTier = false }
        let created = try harness.call("PUT", "/cache/a", body: "1")
        let id = try harness.begin()
        _ = try harness.call("PUT", "/cache/b", body: "1")
        while try harness.store.flush() {}
        disk.readsCached = false
        let inside = "?transaction_id=\(id)"
        #expect(try harness.call("GET", "/cache/a" + inside)?.body == "1")
        #expect(
            try harness.call("GET", "/cache?key=a&transaction_id=\(id)")?.body
                == #"{"value":"1","found":true}"#)
        let fields = ["If-Match: \(created?.fields["etag"] ?? "")"]
        #expect(try harness.call("PUT", "/cache/a" + inside, fields, body: "2")?.status == 204)
        #expect(try harness.call("DELETE", "/cache/x" + inside, ["If-Match: \"1\""])?.status == 412)
        let batch = try harness.call(
            "POST", "/cache/batch",
            body: #"{"transaction_id":"\#(id)","operations":[{"op":"get","key":"a"}]}"#)
        #expect(batch?.body == #"{"results":[{"value":"2","found":true}]}"#)
        #expect(try harness.commit(id)?.status == 200)
        #expect(try harness.call("GET", "/cache/a")?.body == "2")
    }

    @Test(arguments: [false, true])
    func batchesWorkInside(isAtomic: Bool) throws {
        let harness = try EngineHarness.make()
        _ = try harness.call("POST", "/cache", body: #"{"key":"a","value":"1"}"#)
        let id = try harness.begin()
        let batch = try harness.call(
            "POST", "/cache/batch",
            body: #"""
                {"transaction_id":"\#(id)","atomic":\#(isAtomic),"operations":[
                {"op":"get","key":"a"},{"op":"put","key":"a","value":"2"},{"op":"get","key":"a"},
                {"op":"delete","key":"a"},{"op":"delete","key":"b"},
                {"op":"put","key":"c","value":"MQ==","encoding":"base64"}]}
                """#)
        #expect(batch?.status == 200)
        #expect(batch?.fields["dcs-lsn"] == nil)
        #expect(
            batch?.body == #"""
                {"results":[{"value":"1","found":true},{"success":true},{"value":"2","found":true},\#
                {"success":true,"deleted":true},{"success":true,"deleted":false},{"success":true}]}
                """#)
        #expect(try harness.call("GET", "/cache/c")?.status == 404)
        #expect(try harness.commit(id)?.status == 200)
        #expect(try harness.call("GET", "/cache/c")?.body == "1")
        #expect(try harness.call("GET", "/cache/a")?.status == 404)
        let late = try harness.call(
            "POST", "/cache/batch",
            body: #"{"transaction_id":"\#(id)","operations":[{"op":"get","key":"a"}]}"#)
        #expect(late?.status == 404)
        #expect(kind(late) == "transaction-ended")
    }

    @Test func aBatchThatMeetsAConflictIsAnsweredWithIt() throws {
        let harness = try EngineHarness.make()
        let id = try harness.begin()
        _ = try harness.another().call("PUT", "/cache/b", body: "2")
        let batch = try harness.call(
            "POST", "/cache/batch",
            body: #"""
                {"transaction_id":"\#(id)","operations":[{"op":"get","key":"a"},
                {"op":"get","key":"b"},{"op":"put","key":"c","value":""}]}
                """#)
        #expect(batch?.status == 409)
        #expect(kind(batch) == "transaction-conflict")
        #expect(try harness.state(id) == "rolled_back")
    }

    @Test(arguments: [false, true])
    func anOperationBeyondALimitIsRefusedInItsPlaceOrEndsAnAtomicBatch(isAtomic: Bool) throws {
        let harness = try EngineHarness.make()
        let id = try harness.begin()
        // An eighth of 64 MiB is what a transaction may hold.
        let value = String(repeating: "x", count: 5 << 20)
        let batch = try harness.call(
            "POST", "/cache/batch",
            body: #"""
                {"transaction_id":"\#(id)","atomic":\#(isAtomic),"operations":[
                {"op":"put","key":"a","value":"\#(value)"},
                {"op":"put","key":"b","value":"\#(value)"},{"op":"put","key":"c","value":"1"}]}
                """#)
        #expect(batch?.status == (isAtomic ? 413 : 200))
        #expect(kind(batch) == "too-large")
        #expect(try harness.state(id) == (isAtomic ? "rolled_back" : "open"))
        #expect(try harness.commit(id)?.status == (isAtomic ? 404 : 200))
        #expect(try harness.call("GET", "/cache/c")?.status == (isAtomic ? 404 : 200))
        #expect(try harness.call("GET", "/cache/b")?.status == 404)
    }

    @Test func unknownEndedAndTimedOutIdsSayWhich() throws {
        let harness = try EngineHarness.make()
        let timedOut = try harness.begin()
        harness.store.clock.advance(milliseconds: 30_000)
        let committed = try harness.begin()
        _ = try harness.commit(committed)
        let unknown = String(repeating: "0", count: 32)
        for (id, wanted, state) in [
            (timedOut, "transaction-timed-out", "timed_out"),
            (committed, "transaction-ended", "committed"),
            (unknown, "unknown-transaction", "unknown"),
            ("short", "unknown-transaction", "unknown"),
        ] {
            let named = #"{"transaction_id":"\#(id)"}"#
            for answer in [
                try harness.call("GET", "/cache?key=a&transaction_id=\(id)"),
                try harness.call("DELETE", "/cache?key=a&transaction_id=\(id)"),
                try harness.call("GET", "/cache/a?transaction_id=\(id)"),
                try harness.call("PUT", "/cache/a?transaction_id=\(id)", body: "1"),
                try harness.call("DELETE", "/cache/a?transaction_id=\(id)"),
                try harness.call("POST", "/transaction/commit", body: named),
                try harness.call("POST", "/transaction/rollback", body: named),
            ] {
                #expect(answer?.status == 404)
                #expect(kind(answer) == wanted)
            }
            #expect(try harness.state(id) == state)
        }
        let shown = try harness.call("GET", "/transaction/%22%C3%A9")
        #expect(shown?.body == #"{"transaction_id":"\"é","state":"unknown"}"#)
        let head = try harness.call("HEAD", "/transaction/\(committed)")
        #expect(head?.status == 200)
        #expect(try harness.call("GET", "/transaction/%ff")?.status == 200)
        #expect(try harness.call("GET", "/transaction/%f")?.status == 400)
        #expect(try harness.call("GET", "/transaction/")?.status == 404)
    }

    @Test func malformedCallsAreRefused() throws {
        let harness = try EngineHarness.make()
        let id = try harness.begin()
        let start = "/transaction/start"
        #expect(try harness.call("POST", start, body: #"{"a":1}"#)?.status == 400)
        #expect(try harness.call("POST", start, body: "[]")?.status == 400)
        #expect(try harness.call("POST", start)?.status == 200)
        #expect(try harness.call("GET", start)?.fields["allow"] == "POST")
        for path in ["/transaction/commit", "/transaction/rollback"] {
            #expect(try harness.call("POST", path, body: "{}")?.status == 400)
            #expect(
                try harness.call("POST", path, body: #"{"transaction_id":null}"#)?.status == 400)
            #expect(try harness.call("POST", path, body: #"{"transaction_id":7}"#)?.status == 400)
            #expect(try harness.call("POST", path, body: "")?.status == 400)
            #expect(try harness.call("POST", path)?.status == 411)
            #expect(try harness.call("DELETE", path)?.fields["allow"] == "POST")
        }
        let commit = #"{"transaction_id":"\#(id)"}"#
        #expect(
            try harness.call("POST", "/transaction/commit", ["DCS-Wait: x"], body: commit)?.status
                == 400)
        #expect(try harness.call("POST", "/transaction/\(id)", body: "")?.status == 405)
        let other = try harness.begin()
        let both = try harness.call(
            "POST", "/cache?transaction_id=\(other)",
            body: #"{"key":"a","value":"1","transaction_id":"\#(id)"}"#)
        #expect(both?.status == 400)
        let same = try harness.call(
            "POST", "/cache?transaction_id=\(id)",
            body: #"{"key":"a","value":"1","transaction_id":"\#(id)"}"#)
        #expect(same?.status == 200)
        #expect(try harness.call("GET", "/cache/a")?.status == 404)
        #expect(!harness.isClosing)
    }

    @Test func tooManyAnswer429AndTooLargeOnes413() throws {
        let harness = try EngineHarness.make()
        let id = try harness.begin()
        for _ in 1..<Limits.transactionsOpenMax {
            _ = try harness.store.transactions.start(mayBlock: true)
        }
        let refused = try harness.call("POST", "/transaction/start", body: "")
        #expect(refused?.status == 429)
        #expect(refused?.fields["retry-after"] == "1")
        #expect(kind(refused) == "too-many-transactions")
        let large = try harness.call(
            "PUT", "/cache/a?transaction_id=\(id)", body: String(repeating: "x", count: 9 << 20))
        #expect(large?.status == 413)
        #expect(try harness.state(id) == "open")
        let overloaded = try harness.call(
            "PUT", "/cache/a?transaction_id=\(id)", body: String(repeating: "x", count: 7 << 20))
        #expect(overloaded?.status == 503)
        #expect(overloaded?.fields["retry-after"] == "1")
    }

    @Test func disabledOnesAreRefusedEverywhere() throws {
        var settings = DataPlaneSettings()
        settings.transactionsEnabled = false
        let harness = try EngineHarness.make(settings: settings)
        let id = String(repeating: "0", count: 32)
        for answer in [
            try harness.call("POST", "/transaction/start", body: ""),
            try harness.commit(id), try harness.call("GET", "/transaction/\(id)"),
            try harness.call("GET", "/cache?key=a&transaction_id=\(id)"),
            try harness.call("PUT", "/cache/a?transaction_id=\(id)", body: "1"),
            try harness.call(
                "POST", "/cache", body: #"{"key":"a","value":"1","transaction_id":"\#(id)"}"#),
            try harness.call(
                "POST", "/cache/batch", body: #"{"operations":[],"transaction_id":"\#(id)"}"#),
        ] {
            #expect(answer?.status == 403)
            #expect(kind(answer) == "transactions-disabled")
        }
        #expect(try harness.call("PUT", "/cache/a", body: "1")?.status == 201)
    }

    @Test func aFullDiskRefusesTheStartAlone() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let harness = try EngineHarness.make(disk: disk)
        _ = try harness.call("PUT", "/cache/a", body: "1")
        disk.inject(FileFault(.noSpace, on: [.sync]))
        let start = try harness.call("POST", "/transaction/start", body: "")
        #expect(start?.status == 507)
        #expect(try harness.call("GET", "/cache/a")?.body == "1")
    }

    @Test func anOutcomeThatIsNotDurableIsWaitedForOrNotTold() throws {
        let harness = try EngineHarness.make()
        let id = try harness.begin()
        let transactions = harness.store.transactions
        let commit = try Array(id.utf8).withUnsafeBytes { text in
            try transactions.commit(
                TransactionID(text: text)!, scratch: ReadScratch(), mayBlock: true)
        }
        guard case .committed = commit else { return #expect(Bool(false)) }
        let request = "GET /transaction/\(id) HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(harness.send(request) == "")
        #expect(Answer.one(harness.resume(.expired))?.status == 504)
        #expect(try harness.state(id) == "committed")
    }
}
