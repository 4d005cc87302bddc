internal import CacheBase
internal import CacheClient
internal import CacheConsole
internal import Synchronization

/// The live view: a task looks at the node, this thread draws and listens for keys.
struct TopScreen {
    /// How long a key or a new size of the window may go unnoticed.
    private static let waitMilliseconds: Int32 = 100
    private static let interrupt: UInt8 = 3

    /// What the task has seen last, for the thread that draws.
    private final class Board: Sendable {
        enum Look: Sendable {
            case figures(TopFigures)
            case failed(String)
        }

        private let newest = Mutex<Look?>(nil)

        func post(_ look: Look) { newest.withLock { $0 = look } }

        /// What came since the last call; nil for nothing.
        func take() -> Look? {
            newest.withLock { look in
                defer { look = nil }
                return look
            }
        }
    }

    private let client: NodeClient
    private let milliseconds: UInt64
    private let board = Board()

    init(_ client: NodeClient, milliseconds: UInt64) {
        self.client = client
        self.milliseconds = milliseconds
    }

    /// Shows the node until a key or a signal ends it.
    func run(on terminal: borrowing Terminal) throws {
        let (client, milliseconds, board) = (client, milliseconds, board)
        let task = Task { await Self.watch(client, every: milliseconds, board) }
        show(on: terminal)
        task.cancel()
        try Blocking.run {
            await task.value
            await client.shutdown()
        }
    }

    private static func watch(_ client: NodeClient, every milliseconds: UInt64, _ board: Board)
        async
    {
        var sampler = TopSampler(client, clock: .system())
        while !Task.isCancelled {
            do {
                if let figures = try await sampler.sample() { board.post(.figures(figures)) }
            } catch {
                board.post(.failed(error.message))
            }
            // Ends early where the task is cancelled.
            try? await Task.sleep(for: .milliseconds(milliseconds))
        }
    }

    private func show(on terminal: borrowing Terminal) {
        var lines = ["\(client.address): looking …"]
        var drawn: (lines: [String], size: Terminal.Size)?
        while true {
            switch board.take() {
            case .figures(let figures): lines = TopFrame(figures).lines()
            // The last figures stay below.
            case .failed(let message): lines = [message] + lines.dropFirst()
            case nil: break
            }
            let size = terminal.size
            if drawn?.lines != lines || drawn?.size != size {
                terminal.draw(lines)
                drawn = (lines, size)
            }
            switch terminal.event(within: Self.waitMilliseconds) {
            case .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")), .key(Self.interrupt), .end:
                return
            case .key, .nothing: break
            }
        }
    }
}
