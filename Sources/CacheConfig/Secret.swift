/// A secret setting: printed, dumped and interpolated only as `<redacted>`.
///
/// Equality is for tests; nothing that faces a client compares secrets with it, because its time
/// depends on the content.
package struct Secret: Sendable, Equatable {
    private let bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }

    /// The number of bytes, which may be shown.
    package var byteCount: Int { bytes.count }

    /// Lends the secret's bytes to `body`, for the one place that signs or verifies with them.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let copy = bytes.span
        return try copy.bytes.withUnsafeBytes(body)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
