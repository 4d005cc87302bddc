import CacheBase
import NIOCore
import Testing

@testable import CachePeer

/// Frames from bytes, however they come.
struct FrameReaderTests {
    private let frames = [
        FrameReader.Frame(2, ""), FrameReader.Frame(3, "a"), FrameReader.Frame(255, "hello, peer"),
        FrameReader.Frame(0, ""), FrameReader.Frame(7, String(repeating: "x", count: 300)),
    ]

    private var bytes: [UInt8] { frames.flatMap(\.bytes) }

    private func read(
        _ pieces: [ArraySlice<UInt8>], frameBytesMax: Int = 1000
    ) throws -> [FrameReader.Frame] {
        var reader = FrameReader(frameBytesMax: frameBytesMax)
        var found: [FrameReader.Frame] = []
        for piece in pieces {
            reader.receive(ByteBuffer(bytes: piece))
            while let frame = try reader.next() { found.append(frame) }
        }
        return found
    }

    @Test func framesAreFoundWhereverTheBytesAreCut() throws {
        #expect(try read([bytes[...]]) == frames)
        for cut in 0...bytes.count {
            #expect(try read([bytes[..<cut], bytes[cut...]]) == frames, "cut at \(cut)")
        }
        #expect(try read(bytes.indices.map { bytes[$0...$0] }) == frames)
    }

    @Test func aFrameThatIsNotWholeIsNotGiven() throws {
        let last = frames[4].bytes
        for count in 0..<last.count { #expect(try read([last[..<count]]).isEmpty) }
    }

    @Test func aLengthAboveTheLimitIsRefusedAtOnce() throws {
        #expect(throws: PeerFrameError.tooLong(bytes: .max)) { try read([[255, 255, 255, 255]]) }
        #expect(throws: PeerFrameError.tooLong(bytes: 1001)) { try read([[0xE9, 3, 0, 0]]) }
        let largest = FrameReader.Frame(2, String(repeating: "x", count: 999))
        #expect(try read([largest.bytes[...]]) == [largest])
    }

    @Test func aFrameWithoutATypeIsRefused() {
        #expect(throws: PeerFrameError.empty) { try read([[0, 0, 0, 0]]) }
    }

    @Test func nothingIsAllocatedForWhatHasNotCome() throws {
        var reader = FrameReader(frameBytesMax: PeerLimits.frameBytesMax)
        // A frame of 64 MiB, of which 1000 bytes come, ten at a time.
        reader.receive(ByteBuffer(bytes: [0, 0, 0, 4, 2]))
        for _ in 0..<100 {
            reader.receive(ByteBuffer(repeating: 1, count: 10))
            #expect(try reader.next() == nil)
        }
        #expect(reader.unreadBytes == 1005)
        #expect(reader.capacityBytes <= 4096)
    }

    @Test func anyBytesGiveTheSameFramesOrErrorsHoweverTheyAreCut() {
        let seed = UInt64.random(in: 0 ... .max)
        var randomness = Xoshiro256(seed: seed)
        for _ in 0..<2000 {
            var bytes: [UInt8] = []
            for _ in 0..<randomness.below(6) {
                let body = String(repeating: "b", count: randomness.below(40))
                bytes += FrameReader.Frame(UInt8(randomness.below(256)), body).bytes
            }
            if randomness.coin(), !bytes.isEmpty {
                bytes[randomness.below(bytes.count)] = UInt8(randomness.below(256))
            }
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + randomness.below(30))
                pieces.append(bytes[start..<end])
                start = end
            }
            let whole = Result { try read([bytes[...]], frameBytesMax: 500) }
            let cut = Result { try read(pieces, frameBytesMax: 500) }
            switch (whole, cut) {
            case (.success(let left), .success(let right)): #expect(left == right, "seed \(seed)")
            case (.failure(let left), .failure(let right)):
                #expect("\(left)" == "\(right)", "seed \(seed)")
            default: Issue.record("cut bytes were judged otherwise, seed \(seed)")
            }
        }
    }

    @Test func bodiesArePartsOfWhatWasRead() throws {
        var reader = FrameReader(frameBytesMax: 1000)
        let received = ByteBuffer(bytes: bytes)
        reader.receive(received)
        let start = received.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        while let frame = try reader.next() {
            let body = frame.body.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            #expect((start...start + UInt(bytes.count)).contains(body))
        }
    }
}
