internal import Glibc
internal import Synchronization

/// Standard output, collected into large writes; what is left goes out with the object.
package final class StandardOutput: Sendable {
    private static let pieceBytes = 64 << 10

    private let pending = Mutex<[UInt8]>([])

    package init() {}

    deinit { flush() }

    /// Collects bytes; writes them where there are many.
    package func write(_ bytes: [UInt8]) {
        pending.withLock { pending in
            pending.append(contentsOf: bytes)
            if pending.count >= Self.pieceBytes { Self.send(&pending) }
        }
    }

    /// As above, for text.
    package func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes what is collected.
    package func flush() { pending.withLock { Self.send(&$0) } }

    /// Whether a person reads it.
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func send(_ pending: inout [UInt8]) {
        // Who does not read any more is not told.
        _ = Descriptors.writeAll(pending, to: STDOUT_FILENO)
        pending.removeAll(keepingCapacity: true)
    }
}

/// Where progress, complaints and the log go; results alone are on standard output.
///
/// A text that cannot be written is lost: there is nobody to tell.
package enum StandardError {
    /// Writes the text with one call where the system takes it, so that lines stay whole.
    package static func write(_ text: String) {
        _ = Descriptors.writeAll(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Whether a person reads it.
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Calls on descriptors.
enum Descriptors {
    /// Writes everything, also where the system takes it in pieces.
    /// - Returns: 0, or `errno`; any part may have been written then.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// The system's words for `errno`.
    static func reason(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }
}
