internal import Glibc

/// Why a file or a standard stream that a person named cannot be used.
package struct StreamError: Error, Equatable {
    /// `NAME: the system's reason`.
    package let message: String

    init(_ name: String, _ code: Int32) { message = name + ": " + Descriptors.reason(code) }
}

/// Bytes read in order from a file, a pipe or standard input. One reader at a time.
package final class ByteSource: Sendable {
    /// As a person named it.
    package let name: String
    /// Bytes that it has from here on; nil where only the end will tell, as for a pipe.
    package let byteCount: Int?
    private let descriptor: Int32

    private init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
        byteCount = Self.bytesLeft(descriptor)
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Opens a file; "-" is standard input.
    package static func open(_ path: String) throws(StreamError) -> ByteSource {
        if path == "-" { return ByteSource(name: "standard input", descriptor: STDIN_FILENO) }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StreamError(path, errno) }
        return ByteSource(name: path, descriptor: descriptor)
    }

    /// The next bytes; nil at the end. Waits for them, so not for an event loop.
    package func read(atMost bytesMax: Int) throws(StreamError) -> [UInt8]? {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            var got = -1
            repeat {
                got = Glibc.read(descriptor, buffer.baseAddress, bytesMax)
            } while got < 0 && errno == EINTR
            code = got < 0 ? errno : 0
            count = max(got, 0)
        }
        if code != 0 { throw StreamError(name, code) }
        return bytes.isEmpty ? nil : bytes
    }

    private static func bytesLeft(_ descriptor: Int32) -> Int? {
        var status = Glibc.stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        let place = lseek(descriptor, 0, SEEK_CUR)
        return place < 0 ? nil : max(0, Int(status.st_size) - Int(place))
    }
}
