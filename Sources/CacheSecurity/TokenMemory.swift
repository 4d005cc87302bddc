internal import Glibc

/// A token that was verified, and until when that holds. Immutable.
package final class RememberedToken: Sendable {
    fileprivate let field: [UInt8]
    fileprivate let permissions: Permissions
    /// Monotonic milliseconds.
    fileprivate let end: UInt64
    fileprivate let generation: UInt64

    fileprivate init(
        _ field: [UInt8], _ permissions: Permissions, end: UInt64, generation: UInt64
    ) {
        self.field = field
        self.permissions = permissions
        self.end = end
        self.generation = generation
    }

    /// Compares in a time that depends on the lengths alone.
    @inline(__always)
    fileprivate func holds(
        _ other: UnsafeRawBufferPointer, at now: UInt64, _ generation: UInt64
    ) -> Bool {
        guard other.count == field.count, now < end, generation == self.generation else {
            return false
        }
        return field.withUnsafeBytes { ConstantTime.areEqual($0, other) }
    }
}

/// The tokens that one event loop verified lately, so that a request costs no signature.
///
/// Invariants: a slot holds a field that `authenticator` accepted whole; it answers for exactly
/// these bytes, at most for `rememberedMilliseconds` and never past the token's own end, and for
/// one generation of the keys. Only good tokens are kept, so nobody without one fills it. Which
/// slot a field has is decided with a hash whose seed is this process's secret.
/// Only its own loop touches it.
package final class TokenMemory {
    package let authenticator: Authenticator
    private var slots: [RememberedToken?]

    package init(_ authenticator: Authenticator) {
        self.authenticator = authenticator
        slots = Array(repeating: nil, count: SecurityLimits.rememberedTokens)
    }

    /// Judges the value of an `Authorization` field; empty where there is none.
    ///
    /// Synchronous, and without an allocation where the field is `last`'s or remembered.
    /// - Parameter last: what the same connection showed before; replaced by what was accepted.
    /// - Parameter now: monotonic milliseconds, exact to a second.
    /// - Complexity: O(length) for a remembered field.
    @inline(__always)
    package func verify(
        _ field: UnsafeRawBufferPointer, last: inout RememberedToken?, at now: UInt64
    ) -> AuthenticationDecision {
        if let last, last.holds(field, at: now, authenticator.generation) {
            return .allowed(last.permissions)
        }
        return lookUp(field, &last, now)
    }

    private func lookUp(
        _ field: UnsafeRawBufferPointer, _ last: inout RememberedToken?, _ now: UInt64
    ) -> AuthenticationDecision {
        // Before the keys are used: a change meanwhile makes the verdict void, not too long-lived.
        let generation = authenticator.generation
        let slot = slot(of: field)
        if let found = slots[slot], found.holds(field, at: now, generation) {
            last = found
            return .allowed(found.permissions)
        }
        switch authenticator.judge(field) {
        case .accepted(let token):
            let left = min(
                max(0, token.secondsLeft * 1000), Double(SecurityLimits.rememberedMilliseconds))
            let made = RememberedToken(
                Array(field), token.permissions, end: now + UInt64(left), generation: generation)
            slots[slot] = made
            last = made
            return .allowed(token.permissions)
        case .refused(let failure):
            authenticator.counters.note(failure)
            return .refused(failure)
        case .keysNeeded: return .keysNeeded
        }
    }

    private func slot(of field: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: field)
        return Int(UInt(bitPattern: hasher.finalize()) % UInt(slots.count))
    }
}

/// Comparison whose time says nothing about where two texts differ.
enum ConstantTime {
    /// - Precondition: both have the same length.
    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        precondition(left.count == right.count, "lengths are compared before")
        var difference: UInt64 = 0
        var index = 0
        while index + 8 <= left.count {
            difference |=
                left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < left.count {
            difference |= UInt64(left[index] ^ right[index])
            index += 1
        }
        return difference == 0
    }
}
