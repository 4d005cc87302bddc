internal import Glibc

/// Fingerprints of what was evicted lately: cache lines of 32, newest first in each, so that a line
/// forgets its oldest for a new one. About as many as the main queue has entries, 2 bytes each.
///
/// A key is in one line by the low bits of its hash, as 16 further ones. One key in two thousand is
/// taken for another; it is then kept for longer than it should be, nothing else.
/// Invariant: zeros, which are no fingerprint, are at the end of a line.
struct GhostLines: ~Copyable {
    static let perLine = 32
    /// Of the entries of a shard, so many in ten are in the main queue.
    private static let mainTenths = 9
    private static let lineBytes = perLine * MemoryLayout<UInt16>.stride

    private var words: UnsafeMutablePointer<UInt16>?
    private(set) var lines = 0

    deinit { words?.deallocate() }

    var bytes: Int { lines * Self.lineBytes }

    /// Remembers a key of a shard with so many entries.
    ///
    /// Where the shard has come to hold much more or less than before, the lines are made anew, and
    /// what they knew is forgotten.
    mutating func note(_ hashBits: UInt64, entries: Int) {
        let wanted = max(entries * Self.mainTenths / 10 / Self.perLine, 1)
        if wanted > 2 * lines || wanted < lines / 4 { resize(wanted) }
        let line = line(hashBits)
        memmove(line + 1, line, Self.lineBytes - MemoryLayout<UInt16>.stride)
        line[0] = Self.fingerprint(hashBits)
    }

    /// Forgets a key.
    /// - Returns: false where it was not known.
    mutating func take(_ hashBits: UInt64) -> Bool {
        guard lines > 0 else { return false }
        let line = line(hashBits)
        let wanted = Self.fingerprint(hashBits)
        guard let place = (0..<Self.perLine).first(where: { line[$0] == wanted }) else {
            return false
        }
        let behind = Self.perLine - place - 1
        memmove(line + place, line + place + 1, behind * MemoryLayout<UInt16>.stride)
        line[Self.perLine - 1] = 0
        return true
    }

    private mutating func resize(_ count: Int) {
        words?.deallocate()
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: count * Self.lineBytes, alignment: 64)
        memset(memory, 0, count * Self.lineBytes)
        words = memory.bindMemory(to: UInt16.self, capacity: count * Self.perLine)
        lines = count
    }

    private func line(_ hashBits: UInt64) -> UnsafeMutablePointer<UInt16> {
        let index = Int(truncatingIfNeeded: ((hashBits & 0xFFFF_FFFF) &* UInt64(lines)) >> 32)
        return words.unsafelyUnwrapped + index * Self.perLine
    }

    /// By the hash's bits 32–47.
    private static func fingerprint(_ hashBits: UInt64) -> UInt16 {
        max(UInt16(truncatingIfNeeded: hashBits >> 32), 1)
    }
}
