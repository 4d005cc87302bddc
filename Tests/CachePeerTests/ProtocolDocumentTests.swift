import Foundation
import NIOCore
import Testing

@testable import CachePeer

/// The example of docs/PROTOCOL.md is what the code says.
struct ProtocolDocumentTests {
    @Test func theExampleIsDecoded() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/PROTOCOL.md").standardizedFileURL
        let text = try String(contentsOf: path, encoding: .utf8)
        let fence = "```text frames\n"
        let start = try #require(text.range(of: fence)).upperBound
        let end = try #require(text[start...].range(of: "```")).lowerBound
        let bytes = text[start..<end].split(whereSeparator: \.isNewline)
            .flatMap { $0.prefix(24).split(separator: " ") }
        var reader = FrameReader(frameBytesMax: PeerLimits.frameBytesMax)
        reader.receive(ByteBuffer(bytes: try bytes.map { try #require(UInt8($0, radix: 16)) }))
        var frames: [FrameReader.Frame] = []
        while let frame = try reader.next() { frames.append(frame) }
        #expect(
            frames == [
                FrameReader.Frame(1, ""), FrameReader.Frame(0, ""), FrameReader.Frame(7, "abc"),
            ])
        #expect(reader.unreadBytes == 0)
    }
}
