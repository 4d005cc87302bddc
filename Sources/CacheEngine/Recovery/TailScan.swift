internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Searches a log file behind the last valid frame for frames that should not be there: whole ones
/// of a later record, which tell whether what is missing before them was durable.
struct TailScan {
    struct Found {
        /// The newest LSN that a found frame claims was durable.
        var durable = LSN.zero
        /// Of whole frames found.
        var bytes = 0
    }

    private let mapped: any MappedFile
    private let expected: LSN

    init(_ mapped: any MappedFile, after expected: LSN) {
        self.mapped = mapped
        self.expected = expected
    }

    /// Frames begin at multiples of eight; a file's stale frames of an earlier use have older LSNs.
    func run(from start: Int) -> Found {
        var found = Found()
        var offset = start
        while offset + LogFrame.headBytes <= mapped.length {
            guard looksLikeLaterFrame(at: offset), let frame = frame(at: offset) else {
                offset += 8
                continue
            }
            found.durable = max(found.durable, frame.durableLSN)
            found.bytes += frame.frameBytes
            offset += frame.frameBytes
        }
        return found
    }

    /// What the file's head claims was durable when the file was begun.
    func headClaim() -> LSN {
        let bytes = UnsafeRawBufferPointer(start: mapped.base, count: LogFileHead.bytes)
        guard let head = try? LogFileHead(verifying: bytes) else { return .zero }
        return head.durableLSN
    }

    /// Bytes of the record that begins at `offset` and is not whole; 0 where none began there.
    func tornBytes(at offset: Int, after predecessor: UInt32) -> Int {
        guard offset + LogFrame.headBytes <= mapped.length else { return 0 }
        let base = UnsafeRawPointer(mapped.base + offset)
        guard base.u64(8) == expected.rawValue, base.u32(16) == predecessor,
            FrameKind(rawValue: base.u8(30)) != nil
        else { return 0 }
        return min(LogFrame.headBytes + aligned8(Int(base.u32(4))), mapped.length - offset)
    }

    private func looksLikeLaterFrame(at offset: Int) -> Bool {
        let base = UnsafeRawPointer(mapped.base + offset)
        let lsn = base.u64(8)
        return lsn > expected.rawValue && lsn - expected.rawValue < 1 << 40
            && FrameKind(rawValue: base.u8(30)) != nil
    }

    private func frame(at offset: Int) -> LogFrame? {
        LogFrame(
            verifying: UnsafeRawBufferPointer(
                start: mapped.base + offset, count: mapped.length - offset))
    }
}
