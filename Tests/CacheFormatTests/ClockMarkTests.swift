import CacheBase
import CacheFormat
import Testing

@Suite("Clock mark")
struct ClockMarkTests {
    private static let store = StoreID(high: 7, low: 9)
    private static let time = Timestamp(rawValue: 1_800_000_123_456)

    private func page(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: ClockMark.bytes)
        bytes.withUnsafeMutableBytes {
            let base = $0.baseAddress!
            ClockMark.writeHead(to: base, store: Self.store)
            ClockMark.write(Self.time, to: base)
        }
        change(&bytes)
        return bytes
    }

    private func mark(_ bytes: [UInt8], store: StoreID = store) throws -> Timestamp? {
        try bytes.withUnsafeBytes { try ClockMark.read($0.baseAddress!, store: store) }
    }

    @Test func aMarkIsReadAsItWasWritten() throws {
        #expect(try mark(page()) == Self.time)
        #expect(try mark(page(), store: StoreID(high: 7, low: 8)) == nil)
    }

    @Test func aPageWithoutAMarkHasNone() throws {
        #expect(try mark([UInt8](repeating: 0, count: ClockMark.bytes)) == nil)
        let headOnly = page { bytes in for at in 64..<72 { bytes[at] = 0 } }
        #expect(try mark(headOnly) == nil)
    }

    @Test func noWrongByteOfTheMarkPasses() throws {
        for at in 64..<72 {
            for bits in UInt8(1)...255 {
                #expect(try mark(page { $0[at] ^= bits }) == nil, "byte \(at), bits \(bits)")
            }
        }
    }

    @Test func aNewerFormatIsRefused() {
        #expect(throws: StorageError(.newerFormat, "")) { try mark(page { $0[6] = 2 }) }
    }
}
