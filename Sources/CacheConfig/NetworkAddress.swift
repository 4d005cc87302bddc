internal import Glibc

/// An address that a listener binds.
package struct NetworkAddress: Sendable, Equatable {
    /// Reachable from this machine alone.
    package let isLoopback: Bool

    /// Reads an IPv4 or IPv6 address, or `localhost`; nil for anything else.
    package init?(_ text: String) {
        if text == "localhost" {
            isLoopback = true
        } else if let bytes = Self.bytes(of: text, AF_INET, count: 4) {
            isLoopback = bytes[0] == 127
        } else if let bytes = Self.bytes(of: text, AF_INET6, count: 16) {
            let isOne = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            // An IPv4 address in its IPv6 form, such as ::ffff:127.0.0.1.
            let isMapped =
                bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
            isLoopback = isOne || (isMapped && bytes[12] == 127)
        } else {
            return nil
        }
    }

    private static func bytes(of text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
