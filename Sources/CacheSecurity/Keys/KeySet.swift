/// The public keys of an issuer, as it publishes them (JWKS).
struct KeySet: Sendable {
    /// Those that can be used; the keys of a set are independent of each other.
    let keys: [PublishedKey]
    /// How many the document has beside them.
    let droppedCount: Int

    /// Reads a document key by key; nil where it is no key set at all.
    init?(_ document: UnsafeRawBufferPointer) {
        guard case .array(let members)? = JSONValue(document)?["keys"] else { return nil }
        keys = members.prefix(SecurityLimits.keysMax).compactMap { PublishedKey($0) }
        droppedCount = members.count - keys.count
    }

    /// The key for a token of that header: of this name and this algorithm; for a token that
    /// names none, the only one of its algorithm.
    func key(named id: String?, _ algorithm: TokenAlgorithm) -> VerificationKey? {
        let fitting = keys.filter { $0.algorithm == algorithm }
        guard let id else { return fitting.count == 1 ? fitting[0].key : nil }
        return fitting.first { $0.id == id }?.key
    }
}
