internal import ArgumentParser
internal import CacheProof

/// Judges a history that was taken down elsewhere, as clients of real clusters do.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Judge a history of reads and writes: is it linearizable, key by key?",
        discussion: """
            Standard input has a call on each line: CLIENT KEY ACTION VALUE RULE ANSWER INVOKED \
            RETURNED. ACTION is read, put or delete. RULE is always, absent, present or is:VALUE. \
            ANSWER is found:VALUE, applied, applied:new, applied:replaced, refused, failed or \
            unknown. VALUE is a number that no other write has, or -. INVOKED and RETURNED number \
            all beginnings and ends in their order; RETURNED is - where no answer came.
            """)

    func run() throws {
        var calls: [Call] = []
        while let line = readLine() {
            guard let call = Call(line: line) else {
                print("line \(calls.count + 1) is no call: \(line)")
                throw ExitCode.failure
            }
            calls.append(call)
        }
        switch LinearizabilityChecker().check(calls) {
        case .linearizable: print("\(calls.count) calls hold")
        case .violated(let violation):
            print(violation)
            throw ExitCode.failure
        case .undecided(let key):
            print("undecided: too many ways to order the calls of \(key)")
            throw ExitCode.failure
        }
    }
}
