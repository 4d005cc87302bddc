internal import CacheBase
internal import CacheFormat

extension DecoderCheck {
    /// Frames of the log one after the other, with their entries.
    static let log = DecoderCheck(
        "log", seeds: { [LogSeeds.frames()] }, seal: LogSeal.seal,
        decode: { bytes in
            var offset = 0
            var frames = 0
            while offset < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                guard let frame = LogFrame(verifying: rest) else { break }
                precondition(frame.durableLSN <= frame.lsn)
                precondition(LogFrame.headBytes + Int(frame.payloadBytes) <= rest.count)
                walk(frame, rest)
                frames += 1
                offset += frame.frameBytes
            }
            return frames > 0
        })

    private static func walk(_ frame: LogFrame, _ bytes: UnsafeRawBufferPointer) {
        let end = LogFrame.headBytes + Int(frame.payloadBytes)
        let payload = UnsafeRawBufferPointer(rebasing: bytes[LogFrame.headBytes..<end])
        var offset = 0
        if frame.kind == .commit || frame.kind == .incarnation {
            guard TransactionHead(in: payload) != nil else { return }
            offset = TransactionHead.bytes
        }
        for _ in 0..<frame.entries {
            guard let entry = LogEntry(in: payload, at: offset) else { return }
            precondition(offset + entry.contentBytes <= payload.count, "an entry leaves its frame")
            precondition(entry.lsn == frame.lsn && !entry.key.isEmpty)
            offset += aligned8(entry.contentBytes)
        }
    }
}

/// Makes a chain of whatever frames the bytes hold.
enum LogSeal {
    static func seal(_ bytes: UnsafeMutableRawBufferPointer) {
        seal(bytes, from: 0, firstLSN: 1, predecessor: 0)
    }

    static func seal(
        _ bytes: UnsafeMutableRawBufferPointer, from start: Int, firstLSN: UInt64,
        predecessor first: UInt32
    ) {
        guard let base = bytes.baseAddress else { return }
        var (offset, lsn, predecessor) = (start, firstLSN, first)
        while bytes.count - offset >= LogFrame.headBytes {
            let frame = base + offset
            let payloadBytes = Int(UnsafeRawPointer(frame).u32(4))
            guard payloadBytes <= bytes.count - offset - LogFrame.headBytes,
                UnsafeRawPointer(frame).u8(30) != 0
            else { return }
            frame.put(lsn, at: 8)
            frame.put(predecessor, at: 16)
            let payload = UnsafeRawBufferPointer(
                start: frame + LogFrame.headBytes, count: payloadBytes)
            let head = UnsafeRawBufferPointer(start: frame + 4, count: LogFrame.headBytes - 4)
            predecessor = CRC32C.extend(CRC32C.of(payload), head)
            frame.put(predecessor, at: 0)
            lsn &+= 1
            offset += LogFrame.headBytes + aligned8(payloadBytes)
        }
    }
}

/// Frames as the engine writes them.
enum LogSeeds {
    static func frames() -> [UInt8] {
        var bytes: [UInt8] = [0]
        var predecessor: UInt32 = 0
        for number in 1...3 {
            predecessor = append(number, after: predecessor, to: &bytes)
        }
        return bytes
    }

    private static func append(
        _ number: Int, after predecessor: UInt32, to bytes: inout [UInt8]
    ) -> UInt32 {
        let key = Array("key \(number)".utf8)
        let value = [UInt8](repeating: UInt8(number), count: 5 * number)
        let payloadBytes = LogEntry.headBytes + key.count + value.count
        var room = [UInt8](repeating: 0, count: LogFrame.headBytes + aligned8(payloadBytes))
        let checksum = room.withUnsafeMutableBytes { room -> UInt32 in
            guard let base = room.baseAddress else { return 0 }
            let entry = base + LogFrame.headBytes
            LogEntry.writeHead(
                to: entry, kind: number == 2 ? .delete : .put, keyBytes: key.count, typeBytes: 0,
                valueBytes: value.count, frameOffset: LogFrame.headBytes,
                expiry: Expiry(rawValue: UInt64(number)))
            key.withUnsafeBytes { entry.put($0, at: LogEntry.headBytes) }
            value.withUnsafeBytes { entry.put($0, at: LogEntry.headBytes + key.count) }
            let payload = UnsafeRawBufferPointer(start: entry, count: payloadBytes)
            return LogFrame(
                payloadBytes: UInt32(payloadBytes), lsn: LSN(rawValue: UInt64(number)),
                predecessor: predecessor, durableLag: 1, epoch: Epoch(rawValue: 1), entries: 1,
                kind: .writes, partition: Partition(rawValue: 3), sequence: UInt64(number)
            ).write(to: base, payloadChecksum: CRC32C.of(payload))
        }
        bytes += room
        return checksum
    }
}
