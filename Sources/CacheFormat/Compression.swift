internal import CLZ4
internal import CZstd

/// How the payload of a block is stored. The numbers are on disk and never change.
package enum Codec: UInt8, Sendable {
    case raw = 0
    case lz4 = 1
    case zstd = 2
}

/// Compression of block payloads.
package enum Compression {
    /// The room that `compress` needs for `count` bytes in the worst case.
    package static func bound(_ count: Int) -> Int {
        max(Int(LZ4_compressBound(Int32(count))), ZSTD_compressBound(count))
    }

    /// Compresses `source` into `target`, which has room for `bound(source.count)`.
    /// - Returns: bytes written; nil where the saving is under 1/16: then store it raw.
    package static func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, codec: Codec
    ) -> Int? {
        let worthwhile = source.count - source.count / 16
        let count: Int
        switch codec {
        case .raw:
            return nil
        case .lz4:
            count = Int(LZ4_compress_default(
                source.baseAddress?.assumingMemoryBound(to: CChar.self),
                target.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(source.count), Int32(target.count)))
        case .zstd:
            let result = ZSTD_compress(
                target.baseAddress, target.count, source.baseAddress, source.count, 3)
            count = ZSTD_isError(result) != 0 ? 0 : result
        }
        return count > 0 && count < worthwhile ? count : nil
    }

    /// Decompresses at least the first `wanted` bytes of a payload of `target.count` raw bytes.
    /// - Returns: raw bytes now valid, nil where the payload is malformed.
    package static func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        wanted: Int, codec: Codec
    ) -> Int? {
        switch codec {
        case .raw:
            guard source.count == target.count else { return nil }
            target.copyMemory(from: source)
            return target.count
        case .lz4:
            let count = Int(LZ4_decompress_safe_partial(
                source.baseAddress?.assumingMemoryBound(to: CChar.self),
                target.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(source.count), Int32(wanted), Int32(target.count)))
            return count >= wanted ? count : nil
        case .zstd:
            let count = ZSTD_decompress(
                target.baseAddress, target.count, source.baseAddress, source.count)
            return ZSTD_isError(count) == 0 && count == target.count ? count : nil
        }
    }
}
