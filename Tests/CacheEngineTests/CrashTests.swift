import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// The machine fails at every single operation on the disk of a run that writes, flushes,
/// checkpoints, compacts and recycles log files.
@Suite("Crash at every step")
struct CrashTests {
    /// Runs until it is done or the disk goes down.
    /// - Returns: true where it ran to its end.
    private func run(_ rig: Rig, _ history: History, sync: Bool, seed: UInt64) -> Bool {
        var random = SplitMix64(seed: seed)
        do {
            for step in 0..<260 {
                let key = "key \(Int.random(in: 0..<40, using: &random))"
                if Int.random(in: 0..<8, using: &random) == 0 {
                    try history.remove(key, rig, sync: sync)
                } else {
                    let length = Int.random(in: 0..<1200, using: &random)
                    let value = "\(step) " + String(repeating: "x", count: length)
                    try history.put(key, value, rig, sync: sync)
                }
                if step % 40 == 39 { _ = try rig.engine.flush() }
                if step % 60 == 59 { while try rig.engine.compact() {} }
                history.noteDurable(rig)
            }
            return true
        } catch {
            return false
        }
    }

    private func crashAt(_ mutation: Int, _ crash: Crash, sync: Bool) throws -> Bool {
        let disk = SimulatedFileSystem(seed: UInt64(mutation))
        let rig = try Rig(disk: disk)
        let history = History()
        disk.planCrash(atMutation: mutation)
        let isDone = run(rig, history, sync: sync, seed: 17)
        var lostPower = false
        if case .power = crash { lostPower = true }
        try rig.crash(crash)
        try history.check(rig, lostPower: lostPower, "mutation \(mutation), \(crash)")
        // The store goes on, and a second crash finds it as well.
        try history.put("after", "crash \(mutation)", rig)
        _ = try rig.engine.flush()
        try rig.crash(.process)
        #expect(try rig.value("after") == "crash \(mutation)")
        rig.engine.checkInvariants()
        return isDone
    }

    @Test(arguments: [false, true])
    func aKilledProcessLosesNothing(sync: Bool) throws {
        var mutation = 1
        while try !crashAt(mutation, .process, sync: sync) { mutation += 1 }
        print("crash points: \(mutation)")
        #expect(mutation > 50)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func powerLossLosesNothingThatWasDurable(seed: UInt64) throws {
        var mutation = 1
        while try !crashAt(mutation, .power(seed: seed &* 1000 &+ UInt64(mutation)), sync: false) {
            mutation += 1
        }
    }

    @Test func powerLossLosesNothingThatWasSynced() throws {
        var mutation = 1
        while try !crashAt(mutation, .power(seed: UInt64(mutation)), sync: true) {
            // Each write syncs, so the points are many and alike: every seventh will do.
            mutation += 7
        }
    }

    @Test func recoveryThatIsCutOffBeginsAgain() throws {
        let disk = SimulatedFileSystem(seed: 5)
        let rig = try Rig(disk: disk)
        let history = History()
        #expect(run(rig, history, sync: false, seed: 3))
        disk.crash(.process)
        for mutation in 1...200 {
            disk.planCrash(atMutation: mutation)
            let opened = try? Engine.open(rig.options, files: disk, clock: rig.clock)
            if opened != nil {
                disk.heal()
                #expect(mutation > 1)
                break
            }
            disk.crash(.process)
        }
        try rig.crash(.process)
        try history.check(rig, lostPower: false, "recoveries cut off")
    }
}
