internal import CacheBase

/// Which name belongs to which simulated file: what programs see, and what a power loss leaves.
///
/// Invariants: a file has at most one name; every name's folder exists; `current` is `durable`
/// with all of `pending` applied in order. Folders are durable as soon as they exist.
struct SimulatedNames: Sendable {
    /// A file got its first name (no source), another name, or none (no target).
    struct Change: Sendable {
        let inode: Int
        let source: String?
        let target: String?

        /// Also where an earlier change was lost, the file ends with one name or none.
        func apply(to names: inout [String: Int]) {
            for (name, inode) in names where inode == self.inode { names[name] = nil }
            if let target { names[target] = inode }
        }

        var paths: [String] { [source, target].compactMap { $0 } }
    }

    private(set) var folders: Set<String> = ["/", "."]
    private(set) var current: [String: Int] = [:]
    private(set) var durable: [String: Int] = [:]
    private(set) var pending: [Change] = []

    /// One spelling for each path: no empty components, no "." and no slash at the end.
    static func normal(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if path.hasPrefix("/") { return "/" + parts.joined(separator: "/") }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    static func folder(of path: String) -> String { SimulatedFileSystem.folder(of: path) }

    mutating func addFolder(_ path: String) { folders.insert(path) }

    mutating func link(_ path: String, to inode: Int) {
        change(Change(inode: inode, source: nil, target: path))
    }

    mutating func unlink(_ path: String) {
        guard let inode = current[path] else { return }
        change(Change(inode: inode, source: path, target: nil))
    }

    mutating func rename(_ source: String, to target: String) {
        guard let inode = current[source], source != target else { return }
        change(Change(inode: inode, source: source, target: target))
    }

    private mutating func change(_ change: Change) {
        change.apply(to: &current)
        pending.append(change)
    }

    /// Names in a folder, sorted so that a run can be repeated.
    func list(_ folder: String) -> [String] {
        let children = (Array(current.keys) + Array(folders)).filter {
            $0 != folder && Self.folder(of: $0) == folder
        }
        return children.map { String($0.split(separator: "/").last ?? "") }.sorted()
    }

    func isReferenced(_ inode: Int) -> Bool {
        current.values.contains(inode) || durable.values.contains(inode)
            || pending.contains { $0.inode == inode }
    }
}

// MARK: - Durability

extension SimulatedNames {
    /// Makes durable the changes in a folder, and those before them that they rest on, which share
    /// a name with them: two changes that share none may be made in either order.
    mutating func sync(_ folder: String) {
        var paths: Set<String> = []
        var synced: [Change] = []
        var unsynced: [Change] = []
        for change in pending.reversed() {
            let isHere = change.paths.contains { Self.folder(of: $0) == folder }
            if isHere || !paths.isDisjoint(with: change.paths) {
                paths.formUnion(change.paths)
                synced.append(change)
            } else {
                unsynced.append(change)
            }
        }
        for change in synced.reversed() { change.apply(to: &durable) }
        pending = unsynced.reversed()
    }

    /// Keeps or loses each change that was not synced, whole, by chance.
    mutating func losePower(using random: inout Xoshiro256) {
        for change in pending where random.coin() { change.apply(to: &durable) }
        current = durable
        pending = []
    }

    func checkInvariants() {
        precondition(Set(current.values).count == current.count, "a file has two names")
        precondition(Set(durable.values).count == durable.count, "a durable file has two names")
        precondition(current.keys.allSatisfy { folders.contains(Self.folder(of: $0)) })
        var replayed = durable
        for change in pending { change.apply(to: &replayed) }
        precondition(replayed == current, "names and their changes disagree")
    }
}
