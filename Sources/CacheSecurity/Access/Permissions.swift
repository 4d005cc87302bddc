internal import Glibc

/// What the bearer of a token may do, compiled from its roles.
///
/// Nothing is allowed that no role allows; what one role denies, no other role allows again.
/// Immutable, so one value serves every request of its token, on any thread.
package final class Permissions: Sendable {
    /// Verbs that every key allows: the answer for most tokens, without a look at the key.
    private let everywhere: Verbs
    /// Verbs that some key allows, and those that no key limits.
    private let somewhere: Verbs
    private let allowed: [Role.Rule]
    private let denied: [Role.Rule]

    init(_ roles: [Role]) {
        denied = roles.flatMap(\.denied)
        let blanket = Self.verbs(denied.filter(\.prefix.isEmpty))
        allowed = roles.flatMap(\.allowed)
        let keyless = roles.reduce(into: Verbs()) { $0.formUnion($1.keyless) }
        somewhere = Self.verbs(allowed).subtracting(blanket).union(keyless)
        everywhere = Self.verbs(allowed.filter(\.prefix.isEmpty))
            .subtracting(Self.verbs(denied)).union(keyless)
    }

    private static func verbs(_ rules: [Role.Rule]) -> Verbs {
        rules.reduce(into: Verbs()) { $0.formUnion($1.verbs) }
    }

    /// True where `verbs`, all of them, are allowed for the key of these bytes.
    ///
    /// Allocates nothing.
    /// - Complexity: O(1) for what is allowed everywhere, else O(prefixes of the token's roles).
    @inline(__always)
    package func allows(_ verbs: Verbs, _ key: UnsafeRawBufferPointer) -> Bool {
        everywhere.isSuperset(of: verbs) || allowsByPrefix(verbs, key)
    }

    /// True where each of `verbs` is allowed for some key: for calls that name none.
    package func allowsSomewhere(_ verbs: Verbs) -> Bool { somewhere.isSuperset(of: verbs) }

    /// True where anything at all is allowed with some key.
    package var allowsSomeData: Bool { !somewhere.isDisjoint(with: .data) }

    /// True where each of `verbs` is allowed for every key.
    package func allowsEverywhere(_ verbs: Verbs) -> Bool { everywhere.isSuperset(of: verbs) }

    private func allowsByPrefix(_ verbs: Verbs, _ key: UnsafeRawBufferPointer) -> Bool {
        guard somewhere.isSuperset(of: verbs) else { return false }
        for rule in denied where !rule.verbs.isDisjoint(with: verbs) {
            if Self.begins(key, rule.prefix) { return false }
        }
        var missing = verbs.subtracting(everywhere)
        for rule in allowed where !rule.verbs.isDisjoint(with: missing) {
            if Self.begins(key, rule.prefix) { missing.subtract(rule.verbs) }
            if missing.isEmpty { return true }
        }
        return missing.isEmpty
    }

    private static func begins(_ key: UnsafeRawBufferPointer, _ prefix: [UInt8]) -> Bool {
        guard key.count >= prefix.count else { return false }
        guard let start = key.baseAddress, !prefix.isEmpty else { return prefix.isEmpty }
        return prefix.withUnsafeBytes { memcmp(start, $0.baseAddress!, $0.count) == 0 }
    }
}
