internal import CacheConfig

/// A role, ready to be put together with others.
struct Role: Sendable {
    /// Verbs for the keys that begin with a prefix.
    struct Rule: Sendable {
        let prefix: [UInt8]
        let verbs: Verbs
    }

    /// `administer`, which no key limits, or nothing.
    let keyless: Verbs
    let allowed: [Rule]
    let denied: [Rule]

    /// A role without prefixes of its own: `verbs` over every key.
    init(everywhere verbs: Verbs) {
        keyless = verbs.intersection(.administer)
        let data = verbs.intersection(.data)
        allowed = data.isEmpty ? [] : [Rule(prefix: [], verbs: data)]
        denied = []
    }

    init(_ definition: RoleDefinition) {
        let verbs = Verbs(definition.verbs)
        keyless = verbs.intersection(.administer)
        let reading = verbs.intersection(.reading)
        let writing = verbs.intersection(.writing)
        allowed =
            Self.rules(definition.keyPrefixes, verbs.intersection(.data))
            + Self.rules(definition.readPrefixes, reading)
            + Self.rules(definition.writePrefixes, writing)
        denied =
            Self.rules(definition.deniedReadPrefixes, .reading)
            + Self.rules(definition.deniedWritePrefixes, .writing)
    }

    private static func rules(_ prefixes: [String], _ verbs: Verbs) -> [Rule] {
        verbs.isEmpty ? [] : prefixes.map { Rule(prefix: Array($0.utf8), verbs: verbs) }
    }
}
