import Testing

@testable import dcs_bench

@Suite("Reading what others print")
struct ParsingTests {
    @Test func dbBenchResultsAreRead() {
        let line =
            "readrandom   :       3.976 micros/op 251502 ops/sec 3.976 seconds 1000000 "
            + "operations;   27.8 MB/s (1000000 of 1000000 found)"
        let result = DbBenchResult(line: line)
        #expect(result?.name == "readrandom")
        #expect(result?.operationsPerSecond == 251_502)
    }

    @Test(arguments: [
        "", "Read rate: 0 ops/second", "Keys:       16 bytes each", "ops/sec",
        "readrandom : 1 micros/op ops/sec",
    ])
    func otherLinesAreNoResults(line: String) {
        #expect(DbBenchResult(line: line) == nil)
    }

    @Test func packagesAreReadInOrderTheLastVersionCounting() {
        let entries = DebianPackages.parse([
            "Package: b", "Version: 1", "Description: first", " more of it", "Tag: t",
            " not of the description", "Package: a", "Description-en: other", "Package: b",
            "Description: second", "Package: none",
        ])
        #expect(entries.map(\.key) == ["b", "a"])
        #expect(entries.map(\.value) == ["b second", "a other"])
    }

    @Test func longDescriptionsAreJoined() {
        let entries = DebianPackages.parse(["Package: b", "Description: first", " more of it"])
        #expect(entries.map(\.value) == ["b first more of it"])
    }

    @Test func memoryIsReadByKind() {
        let memory = ProcessMemory(status: [
            "VmRSS:\t  700 kB", "RssAnon:\t     100 kB", "RssFile:\t 200 kB", "RssShmem:\t 400 kB",
        ])
        #expect(memory.anonymous == 100 << 10)
        #expect(memory.file == 200 << 10)
        #expect(memory.shared == 400 << 10)
        #expect(memory.total == 700 << 10)
    }

    @Test(arguments: ["", "report", "report 1 2 3", "ready", "report a 1 2 3 4 5 6"])
    func otherLinesAreNoReports(line: String) {
        #expect(ChildReport(line: line) == nil)
    }

    @Test func redisCommandsAreFramed() {
        let bytes = RedisConnection.encoded([Array("SET".utf8), Array("k".utf8), []])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n")
    }

    @Test func commandLinesAreShownOnceAndWithoutTheFolder() {
        let log = CommandLog(hiding: "/somewhere/run")
        log.add(["db_bench", "--db=/somewhere/run/rocksdb-1"])
        log.add(["db_bench", "--db=/somewhere/run/rocksdb-1"])
        log.add(["redis-server", "--dir", "/somewhere/run/redis-2", "--save", ""])
        #expect(log.all == ["db_bench --db=DIR", "redis-server --dir DIR --save "])
    }
}
