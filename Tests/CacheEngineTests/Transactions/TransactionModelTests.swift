import CacheBase
import CacheEngine
import CacheFiles
import Foundation
import Synchronization
import Testing

@Suite("Transactions beside a model")
struct TransactionModelTests {
    /// Interleaves transactions and single writes at random, on a few keys, with everything moving:
    /// what a transaction reads is the state at its start under its own writes, and it commits
    /// where nothing that it used has changed.
    @Test(arguments: 1...6)
    func readsAreOfTheSnapshotAndCommitsAreSerializable(seed: UInt64) throws {
        let model = try TransactionModel(seed: seed)
        for _ in 0..<4000 { try model.step() }
        try model.checkEnd()
        print("seed \(seed): \(model.counts)")
        #expect(model.counts.commits > 50 && model.counts.conflicts > 20)
        #expect(model.counts.needless < 10)
    }

    /// Threads move amounts between accounts, each move a transaction, on real files with every
    /// background thread at work: nothing is lost or made.
    @Test func concurrentTransfersKeepTheSum() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("dcs-transfers-" + UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = EngineOptions(directory: folder + "/data")
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 256 << 20
        options.logFileBytes = 1 << 20
        let engine = try Engine.open(options, files: RealFileSystem())
        let accounts = 12
        let setUp = try #require(try engine.transactions.start(mayBlock: true))
        for number in 0..<accounts { try engine.put("account \(number)", "100", in: setUp) }
        try engine.commit(setUp)
        let done = Mutex((commits: 0, conflicts: 0, problems: [String]()))
        let threads = (0..<4).map { number in
            BackgroundThread(name: "transfers") {
                var random = Xoshiro256(seed: UInt64(number))
                for _ in 0..<400 { transfer(engine, accounts, &random, done) }
            }
        }
        threads.forEach { $0.join() }
        #expect(done.withLock { $0.problems } == [])
        let sum = try (0..<accounts).reduce(0) { sum, number in
            let found = try engine.lookUp(Array("account \(number)".utf8))
            return sum + (Int(String(decoding: found?.value ?? [], as: UTF8.self)) ?? 0)
        }
        #expect(sum == accounts * 100)
        #expect(done.withLock { $0.commits } > 100)
        #expect(engine.transactions.openCount == 0)
        engine.close()
    }
}

private func transfer(
    _ engine: Engine, _ accounts: Int, _ random: inout Xoshiro256,
    _ done: borrowing Mutex<(commits: Int, conflicts: Int, problems: [String])>
) {
    let from = "account \(random.below(accounts))"
    let to = "account \(random.below(accounts))"
    guard from != to else { return }
    do {
        guard let id = try engine.transactions.start(mayBlock: true) else { return }
        let first = Int(try engine.value(from, in: id) ?? "") ?? 0
        let second = Int(try engine.value(to, in: id) ?? "") ?? 0
        try engine.put(from, "\(first - 7)", in: id)
        try engine.put(to, "\(second + 7)", in: id)
        try engine.commit(id)
        done.withLock { $0.commits += 1 }
    } catch TransactionError.conflict {
        done.withLock { $0.conflicts += 1 }
    } catch {
        done.withLock { $0.problems.append("\(error)") }
    }
}
