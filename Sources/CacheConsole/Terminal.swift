internal import Glibc

/// The terminal taken for a live view: alternate screen, no echo, keys as they are pressed.
///
/// Invariant: as long as the value exists, signals that would end the process are pending and not
/// delivered, so that the terminal is always given back as it was, on `deinit`.
/// Made on the main thread before any other thread exists: threads inherit what is blocked.
package struct Terminal: ~Copyable {
    /// What happened while waiting for a key.
    package enum Event: Equatable, Sendable {
        case key(UInt8)
        /// A signal asks the process to end, or the terminal has gone.
        case end
        case nothing
    }

    /// Columns and rows.
    package struct Size: Equatable, Sendable {
        package var columns: Int
        package var rows: Int
    }

    private let saved: termios
    private let endingSignals: sigset_t

    /// Takes the terminal; nil where standard input or output is none.
    package init?() {
        var saved = termios()
        guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
        self.saved = saved
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&signals, signal) }
        endingSignals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var raw = saved
        cfmakeraw(&raw)
        raw.c_oflag = saved.c_oflag
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        // Alternate screen, cursor hidden.
        Self.send("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit {
        Self.send("\u{1B}[?25h\u{1B}[?1049l")
        var saved = saved
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
    }

    /// Waits for a key that long at most.
    package borrowing func event(within milliseconds: Int32) -> Event {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let ready = poll(&input, 1, milliseconds)
        if isEndPending { return .end }
        guard ready > 0 else { return .nothing }
        var byte: UInt8 = 0
        switch read(STDIN_FILENO, &byte, 1) {
        case 1: return .key(byte)
        case -1 where errno == EINTR || errno == EAGAIN: return .nothing
        default: return .end
        }
    }

    private var isEndPending: Bool {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return false }
        return [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains { sigismember(&pending, $0) == 1 }
    }

    /// As large as the window is now; 80 by 24 where it does not tell.
    package var size: Size {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0,
            window.ws_row > 0
        else { return Size(columns: 80, rows: 24) }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Shows the lines in place of what is there, cut to the window.
    ///
    /// One write, each line cleared only behind its text, and the terminal asked to show it all at
    /// once: nothing flickers.
    package borrowing func draw(_ lines: [String]) {
        let size = size
        let shown = lines.prefix(size.rows).map { $0.prefix(size.columns) + "\u{1B}[K" }
        Self.send(
            "\u{1B}[?2026h\u{1B}[H" + shown.joined(separator: "\r\n") + "\u{1B}[J\u{1B}[?2026l")
    }

    private static func send(_ text: String) {
        _ = Descriptors.writeAll(Array(text.utf8), to: STDOUT_FILENO)
    }
}
