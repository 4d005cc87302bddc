import Foundation
import Testing

/// Replays what the fuzzers are started with, and what they have found.
@Suite("Fuzz corpus")
struct CorpusTests {
    @Test(arguments: [("request", FuzzChecks.request), ("json", FuzzChecks.json)])
    func everyInputHolds(
        name: String, check: @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fuzz/corpus/\(name)").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 9)
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            input.withUnsafeBytes { check($0) }
            // Every prefix is an input, too.
            for count in 0..<input.count { Array(input[..<count]).withUnsafeBytes { check($0) } }
        }
    }
}
