internal import Glibc
internal import Synchronization

/// Standard output, collected into large writes; what is left goes out with the object.
final class StandardOutput: Sendable {
    private static let pieceBytes = 64 << 10

    private let pending = Mutex<[UInt8]>([])

    deinit { flush() }

    func write(_ bytes: [UInt8]) {
        pending.withLock { pending in
            pending.append(contentsOf: bytes)
            if pending.count >= Self.pieceBytes { Self.send(&pending) }
        }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func flush() { pending.withLock { Self.send(&$0) } }

    private static func send(_ pending: inout [UInt8]) {
        StandardError.writeAll(pending, to: STDOUT_FILENO)
        pending.removeAll(keepingCapacity: true)
    }
}

/// Where progress and complaints go; results alone are on standard output.
enum StandardError {
    static func write(_ text: String) { writeAll(Array(text.utf8), to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes everything; gives up where nobody reads any more.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                return
            }
        }
    }
}
