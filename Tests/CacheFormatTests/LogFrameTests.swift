import CacheBase
import CacheFormat
import Testing

@Suite("Log frame")
struct LogFrameTests {
    /// One frame with one entry, as bytes.
    private func sample() -> [UInt8] {
        let key = Array("key".utf8)
        let value = Array("some value".utf8)
        let payloadBytes = LogEntry.headBytes + key.count + value.count
        let frame = LogFrame(
            payloadBytes: UInt32(payloadBytes), lsn: LSN(rawValue: 9), predecessor: 77,
            durableLag: 4, epoch: Epoch(rawValue: 1), entries: 1, kind: .writes,
            partition: Partition(rawValue: 5), sequence: 6)
        var bytes = [UInt8](repeating: 0, count: frame.frameBytes)
        bytes.withUnsafeMutableBytes { raw in
            let payload = raw.baseAddress! + LogFrame.headBytes
            LogEntry.writeHead(
                to: payload, kind: .put, keyBytes: key.count, typeBytes: 0,
                valueBytes: value.count, frameOffset: LogFrame.headBytes,
                expiry: Expiry(rawValue: 123))
            key.withUnsafeBytes { payload.put($0, at: LogEntry.headBytes) }
            value.withUnsafeBytes { payload.put($0, at: LogEntry.headBytes + key.count) }
            let sum = CRC32C.of(UnsafeRawBufferPointer(start: payload, count: payloadBytes))
            _ = frame.write(to: raw.baseAddress!, payloadChecksum: sum)
        }
        return bytes
    }

    @Test func readsBackAsWritten() throws {
        try sample().withUnsafeBytes { raw in
            let frame = try #require(LogFrame(verifying: raw))
            #expect(frame.lsn.rawValue == 9 && frame.durableLSN.rawValue == 5)
            #expect(frame.partition.rawValue == 5 && frame.sequence == 6)
            #expect(frame.predecessor == 77 && frame.entries == 1)
            let payload = UnsafeRawBufferPointer(
                start: raw.baseAddress! + LogFrame.headBytes, count: Int(frame.payloadBytes))
            let entry = try #require(LogEntry(in: payload, at: 0))
            #expect(Array(entry.key) == Array("key".utf8))
            #expect(Array(entry.value) == Array("some value".utf8))
            #expect(entry.lsn.rawValue == 9 && entry.expiry.rawValue == 123)
        }
    }

    @Test func everyFlippedBitOfHeadAndPayloadIsNoticed() {
        let bytes = sample()
        let covered = LogFrame.headBytes + LogEntry.headBytes + 13
        for bit in 0..<(covered * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            damaged.withUnsafeBytes { #expect(LogFrame(verifying: $0) == nil) }
        }
    }

    @Test func aCutFrameIsNoFrame() {
        let bytes = sample()
        for count in 0..<(LogFrame.headBytes + LogEntry.headBytes + 13) {
            Array(bytes.prefix(count)).withUnsafeBytes { #expect(LogFrame(verifying: $0) == nil) }
        }
    }

    @Test func entriesThatDoNotFitTheirFrameAreRefused() {
        sample().withUnsafeBytes { raw in
            let payload = UnsafeRawBufferPointer(
                start: raw.baseAddress! + LogFrame.headBytes, count: LogEntry.headBytes + 12)
            #expect(LogEntry(in: payload, at: 0) == nil)
            #expect(LogEntry(in: payload, at: -8) == nil)
            #expect(LogEntry(in: payload, at: 24) == nil)
        }
    }
}
