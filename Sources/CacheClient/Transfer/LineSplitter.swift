internal import Glibc

/// Cuts a stream of bytes into lines, numbered from 1, whatever pieces it arrives in.
///
/// Invariants: `buffer[start...]` was not given out yet and holds no line end before `searched`;
/// while `isSkipping`, the rest of a line that is too long is thrown away.
package struct LineSplitter {
    /// One line.
    package struct Line: Equatable, Sendable {
        package let number: Int
        /// Without its end; nil where the line is longer than a line may be.
        package let bytes: [UInt8]?
    }

    private let bytesMax: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var number = 0
    private var isSkipping = false

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Appends what has arrived.
    package mutating func append(_ bytes: [UInt8]) {
        buffer.removeSubrange(..<start)
        searched -= start
        start = 0
        buffer += bytes
    }

    /// The next line that has ended; nil where more must arrive first.
    package mutating func next() -> Line? {
        guard let end = lineEnd() else {
            searched = buffer.count
            if buffer.count - start > bytesMax {
                isSkipping = true
                start = buffer.count
            }
            return nil
        }
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        return take(line)
    }

    /// The last line, where it has no end; nil where there is none.
    package mutating func finish() -> Line? {
        guard start < buffer.count || isSkipping else { return nil }
        let line = Array(buffer[start...])
        start = buffer.count
        searched = start
        return take(line)
    }

    private mutating func take(_ line: [UInt8]) -> Line {
        defer { isSkipping = false }
        number += 1
        return Line(number: number, bytes: isSkipping || line.count > bytesMax ? nil : line)
    }

    private func lineEnd() -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
