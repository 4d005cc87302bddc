import CacheBase
import CacheEngine
import CacheFiles
import Foundation
import Synchronization
import Testing

@Suite("Transactions beside a model")
struct TransactionModelTests {
    private struct Open {
        let id: TransactionID
        let snapshot: [String: String]
        let changedAtStart: [String: Int]
        var own: [String: String?] = [:]
        var used: Set<String> = []
    }

    /// Interleaves transactions and single writes at random, on a few keys, with everything moving:
    /// what a transaction reads is the state at its start under its own writes, and it commits
    /// where nothing that it used has changed.
    @Test(arguments: 1...6)
    func readsAreOfTheSnapshotAndCommitsAreSerializable(seed: UInt64) throws {
        let rig = try Rig()
        var random = Xoshiro256(seed: seed)
        var state: [String: String] = [:]
        var changes: [String: Int] = [:]
        var open: [Open] = []
        var counts = (commits: 0, conflicts: 0, needless: 0)
        func isChanged(_ key: String, since transaction: Open) -> Bool {
            changes[key] != transaction.changedAtStart[key]
        }
        for step in 0..<4000 {
            let key = "key \(random.below(30))"
            let place = open.isEmpty ? 0 : random.below(open.count)
            switch random.below(20) {
            case 0, 1:
                guard open.count < 6 else { continue }
                open.append(
                    Open(id: try rig.begin(), snapshot: state, changedAtStart: changes))
            case 2:
                try rig.put(key, "outside \(step)")
                state[key] = "outside \(step)"
                changes[key, default: 0] += 1
            case 3:
                if try rig.remove(key).outcome == .deleted { changes[key, default: 0] += 1 }
                state[key] = nil
            case 4: if random.below(8) == 0 { _ = try rig.engine.flush() }
            case 5: if random.below(8) == 0 { _ = try rig.engine.compact() }
            case 6..<11:
                guard !open.isEmpty else { continue }
                do {
                    let found = try rig.value(key, in: open[place].id)
                    let expected = open[place].own[key] ?? open[place].snapshot[key]
                    #expect(found == expected, "seed \(seed), step \(step)")
                    let isOwn = open[place].own[key] != nil
                    #expect(isOwn || !isChanged(key, since: open[place]), "seed \(seed)")
                    open[place].used.insert(key)
                } catch TransactionError.conflict {
                    if !isChanged(key, since: open[place]) { counts.needless += 1 }
                    counts.conflicts += 1
                    open.remove(at: place)
                }
            case 11..<14:
                guard !open.isEmpty else { continue }
                try rig.put(key, "inside \(step)", in: open[place].id)
                open[place].own[key] = "inside \(step)"
                open[place].used.insert(key)
            case 14:
                guard !open.isEmpty else { continue }
                try rig.remove(key, in: open[place].id)
                open[place].own[key] = .some(nil)
                open[place].used.insert(key)
            default:
                guard !open.isEmpty else { continue }
                let transaction = open.remove(at: place)
                let mustConflict = transaction.used.contains { isChanged($0, since: transaction) }
                let isRefused = try rig.conflicts(transaction.id)
                if mustConflict { #expect(isRefused, "seed \(seed), step \(step)") }
                if isRefused {
                    counts.conflicts += 1
                    if !mustConflict { counts.needless += 1 }
                    continue
                }
                counts.commits += 1
                for (key, value) in transaction.own {
                    if state[key] != nil || value != nil { changes[key, default: 0] += 1 }
                    state[key] = value
                }
            }
        }
        for number in 0..<30 {
            #expect(try rig.value("key \(number)") == state["key \(number)"], "seed \(seed)")
        }
        rig.engine.checkInvariants()
        print("seed \(seed): \(counts)")
        #expect(counts.commits > 50 && counts.conflicts > 20)
        #expect(counts.needless < 10)
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
