internal import CShims

/// How the payload of a block is stored. The numbers are on disk and never change.
package enum Codec: UInt8, Sendable {
    case raw = 0
    case lz4 = 1
    case zstd = 2
}

/// Compresses the payloads of blocks; one for each thread that writes segments.
///
/// LZ4 is the rule. Every few blocks zstd is tried beside it, where the caller has time; where it
/// saves a fifth more, it is used for the blocks until the next trial.
///
/// Invariant: `zstd` is working memory of this object alone.
package final class Compressor {
    /// Blocks from trial to trial.
    private static let trialEvery = 8
    /// zstd must come to less than this share of LZ4's size.
    private static let worthwhileShare = 0.8

    private let zstd: UnsafeMutableRawPointer?
    private var trial: [UInt8] = []
    private var blocks = 0
    private var prefersZstd = false

    package init() { zstd = dcs_zstd_new_compressor() }

    deinit { dcs_zstd_free_compressor(zstd) }

    /// The room that `compress` needs for `count` bytes in the worst case.
    package static func bound(_ count: Int) -> Int { dcs_compress_bound(count) }

    /// Compresses `source` into `target`, which has room for `bound(source.count)`.
    /// - Parameter thorough: whether there is time for zstd where it pays.
    /// - Returns: bytes written and the codec; nil where neither saves 1/16: then store it raw.
    package func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        thorough: Bool
    ) -> (bytes: Int, codec: Codec)? {
        defer { blocks += 1 }
        guard thorough else { return chosen(lz4(source, target), .lz4, source) }
        if blocks % Self.trialEvery == 0 { tryBoth(source, target.count) }
        if prefersZstd, let done = chosen(zstd(source, target), .zstd, source) { return done }
        return chosen(lz4(source, target), .lz4, source)
    }

    private func chosen(
        _ count: Int64, _ codec: Codec, _ source: UnsafeRawBufferPointer
    ) -> (bytes: Int, codec: Codec)? {
        count > 0 && Int(count) < source.count - source.count / 16 ? (Int(count), codec) : nil
    }

    private func tryBoth(_ source: UnsafeRawBufferPointer, _ room: Int) {
        if trial.count < room { trial = [UInt8](repeating: 0, count: room) }
        trial.withUnsafeMutableBytes { room in
            let fast = lz4(source, room)
            let small = zstd(source, room)
            prefersZstd = small > 0 && Double(small) < Self.worthwhileShare * Double(fast)
        }
    }

    private func lz4(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
    ) -> Int64 {
        dcs_lz4_compress(source.baseAddress, source.count, target.baseAddress, target.count)
    }

    private func zstd(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
    ) -> Int64 {
        dcs_zstd_compress(
            zstd, source.baseAddress, source.count, target.baseAddress, target.count)
    }
}

/// Decompresses the payloads of blocks; one for each thread that reads them.
///
/// Invariant: `zstd` is working memory of this object alone, made at the first block that asks.
package final class Decompressor {
    private var zstd: UnsafeMutableRawPointer?

    package init() {}

    deinit { dcs_zstd_free_decompressor(zstd) }

    /// Decompresses at least the first `wanted` bytes of a payload of `target.count` raw bytes.
    /// - Returns: false where the payload is malformed.
    package func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        wanted: Int, codec: Codec
    ) -> Bool {
        switch codec {
        case .raw:
            guard source.count == target.count else { return false }
            target.copyMemory(from: source)
            return true
        case .lz4:
            let count = dcs_lz4_decompress(
                source.baseAddress, source.count, target.baseAddress, wanted, target.count)
            return count >= Int64(wanted)
        case .zstd:
            if zstd == nil { zstd = dcs_zstd_new_decompressor() }
            let count = dcs_zstd_decompress(
                zstd, source.baseAddress, source.count, target.baseAddress, target.count)
            return count == Int64(target.count)
        }
    }
}
