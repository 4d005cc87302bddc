internal import Glibc
internal import Synchronization

/// The command lines of peers, as a report shows them: each once, without this run's folder.
final class CommandLog: Sendable {
    private let lines = Mutex<[String]>([])
    private let folder: String

    init(hiding folder: String) { self.folder = folder }

    func add(_ arguments: [String]) {
        let line = arguments.map { argument in
            guard let place = argument.range(of: folder) else { return argument }
            return argument[..<place.lowerBound] + "DIR"
        }.joined(separator: " ")
        lines.withLock { if !$0.contains(line) { $0.append(line) } }
    }

    var all: [String] { lines.withLock { $0 } }
}

extension String {
    /// Where `part` first occurs.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) {
                return start..<index(start, offsetBy: part.count)
            }
            start = index(after: start)
        }
        return nil
    }
}

/// Whether a peer's program is there.
enum Program {
    static func exists(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    static func require(_ name: String, package: String) throws {
        guard exists(name) else {
            throw BenchmarkError(
                "\(name) is not installed: tools/bench installs it (package \(package)), "
                    + "or measure without peers (--no-peers)")
        }
    }
}
