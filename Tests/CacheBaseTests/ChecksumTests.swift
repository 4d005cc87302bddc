import CShims
import CacheBase
import Testing

@Suite("CRC32C")
struct ChecksumTests {
    /// The vectors of RFC 3720, appendix B.4.
    @Test(arguments: [
        ([UInt8](repeating: 0, count: 32), UInt32(0x8A91_36AA)),
        ([UInt8](repeating: 0xFF, count: 32), UInt32(0x62A8_AB43)),
        ([UInt8](0..<32), UInt32(0x46DD_794E)),
        (Array("123456789".utf8), UInt32(0xE306_9283)),
    ])
    func matchesPublishedVectors(bytes: [UInt8], expected: UInt32) {
        bytes.withUnsafeBytes { #expect(CRC32C.of($0) == expected) }
        #expect(dcs_crc32c_portable(0, bytes, bytes.count) == expected)
    }

    @Test func instructionAndTablesAgreeAtEveryLengthAndSplit() {
        let bytes = (0..<257).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ 7) }
        for length in 0...bytes.count {
            let whole = dcs_crc32c_portable(0, bytes, length)
            #expect(dcs_crc32c(0, bytes, length) == whole)
            let first = dcs_crc32c(0, bytes, length / 3)
            let rest = bytes.withUnsafeBytes {
                CRC32C.extend(first, UnsafeRawBufferPointer(rebasing: $0[(length / 3)..<length]))
            }
            #expect(rest == whole)
        }
    }
}
