internal import CShims

/// How the payload of a block is stored. The numbers are on disk and never change.
package enum Codec: UInt8, Sendable {
    case raw = 0
    case lz4 = 1
    case zstd = 2
}

/// Compression of block payloads.
package enum Compression {
    /// The room that `compress` needs for `count` bytes in the worst case.
    package static func bound(_ count: Int) -> Int { dcs_compress_bound(count) }

    /// Compresses `source` into `target`, which has room for `bound(source.count)`.
    /// - Returns: bytes written; nil where the saving is under 1/16: then store it raw.
    package static func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, codec: Codec
    ) -> Int? {
        let count: Int64
        switch codec {
        case .raw:
            return nil
        case .lz4:
            count = dcs_lz4_compress(
                source.baseAddress, source.count, target.baseAddress, target.count)
        case .zstd:
            count = dcs_zstd_compress(
                source.baseAddress, source.count, target.baseAddress, target.count)
        }
        return count > 0 && Int(count) < source.count - source.count / 16 ? Int(count) : nil
    }

    /// Decompresses at least the first `wanted` bytes of a payload of `target.count` raw bytes.
    /// - Returns: false where the payload is malformed.
    package static func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        wanted: Int, codec: Codec
    ) -> Bool {
        switch codec {
        case .raw:
            guard source.count == target.count else { return false }
            target.copyMemory(from: source)
            return true
        case .lz4:
            return dcs_lz4_decompress(
                source.baseAddress, source.count, target.baseAddress, wanted, target.count)
                >= Int64(wanted)
        case .zstd:
            return dcs_zstd_decompress(
                source.baseAddress, source.count, target.baseAddress, target.count)
                == Int64(target.count)
        }
    }
}
