/// A role of `[roles.NAME]`: what its holders may do, and with which keys.
package struct RoleDefinition: Sendable, Equatable {
    /// What a request does, as permissions name it.
    package enum Verb: String, Sendable, CaseIterable {
        case read, write, delete, search, admin
    }

    /// Names of the built-in roles, which a file may not redefine.
    package static let builtIn = ["none", "reader", "writer", "admin"]
    /// Prefixes of one role; more are refused. Each is looked at for a key.
    static let prefixesMax = 256

    package let name: String
    package var verbs: [Verb] = []
    /// The role covers the keys that begin with one of these; `""` stands for every key.
    package var keyPrefixes: [String] = []
    /// Further keys, for `read` and `search` alone.
    package var readPrefixes: [String] = []
    /// Further keys, for `write` and `delete` alone.
    package var writePrefixes: [String] = []
    /// Keys that no role of the same token lets read or search.
    package var deniedReadPrefixes: [String] = []
    /// Keys that no role of the same token lets write or delete.
    package var deniedWritePrefixes: [String] = []

    package init(name: String) { self.name = name }

    private var prefixCount: Int {
        keyPrefixes.count + readPrefixes.count + writePrefixes.count + deniedReadPrefixes.count
            + deniedWritePrefixes.count
    }

    /// What is wrong with the role as a whole; nil where nothing is.
    var problem: String? {
        if verbs.isEmpty, deniedReadPrefixes.isEmpty, deniedWritePrefixes.isEmpty {
            let known = Verb.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            return "needs verbs, an array of \(known), or prefixes to deny"
        }
        let isReading = verbs.contains(.read) || verbs.contains(.search)
        let isWriting = verbs.contains(.write) || verbs.contains(.delete)
        let reads = !keyPrefixes.isEmpty || !readPrefixes.isEmpty
        let writes = !keyPrefixes.isEmpty || !writePrefixes.isEmpty
        if (isReading && !reads) || (isWriting && !writes) {
            return "needs key_prefixes, or read and write apart: arrays of texts "
                + "(\"\" for every key)"
        }
        return prefixCount > Self.prefixesMax
            ? "has \(prefixCount) prefixes; allowed: at most \(Self.prefixesMax)" : nil
    }
}
