internal import Glibc
internal import Synchronization

/// Bytes written in order to a file or to standard output, collected into large writes.
///
/// Unlike `StandardOutput` it tells where something could not be written: a result that is cut off
/// must not look whole.
package final class ByteSink: Sendable {
    private static let pieceBytes = 64 << 10

    private let name: String
    private let descriptor: Int32
    private let pending = Mutex<[UInt8]>([])

    private init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    deinit {
        if descriptor != STDOUT_FILENO { close(descriptor) }
    }

    /// Opens a new file, or empties the one that is there; "-" is standard output.
    package static func open(_ path: String) throws(StreamError) -> ByteSink {
        if path == "-" { return ByteSink(name: "standard output", descriptor: STDOUT_FILENO) }
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw StreamError(path, errno) }
        return ByteSink(name: path, descriptor: descriptor)
    }

    /// Collects bytes; writes them where there are many.
    package func write(_ bytes: some Sequence<UInt8>) throws(StreamError) {
        let code = pending.withLock { pending -> Int32 in
            pending.append(contentsOf: bytes)
            return pending.count < Self.pieceBytes ? 0 : send(&pending)
        }
        if code != 0 { throw StreamError(name, code) }
    }

    /// Writes what is collected. What was not finished is lost.
    package func finish() throws(StreamError) {
        let code = pending.withLock { send(&$0) }
        if code != 0 { throw StreamError(name, code) }
    }

    private func send(_ pending: inout [UInt8]) -> Int32 {
        defer { pending.removeAll(keepingCapacity: true) }
        return Descriptors.writeAll(pending, to: descriptor)
    }
}
