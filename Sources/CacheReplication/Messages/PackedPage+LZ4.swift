internal import CacheFormat

extension PackedPage {
    /// Packs bytes with LZ4, or leaves them as they are where that saves too little.
    init(packing raw: [UInt8], _ compressor: Compressor) {
        var room = [UInt8](repeating: 0, count: Compressor.bound(raw.count))
        let packed = raw.withUnsafeBytes { source in
            room.withUnsafeMutableBytes {
                compressor.compress(source, into: $0, thorough: false)
            }
        }
        guard let packed else {
            self.init(rawBytes: raw.count, isCompressed: false, bytes: raw)
            return
        }
        room.removeLast(room.count - packed.bytes)
        self.init(rawBytes: raw.count, isCompressed: true, bytes: room)
    }

    /// Nil where the bytes are not what they say.
    func unpacked(_ decompressor: Decompressor) -> [UInt8]? {
        guard isCompressed else { return bytes }
        // LZ4 makes at most 255 bytes of one: what claims more lies, and gets no memory.
        guard rawBytes <= bytes.count * 255 + 64 else { return nil }
        var raw = [UInt8](repeating: 0, count: rawBytes)
        let isWhole = bytes.withUnsafeBytes { source in
            raw.withUnsafeMutableBytes { target in
                decompressor.decompress(source, into: target, wanted: rawBytes, codec: .lz4)
            }
        }
        return isWhole ? raw : nil
    }
}
