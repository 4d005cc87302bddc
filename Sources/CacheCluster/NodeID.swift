/// A node's name: what its certificate says, and what the map, the ring and `/nodes` call it.
///
/// Invariant: 1 to 63 characters of `a`–`z`, `0`–`9`, `-` and `.`, the first and the last a letter
/// or a digit; so it can stand in a DNS name, a certificate and a key of etcd as it is.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    /// Nil where `name` is none.
    package init?(_ name: String) {
        guard (1...ClusterLimits.nodeNameMax).contains(name.utf8.count),
            name.utf8.allSatisfy({ Self.isPlain($0) || $0 == UInt8(ascii: "-") || $0 == Self.dot }),
            let first = name.utf8.first, let last = name.utf8.last,
            Self.isPlain(first), Self.isPlain(last)
        else { return nil }
        self.name = name
    }

    package var description: String { name }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.name < right.name }

    private static let dot = UInt8(ascii: ".")

    private static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
