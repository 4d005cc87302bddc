internal import CacheConfig

/// What requests do, as a set.
///
/// `read` and `search` are on the reading side of a role, `write` and `delete` on the writing
/// side; `administer` is about the node and not about keys.
package struct Verbs: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = Verbs(rawValue: 1 << 0)
    package static let search = Verbs(rawValue: 1 << 1)
    package static let write = Verbs(rawValue: 1 << 2)
    package static let delete = Verbs(rawValue: 1 << 3)
    package static let administer = Verbs(rawValue: 1 << 4)

    static let reading: Verbs = [.read, .search]
    static let writing: Verbs = [.write, .delete]
    static let data: Verbs = [.read, .search, .write, .delete]

    init(_ verbs: [RoleDefinition.Verb]) {
        self = []
        for verb in verbs {
            switch verb {
            case .read: insert(.read)
            case .write: insert(.write)
            case .delete: insert(.delete)
            case .search: insert(.search)
            case .admin: insert(.administer)
            }
        }
    }
}
