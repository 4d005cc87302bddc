import Foundation
import Testing

extension ProgramTests {
    /// `dcs top`, on a terminal and without one.
    struct ClientTopTests {
        private static let leaving = "\u{1B}[?25h\u{1B}[?1049l"
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func watch(
            _ node: ClientRig, _ terminal: PseudoTerminal, _ more: [String] = []
        ) throws -> Program {
            try Program(
                ["top", "--interval", "200ms", "--url", node.url] + more, in: folder,
                terminal: terminal.programEnd)
        }

        @Test(arguments: [[], ["--once"]])
        func withoutATerminalItPrintsOneFrame(more: [String]) throws {
            let node = try ClientRig(in: folder)
            #expect(try node.run(["put", "k", "v"]).code == 0)
            let outcome = try node.run(["top", "--interval", "100ms"] + more)
            #expect(outcome.code == 0 && outcome.errors.isEmpty)
            #expect(outcome.lines.first?.contains("\(node.url)   ready   up ") == true)
            #expect(outcome.lines.first?.hasSuffix("   1 entries") == true)
            #expect(!outcome.output.contains("\u{1B}"))
            for name in [
                "requests", "get", "put", "hits", "memory", "disk", "log", "compaction", "removed",
                "transactions", "clients", "NODE",
            ] {
                #expect(outcome.lines.contains { $0.hasPrefix(name + " ") }, "\(name)")
            }
        }

        @Test(arguments: [UInt8(ascii: "q"), 3])
        func aKeyLeavesAndGivesTheTerminalBack(key: UInt8) throws {
            let node = try ClientRig(in: folder)
            let terminal = try PseudoTerminal(columns: 100, rows: 10)
            #expect(terminal.isOrdinary)
            let program = try watch(node, terminal)
            let shown = try terminal.read(until: "entries")
            #expect(shown.contains("\u{1B}[?1049h") && !terminal.isOrdinary)
            terminal.type(key)
            try terminal.read(until: Self.leaving)
            #expect(program.exitCode() == 0)
            #expect(terminal.isOrdinary && terminal.shown.hasSuffix(Self.leaving))
        }

        @Test func aSignalAlsoGivesTheTerminalBack() throws {
            let node = try ClientRig(in: folder)
            let terminal = try PseudoTerminal(columns: 100, rows: 10)
            let program = try watch(node, terminal)
            try terminal.read(until: "entries")
            program.send(SIGTERM)
            try terminal.read(until: Self.leaving)
            #expect(program.exitCode() == 0)
            #expect(terminal.isOrdinary)
        }

        @Test func aWindowOfAnotherSizeIsDrawnAnew() throws {
            let node = try ClientRig(in: folder)
            let terminal = try PseudoTerminal(columns: 40, rows: 5)
            let program = try watch(node, terminal)
            try terminal.read(until: "requests")
            #expect(!terminal.shown.contains("NODE"))
            terminal.resize(columns: 120, rows: 60)
            try terminal.read(until: "NODE")
            terminal.type(UInt8(ascii: "q"))
            #expect(program.exitCode() == 0)
        }

        @Test func aNodeThatGoesIsSaidAndItsReturnIsSeen() throws {
            let node = try ClientRig(in: folder)
            let terminal = try PseudoTerminal(columns: 120, rows: 40)
            let program = try watch(node, terminal)
            try terminal.read(until: "entries")
            let port = try node.server.dataPort()
            node.server.send(SIGTERM)
            #expect(node.server.exitCode() == 0)
            try terminal.read(until: "cannot reach")
            let second = try Program(["serve", "--listen", "127.0.0.1:\(port)"], in: folder)
            _ = try second.dataPort()
            try terminal.read(until: "entries")
            terminal.type(UInt8(ascii: "q"))
            #expect(program.exitCode() == 0)
        }
    }
}
