internal import Foundation

/// Inputs of the fuzzers, kept in `Fuzz/corpus`: what they begin with, and what they have found.
package enum FuzzCorpus {
    /// Gives the inputs of `target`, and up to about so many beginnings of each, to `check`, which
    /// stops the process where something does not hold.
    /// - Returns: names of the inputs that `check` should have accepted and has not. Those are the
    ///   ones whose names begin with `seed-`: a fuzzer that begins with refusals learns little.
    package static func replay(
        _ target: String, beginnings: Int = 1000, _ check: (UnsafeRawBufferPointer) -> Bool
    ) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder(of: target), includingPropertiesForKeys: nil)
        precondition(!files.isEmpty, "no corpus for \(target)")
        return try files.sorted { $0.path < $1.path }.compactMap { file in
            let name = file.lastPathComponent
            let input = [UInt8](try Data(contentsOf: file))
            let isAccepted = input.withUnsafeBytes(check)
            let step = max(1, input.count / beginnings)
            for count in stride(from: 0, to: input.count, by: step) {
                // A copy, so that what is read behind its end is not the rest of the input.
                _ = Array(input[..<count]).withUnsafeBytes(check)
            }
            return isAccepted || !name.hasPrefix("seed-") ? nil : name
        }
    }

    /// Replaces the seeds of `target`; what was found stays.
    package static func write(_ seeds: [[UInt8]], for target: String) throws {
        let folder = folder(of: target)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        for file in files where file.lastPathComponent.hasPrefix("seed-") {
            try FileManager.default.removeItem(at: file)
        }
        for (index, seed) in seeds.enumerated() {
            try Data(seed).write(to: folder.appending(path: "seed-\(index)"))
        }
    }

    private static func folder(of target: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fuzz/corpus/\(target)").standardizedFileURL
    }
}
