internal import CacheInspect

/// Why the program ends with another code than 0.
struct Failure: Error {
    static let foundCode: Int32 = 1
    static let usageCode: Int32 = 2

    /// What standard error says, without the program's name.
    let lines: [String]
    let code: Int32

    /// What was asked for is not there.
    static func notFound(_ message: String) -> Failure {
        Failure(lines: [message], code: foundCode)
    }

    /// The command was carried out, and met damage that its output does not tell of.
    static func damaged(_ damages: [Damage]) -> Failure {
        Failure(lines: damages.map(\.line), code: foundCode)
    }

    /// The command was carried out, and its output tells what was found.
    static let found = Failure(lines: [], code: foundCode)

    /// The command line is wrong.
    static func usage(_ message: String) -> Failure {
        Failure(lines: [message], code: usageCode)
    }
}

extension Damage {
    /// `FILE:OFFSET: what`, without the offset where it is about the whole file.
    var line: String { file + (offset.map { ":\($0)" } ?? "") + ": " + what }
}
