/// The value of an `Authorization` field (RFC 6750).
enum BearerField {
    private static let scheme: StaticString = "bearer "

    /// The token behind the scheme's name, which is matched in any case.
    /// - Throws: `missing` for an empty field, `malformed` for another scheme or no token.
    static func token(
        in field: UnsafeRawBufferPointer
    ) throws(AuthenticationFailure) -> UnsafeRawBufferPointer {
        guard !field.isEmpty else { throw .missing }
        let count = scheme.utf8CodeUnitCount
        guard field.count > count else { throw .malformed }
        for index in 0..<count where field[index] | 0x20 != scheme.utf8Start[index] {
            throw .malformed
        }
        var start = count
        while start < field.count, field[start] == UInt8(ascii: " ") { start += 1 }
        guard start < field.count else { throw .malformed }
        return UnsafeRawBufferPointer(rebasing: field[start...])
    }
}
