internal import Glibc
internal import Synchronization

/// A folder for everything that a run writes; nothing of it is left when `remove` returns.
final class TemporaryFolder: Sendable {
    let path: String
    private let count = Atomic(0)

    /// Makes it inside of `parent`, which exists.
    init(in parent: String) throws {
        var template = Array((parent + "/dcs-bench-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchmarkError("cannot make a folder in \(parent)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A path inside of it that was not given before; nothing is there yet.
    func freshPath(_ name: String) -> String {
        path + "/\(name)-\(count.add(1, ordering: .relaxed).newValue)"
    }

    func remove() { FileTree.remove(path) }
}
