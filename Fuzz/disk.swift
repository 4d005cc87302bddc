import CacheProof

/// The decoders of files, in the form that the other programs' checks have.
enum FuzzChecks {
    static let all: [(name: String, check: @Sendable (UnsafeRawBufferPointer) -> Bool)] =
        DecoderCheck.all.map { check in (check.name, { check.run($0) }) }
}
