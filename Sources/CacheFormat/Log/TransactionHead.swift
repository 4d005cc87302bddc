package import CacheBase

/// What the payload of a `commit` or `incarnation` frame begins with: 16 bytes, before the entries.
///
///     0  transaction number u64   incarnation << 40 | sequence; of an incarnation: sequence 0
///     8  time u64                 milliseconds since 1970
package struct TransactionHead: Sendable, Equatable {
    @inlinable package static var bytes: Int { 16 }

    package var number: TransactionNumber
    package var time: Timestamp

    package init(number: TransactionNumber, time: Timestamp) {
        self.number = number
        self.time = time
    }

    package func write(to target: UnsafeMutableRawPointer) {
        target.put(number.rawValue, at: 0)
        target.put(time.rawValue, at: 8)
    }

    /// Of its bytes.
    package var checksum: UInt32 {
        withUnsafeTemporaryAllocation(byteCount: Self.bytes, alignment: 8) { bytes in
            write(to: bytes.baseAddress.unsafelyUnwrapped)
            return CRC32C.of(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Reads the head of a verified frame's payload; nil where that is too short.
    package init?(in payload: UnsafeRawBufferPointer) {
        guard let base = payload.baseAddress, payload.count >= Self.bytes else { return nil }
        number = TransactionNumber(rawValue: base.u64(0))
        time = Timestamp(rawValue: base.u64(8))
    }
}
