internal import ArgumentParser
internal import Glibc

/// Which runs to make: one that is given, some from there on, or fresh ones until time is up.
struct SimulationRuns: ParsableArguments {
    @Option(help: "The run to make.")
    var seed: UInt64?

    @Option(help: "Make so many runs, of this seed and those after it.")
    var runs: UInt64 = 1

    @Option(help: "Make runs of fresh seeds for so many minutes.")
    var minutes: Double = 1

    @Flag(help: "Print every event.")
    var trace = false

    func validate() throws {
        if minutes < 0 { throw ValidationError("time does not run backwards") }
    }

    /// - Returns: how many were made.
    func make(_ run: (UInt64) throws -> Void) throws -> Int {
        func begin(_ seed: UInt64) throws {
            // First, so that a run which ends the process is known as well.
            print("seed \(seed)", terminator: trace ? "\n" : ": ")
            fflush(nil)
            try run(seed)
        }
        if let seed {
            for offset in 0..<runs { try begin(seed &+ offset) }
            return Int(clamping: runs)
        }
        var random = SystemRandomNumberGenerator()
        let clock = ContinuousClock()
        let end = clock.now + .seconds(minutes * 60)
        var made = 0
        repeat {
            // Short enough to be typed.
            try begin(random.next() >> 32)
            made += 1
        } while clock.now < end
        return made
    }
}
