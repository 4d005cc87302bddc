import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Foundation
import Testing

/// The worked example of docs/FORMAT.md is a store: its files are printed whole there.
struct FormatDocumentTests {
    private static let document = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/FORMAT.md")

    /// The example, as it was made.
    private func example() throws -> Specimen {
        var options = Specimen.options
        options.logFileBytes = 8192
        let specimen = try Specimen(options: options)
        try specimen.put("greeting", "hello", type: "text/plain")
        try specimen.put("note", "soon gone", ttl: 60_000)
        try specimen.flush()
        try specimen.put("greeting", "hello again", type: "text/plain")
        try specimen.flush()
        try specimen.batch([("one", "1"), ("note", nil)])
        try specimen.transaction([("two", "2")])
        specimen.engine.close()
        return specimen
    }

    /// The files that the document prints, from blocks that begin with "```hexdump FILE".
    private func printed() throws -> [String: [UInt8]] {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        var files: [String: [UInt8]] = [:]
        for part in text.components(separatedBy: "```hexdump ").dropFirst() {
            let lines = part.components(separatedBy: "```")[0].split(separator: "\n")
            files[String(lines[0])] = try HexDump.bytes(lines.dropFirst().map(String.init))
        }
        return files
    }

    @Test func thePrintedFilesAreAStore() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let files = try printed()
        #expect(
            files.keys.sorted() == [
                "CHECKPOINT", "CLOCK", "STORE", "segments/0000000000000001.hint",
                "segments/0000000000000001.seg", "segments/0000000000000002.hint",
                "segments/0000000000000002.seg", "segments/0000000000000003.hint",
                "segments/0000000000000003.seg", "wal/0.wal",
            ])
        for (name, bytes) in files { try disk.put(bytes, at: "data/" + name) }
        let example = try example()
        let folder = StoreFolder("data", files: disk)
        #expect(try Verifier(folder, threads: 1).run().damages == [])
        #expect(try example.contents(of: disk, in: "data") == example.live)
        #expect(example.live.keys.sorted() == ["greeting", "one", "two"])
    }

    /// They are what this version writes, byte for byte.
    @Test func thePrintedFilesAreWhatIsWritten() throws {
        let example = try example()
        let files = try printed()
        for (path, _) in example.disk.files where !path.hasSuffix("/LOCK") {
            let name = example.folder.name(path)
            let isSame = try files[name] == example.disk.bytes(of: path)
            #expect(isSame, "\(name)")
        }
    }

    /// Prints the example anew into the document; only where the environment asks for it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["DCS_WRITE_FIXTURES"] != nil))
    func writeDocument() throws {
        let example = try example()
        let parts = try String(contentsOf: Self.document, encoding: .utf8)
            .components(separatedBy: "```hexdump ")
        var text = parts[0]
        for part in parts.dropFirst() {
            let name = String(part.prefix { $0 != "\n" })
            let bytes = try example.disk.bytes(of: "data/" + name)
            let rest = part.components(separatedBy: "```").dropFirst().joined(separator: "```")
            text += "```hexdump \(name)\n" + HexDump.text(bytes) + "```" + rest
        }
        try text.write(to: Self.document, atomically: true, encoding: .utf8)
    }

    @Test func theMagicOfEveryFileIsInTheDocument() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        for magic in ["DCSSTO", "DCSCKP", "DCSWAL", "DCSSEG", "DCSHIN", "DCSCLK"] {
            #expect(text.contains(magic))
        }
        #expect(text.contains("version \(FormatMagic.version)"))
    }
}

/// Bytes as `hexdump -C` prints them; a line of `*` stands for repetitions of the one before.
enum HexDump {
    struct Malformed: Error {
        let line: String
    }

    static func text(_ bytes: [UInt8]) -> String {
        var out = ""
        var previous: ArraySlice<UInt8>?
        var isRepeating = false
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let line = bytes[start..<min(start + 16, bytes.count)]
            if line.count == 16, previous?.elementsEqual(line) == true {
                if !isRepeating { out += "*\n" }
                isRepeating = true
                continue
            }
            isRepeating = false
            previous = line
            out += String(format: "%08x ", start)
            for (index, byte) in line.enumerated() {
                out += (index == 8 ? "  " : " ") + String(format: "%02x", byte)
            }
            let gap = (16 - line.count) * 3 + (line.count <= 8 ? 1 : 0)
            let characters = line.map { 0x20..<0x7F ~= $0 ? String(UnicodeScalar($0)) : "." }
            out += String(repeating: " ", count: gap) + "  |" + characters.joined() + "|\n"
        }
        return out + String(format: "%08x\n", bytes.count)
    }

    static func bytes(_ lines: [String]) throws -> [UInt8] {
        var out: [UInt8] = []
        var repeated: [UInt8] = []
        for line in lines where line != "*" {
            let words = line.split(separator: "|", maxSplits: 1)[0].split(separator: " ")
            guard let first = words.first, let offset = Int(first, radix: 16) else {
                throw Malformed(line: line)
            }
            while out.count < offset {
                guard repeated.count == 16 else { throw Malformed(line: line) }
                out += repeated
            }
            let found = words.dropFirst().compactMap { UInt8($0, radix: 16) }
            guard found.count == words.count - 1, out.count == offset else {
                throw Malformed(line: line)
            }
            out += found
            repeated = found
        }
        return out
    }
}
