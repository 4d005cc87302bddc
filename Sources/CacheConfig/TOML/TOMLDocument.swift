/// A TOML file as the list of what it defines, each with its line.
///
/// The language is TOML 1.0 without multi-line texts and arrays of tables, which no setting needs;
/// both are errors that say so. A path is defined once, as a value or as a table.
struct TOMLDocument: Equatable {
    struct Entry: Equatable {
        /// The key with the tables that it stands in.
        let path: [String]
        let line: Int
        /// Nil for a `[table]` header.
        let value: TOMLValue?
    }

    /// In the order of the file.
    private(set) var entries: [Entry] = []
    private var values: Set<[String]> = []
    private var headers: Set<[String]> = []
    /// Tables that exist because a path leads through them.
    private var parents: Set<[String]> = []

    /// - Throws: `TOMLError` for the first line that is wrong.
    init(_ text: String) throws(TOMLError) {
        var scanner = TOMLScanner(Array(text.utf8))
        var table: [String] = []
        while let statement = try scanner.nextStatement() {
            switch statement {
            case .header(let path, let line):
                try open(path, line)
                table = path
            case .pair(let path, let line, let value):
                try add(table + path, line, value)
            }
        }
    }

    private mutating func open(_ path: [String], _ line: Int) throws(TOMLError) {
        guard !values.contains(path), headers.insert(path).inserted else {
            throw TOMLError(line: line, reason: "\(Self.shown(path)) is defined twice")
        }
        try enter(path, line)
        entries.append(Entry(path: path, line: line, value: nil))
    }

    private mutating func add(
        _ path: [String], _ line: Int, _ value: TOMLScanner.Value
    ) throws(TOMLError) {
        switch value {
        case .plain(let plain):
            let isTable = headers.contains(path) || parents.contains(path)
            guard !isTable, values.insert(path).inserted else {
                throw TOMLError(line: line, reason: "\(Self.shown(path)) is defined twice")
            }
            try enter(path, line)
            entries.append(Entry(path: path, line: line, value: plain))
        case .table(let pairs):
            try open(path, line)
            for pair in pairs { try add(path + pair.path, pair.line, pair.value) }
        }
    }

    /// Checks that no value stands where the path leads through.
    private mutating func enter(_ path: [String], _ line: Int) throws(TOMLError) {
        var parent = path.dropLast()
        while !parent.isEmpty {
            guard !values.contains(Array(parent)) else {
                throw TOMLError(
                    line: line, reason: "\(Self.shown(Array(parent))) is a value and not a table")
            }
            parents.insert(Array(parent))
            parent = parent.dropLast()
        }
    }

    private static func shown(_ path: [String]) -> String { path.joined(separator: ".") }
}
