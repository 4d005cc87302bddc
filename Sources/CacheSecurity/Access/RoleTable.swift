internal import CacheConfig

/// The roles of a node by name: the built-in ones and those of its configuration.
struct RoleTable: Sendable {
    private let roles: [String: Role]
    /// What a token that names no roles may do.
    let standard: Permissions

    init(_ configuration: Configuration) {
        var roles: [String: Role] = [
            "none": Role(everywhere: []),
            "reader": Role(everywhere: [.read, .search]),
            "writer": Role(everywhere: .data),
            "admin": Role(everywhere: Verbs.data.union(.administer)),
        ]
        precondition(Set(roles.keys) == Set(RoleDefinition.builtIn), "a built-in role is missing")
        for definition in configuration.roles { roles[definition.name] = Role(definition) }
        self.roles = roles
        standard = Permissions(roles[configuration.jwtDefaultRole].map { [$0] } ?? [])
    }

    /// What the roles of these names allow together; unknown names allow nothing.
    func permissions(_ names: [String]?) -> Permissions {
        guard let names else { return standard }
        return Permissions(Set(names).compactMap { roles[$0] })
    }
}
