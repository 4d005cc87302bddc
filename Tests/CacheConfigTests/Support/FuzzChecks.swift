@testable import CacheConfig

/// What must hold of any settings at all. A violation stops the process. Each check tells whether
/// the input was accepted.
enum FuzzChecks {
    static let all: [(name: String, check: @Sendable (UnsafeRawBufferPointer) -> Bool)] = [
        ("settings", settings)
    ]

    /// The first byte says what the rest is: a file, variables of the environment, or flags, of
    /// these one a line.
    static func settings(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first else { return false }
        let bytes = Array(input.dropFirst())
        let lines = first % 3 == 0 ? [] : pairs(String(decoding: bytes, as: UTF8.self))
        let variables = first % 3 == 1 ? lines.map { ("DCS_" + $0.name, $0.value) } : []
        let flags = first % 3 == 2 ? lines.map(flag) : []
        if first % 3 == 0, let text = String(validating: bytes, as: UTF8.self) { document(text) }
        do {
            let configuration = try ConfigurationLoader.load(
                file: nil, environment: Dictionary(variables) { $1 }, flags: flags
            ) { path throws(UnreadableFile) in
                guard path == ConfigurationLoader.usualFile, first % 3 == 0 else { throw .missing }
                return bytes
            }
            hold(configuration)
            return true
        } catch {
            hold(error, lines: bytes.count { $0 == UInt8(ascii: "\n") } + 1)
            return false
        }
    }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "\n").map { line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    private static func flag(_ pair: (name: String, value: String)) -> ConfigurationLoader.Flag {
        .init(name: "--set", key: pair.name, value: pair.value)
    }

    /// Another line behind a document changes nothing of it.
    private static func document(_ text: String) {
        guard !text.utf8.elementsEqual([0xEF, 0xBB, 0xBF]), text.utf8.last != UInt8(ascii: "\r")
        else { return }
        do {
            let document = try TOMLDocument(text)
            let longer = try? TOMLDocument(text + "\n# end\n")
            let paths = document.entries.map(\.path)
            precondition(paths == longer?.entries.map(\.path), "another line changes a document")
            let values = document.entries.filter { $0.value != nil }.map(\.path)
            precondition(Set(values).count == values.count, "a value is defined twice")
        } catch {
            precondition(!error.reason.isEmpty && error.line > 0)
        }
    }

    /// What was accepted is in its range, and comes back from what is shown of it.
    private static func hold(_ configuration: Configuration) {
        let sizes = [configuration.memoryBytesMax, configuration.diskBytesMax]
        for size in sizes {
            let shown = Quantity.shownBytes(size)
            precondition(Quantity.bytes(shown, bareScale: 1) == size, "shown as \(shown)")
        }
        let times = [
            configuration.defaultTTLMilliseconds, configuration.transactionTimeoutMilliseconds,
        ]
        for time in times {
            let shown = Quantity.shownSeconds(time)
            precondition(Quantity.milliseconds(shown, bareScale: 1000) == time, "shown as \(shown)")
        }
        precondition(NetworkAddress(configuration.listenAddress) != nil, "an address that is none")
        precondition(configuration.conflicts().isEmpty, "accepted in spite of a conflict")
    }

    /// Each problem says where it is.
    private static func hold(_ error: ConfigurationError, lines: Int) {
        for problem in error.problems {
            precondition(!problem.description.isEmpty && !problem.reason.isEmpty)
            guard case .file(_, let line?) = problem.origin else { continue }
            precondition((1...lines).contains(line), "a problem of line \(line) of \(lines)")
        }
    }
}
