import Foundation

/// A terminal without a screen: a program on one end, the test as its person on the other.
final class PseudoTerminal {
    struct Broken: Error {
        let shown: String
    }

    /// The program's end.
    let programEnd: FileHandle
    private let descriptor: Int32
    /// All that the program has shown.
    private(set) var shown = ""

    /// Linux's `TIOCSPTLCK` and `TIOCGPTN`, which C has as macros: the lock, and the number.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    init(columns: UInt16, rows: UInt16) throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: CInt = 0
        var number: CUnsignedInt = 0
        guard descriptor >= 0, ioctl(descriptor, Self.setLock, &lock) == 0,
            ioctl(descriptor, Self.getNumber, &number) == 0
        else { throw Broken(shown: "no pseudo terminal") }
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
            throw Broken(shown: "no size")
        }
        let program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard program >= 0 else { throw Broken(shown: "no program's end") }
        programEnd = FileHandle(fileDescriptor: program, closeOnDealloc: true)
    }

    deinit { close(descriptor) }

    /// Whether what is typed is shown and collected into lines, as a shell expects it.
    var isOrdinary: Bool {
        var settings = termios()
        guard tcgetattr(programEnd.fileDescriptor, &settings) == 0 else { return false }
        return settings.c_lflag & tcflag_t(ECHO) != 0 && settings.c_lflag & tcflag_t(ICANON) != 0
    }

    func type(_ key: UInt8) { _ = [key].withUnsafeBytes { write(descriptor, $0.baseAddress, 1) } }

    /// Changes the window's size.
    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Reads until the program has shown a text after what was read before.
    /// - Throws: `Broken` where it does not come for a long time.
    @discardableResult
    func read(until text: String) throws -> String {
        let end = ContinuousClock.now + .seconds(60)
        var part = ""
        while !part.contains(text) {
            var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            var bytes = [UInt8](repeating: 0, count: 4096)
            guard ContinuousClock.now < end, poll(&input, 1, 60_000) > 0 else {
                throw Broken(shown: shown)
            }
            let count = Foundation.read(descriptor, &bytes, bytes.count)
            guard count > 0 else { throw Broken(shown: shown) }
            let piece = String(decoding: bytes[..<count], as: UTF8.self)
            part += piece
            shown += piece
        }
        return part
    }
}
