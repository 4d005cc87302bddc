internal import CacheBase
internal import CacheFormat

/// One write as its log entry will hold it, with the checksum of its payload: made before any lock
/// is taken. The bytes are borrowed.
struct EncodedWrite {
    let kind: EntryKind
    let key: KeyView
    let contentType: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    let expiry: Expiry
    let checksum: UInt32
    let partition: Partition

    init(
        kind: EntryKind, key: KeyView, contentType: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, expiry: Expiry
    ) {
        self.kind = kind
        self.key = key
        self.contentType = contentType
        self.value = value
        self.expiry = expiry
        partition = Partition(keyChecksum: CRC32C.of(key.bytes))
        var head = (UInt64(0), UInt64(0), UInt64(0))
        var sum = withUnsafeMutableBytes(of: &head) { room in
            Self.writeHead(
                to: room.baseAddress.unsafelyUnwrapped, kind, key, contentType, value, expiry)
            return CRC32C.of(UnsafeRawBufferPointer(room))
        }
        sum = CRC32C.extend(sum, key.bytes)
        sum = CRC32C.extend(sum, contentType)
        checksum = CRC32C.extend(sum, value)
    }

    /// Of the frame's payload: this one entry, without padding.
    var payloadBytes: Int {
        LogEntry.headBytes &+ key.bytes.count &+ contentType.count &+ value.count
    }

    @inline(__always)
    func copy(to payload: UnsafeMutableRawPointer) {
        Self.writeHead(to: payload, kind, key, contentType, value, expiry)
        let content = payload + LogEntry.headBytes
        content.put(key.bytes, at: 0)
        content.put(contentType, at: key.bytes.count)
        content.put(value, at: key.bytes.count &+ contentType.count)
    }

    @inline(__always)
    private static func writeHead(
        to target: UnsafeMutableRawPointer, _ kind: EntryKind, _ key: KeyView,
        _ contentType: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ expiry: Expiry
    ) {
        LogEntry.writeHead(
            to: target, kind: kind, keyBytes: key.bytes.count, typeBytes: contentType.count,
            valueBytes: value.count, frameOffset: LogFrame.headBytes, expiry: expiry)
    }
}
