/// A role of `[roles.NAME]`: what its holders may do, and with which keys.
package struct RoleDefinition: Sendable, Equatable {
    /// What a request does, as permissions name it.
    package enum Verb: String, Sendable, CaseIterable {
        case read, write, delete, search, admin
    }

    /// Names of the built-in roles, which a file may not redefine.
    package static let builtIn = ["reader", "writer", "admin"]

    package let name: String
    package internal(set) var verbs: [Verb]
    /// The role covers the keys that begin with one of these; `""` stands for every key.
    package internal(set) var keyPrefixes: [String]
}
