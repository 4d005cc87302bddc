import CacheBase
import CacheConfig
import Testing

@testable import CacheSecurity

/// What roles allow, alone and together.
struct PermissionTests {
    private func role(_ name: String, _ change: (inout RoleDefinition) -> Void) -> RoleDefinition {
        var role = RoleDefinition(name: name)
        change(&role)
        return role
    }

    private func permissions(_ names: [String]?, _ roles: [RoleDefinition] = []) -> Permissions {
        var configuration = Configuration()
        configuration.roles = roles
        return RoleTable(configuration).permissions(names)
    }

    @Test func theBuiltInRolesAllowWhatTheirNamesSay() {
        let all: [Verbs] = [.read, .search, .write, .delete, .administer]
        let expected: [String: Verbs] = [
            "none": [], "reader": [.read, .search], "writer": .data,
            "admin": [.read, .search, .write, .delete, .administer],
        ]
        for (name, verbs) in expected {
            let permissions = permissions([name])
            for verb in all {
                #expect(permissions.allows(verb, "any") == verbs.contains(verb))
                #expect(permissions.allowsSomewhere(verb) == verbs.contains(verb))
                #expect(permissions.allowsEverywhere(verb) == verbs.contains(verb))
            }
        }
        #expect(Set(expected.keys) == Set(RoleDefinition.builtIn))
    }

    @Test func noRoleAndUnknownRolesAllowNothing() {
        for names in [[], ["root"], ["", "admin "]] {
            #expect(!permissions(names).allows(.read, "k"))
            #expect(!permissions(names).allowsSomewhere(.administer))
        }
        #expect(permissions(["root", "reader"]).allows(.read, "k"))
        #expect(permissions(nil).allows(.write, "k"))
    }

    @Test func readingAndWritingHavePrefixesOfTheirOwn() {
        let roles = [
            role("billing") {
                $0.verbs = [.read, .write, .delete]
                $0.keyPrefixes = ["billing/"]
                $0.readPrefixes = ["rates/"]
                $0.writePrefixes = ["log/"]
            }
        ]
        let permissions = permissions(["billing"], roles)
        #expect(permissions.allows([.read, .write, .delete], "billing/1"))
        #expect(permissions.allows([.read, .write], "billing/"))
        #expect(!permissions.allows(.read, "billing"))
        #expect(permissions.allows(.read, "rates/usd"))
        #expect(!permissions.allows(.write, "rates/usd"))
        #expect(permissions.allows(.write, "log/1"))
        #expect(!permissions.allows(.read, "log/1"))
        #expect(!permissions.allows(.search, "billing/1"))
        #expect(!permissions.allows(.read, ""))
        #expect(permissions.allowsSomewhere(.read))
        #expect(!permissions.allowsEverywhere(.read))
        #expect(!permissions.allowsSomewhere(.administer))
    }

    @Test func whatOneRoleDeniesNoOtherRoleAllows() {
        let roles = [
            role("no-cards") { $0.deniedReadPrefixes = ["cards/"] },
            role("frozen") { $0.deniedWritePrefixes = [""] },
        ]
        let careful = permissions(["admin", "no-cards"], roles)
        #expect(!careful.allows(.read, "cards/1"))
        #expect(!careful.allows(.search, "cards/1"))
        #expect(careful.allows(.write, "cards/1"))
        #expect(careful.allows(.read, "card"))
        #expect(careful.allows(.administer, "cards/1"))
        #expect(!careful.allowsEverywhere(.read))
        #expect(careful.allowsEverywhere(.write))
        let frozen = permissions(["writer", "frozen"], roles)
        #expect(!frozen.allows(.write, "k"))
        #expect(!frozen.allowsSomewhere(.delete))
        #expect(frozen.allows(.read, "k"))
    }

    /// Any roles and any key give what the rules say in words: allowed by one role, denied by none.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func compiledPermissionsAgreeWithTheRulesInWords(seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        let prefixes = ["", "a", "ab", "abc", "b", "ba", "\u{0}", "é"]
        func some() -> [String] { prefixes.filter { _ in random.below(5) == 0 } }
        for _ in 0..<300 {
            let roles = (0..<(1 + random.below(3))).map { number in
                role("r\(number)") {
                    $0.verbs = RoleDefinition.Verb.allCases.filter { _ in random.coin() }
                    $0.keyPrefixes = some()
                    $0.readPrefixes = some()
                    $0.writePrefixes = some()
                    $0.deniedReadPrefixes = random.coin() ? some() : []
                    $0.deniedWritePrefixes = random.coin() ? some() : []
                }
            }
            let permissions = permissions(roles.map(\.name), roles)
            for key in ["", "a", "ab", "abcd", "b", "bab", "c", "\u{0}x", "éa"] {
                for verb in RoleDefinition.Verb.allCases {
                    #expect(
                        permissions.allows(Verbs([verb]), key) == isAllowed(verb, key, roles),
                        "seed \(seed): \(verb) \(key) \(roles)")
                }
            }
        }
    }

    private func isAllowed(
        _ verb: RoleDefinition.Verb, _ key: String, _ roles: [RoleDefinition]
    ) -> Bool {
        func begins(_ prefixes: [String]) -> Bool {
            prefixes.contains { key.utf8.starts(with: $0.utf8) }
        }
        if verb == .admin { return roles.contains { $0.verbs.contains(.admin) } }
        let isReading = verb == .read || verb == .search
        let isDenied = roles.contains {
            begins(isReading ? $0.deniedReadPrefixes : $0.deniedWritePrefixes)
        }
        return !isDenied
            && roles.contains {
                $0.verbs.contains(verb)
                    && (begins($0.keyPrefixes)
                        || begins(isReading ? $0.readPrefixes : $0.writePrefixes))
            }
    }
}
