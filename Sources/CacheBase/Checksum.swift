internal import CShims

/// CRC32C (Castagnoli polynomial, RFC 3720 appendix B.4), by the processor's instruction where
/// there is one.
package enum CRC32C {
    /// True where the processor's instruction is used.
    package static var isHardware: Bool { dcs_crc32c_is_hardware() != 0 }

    /// Extends `crc` over `bytes`; start with 0.
    /// - Complexity: O(length), about 8 bytes a cycle in hardware.
    @inline(__always)
    package static func extend(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return crc }
        return dcs_crc32c(crc, base, bytes.count)
    }

    @inline(__always)
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { extend(0, bytes) }
}
