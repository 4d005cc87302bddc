internal import Glibc

/// Small text files, those of /proc included.
enum TextFile {
    private static let bytesMax = 1 << 20

    /// Its lines; none where it cannot be read.
    static func lines(_ path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while content.count < bytesMax {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            content += buffer[..<count]
        }
        return String(decoding: content, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Appends to the file, which is made where there is none.
    static func append(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw BenchmarkError("cannot write \(path)") }
        defer { close(descriptor) }
        try writeAll(Array(text.utf8), to: descriptor)
    }

    /// Writes all of `bytes`.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress! + done, bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw BenchmarkError("a write failed: \(errno)") }
            done += count
        }
    }
}
