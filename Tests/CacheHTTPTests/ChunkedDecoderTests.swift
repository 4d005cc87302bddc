import Testing

@testable import CacheHTTP

@Suite("Chunked decoder")
struct ChunkedDecoderTests {
    static let coded =
        "5;a=\"b\"\r\nhello\r\n00a\r\n, chunked!\r\n0;x\r\nTrailer: v\r\nEmpty:\r\n\r\n"

    @Test func takesTheCodingOff() {
        #expect(decode([Self.coded + "GET"]) == ("hello, chunked!", 3))
    }

    @Test func splitsAnywhereMakeNoDifference() {
        let bytes = Array(Self.coded.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map {
                    String(decoding: $0, as: UTF8.self)
                }
                #expect(decode(pieces) == ("hello, chunked!", 0))
            }
        }
    }

    @Test func anEmptyBodyIsOneLastChunk() {
        #expect(decode(["0\r\n\r\n"]) == ("", 0))
    }

    /// The body, and how many bytes are left behind it; nil where it is refused or unfinished.
    private func decode(_ pieces: [String]) -> (String, Int)? {
        var decoder = ChunkedDecoder()
        var body = ""
        for piece in pieces {
            var position = 0
            let done: Int? = withBytes(piece) { bytes in
                while true {
                    switch decoder.next(bytes, &position) {
                    case .data(let data):
                        body += String(decoding: data.bytes(in: bytes), as: UTF8.self)
                    case .complete: return bytes.count - position
                    case .incomplete, .failed: return nil
                    }
                }
            }
            if let done { return (body, done) }
        }
        return nil
    }
}

private func == (left: (String, Int)?, right: (String, Int)) -> Bool {
    left?.0 == right.0 && left?.1 == right.1
}
