package import CacheCluster
internal import FoundationEssentials

/// A node's entry in the store: where it is reached, for as long as its lease lasts.
package enum Registration {
    private struct Wire: Codable {
        var data: String
        var peer: String
    }

    /// The entry's value.
    package static func encoded(_ member: Member) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let wire = Wire(data: member.dataAddress, peer: member.peerAddress)
        guard let data = try? encoder.encode(wire) else {
            preconditionFailure("two strings can be encoded")
        }
        return Array(data)
    }

    /// Nil where the bytes are no registration.
    package static func decoded(_ bytes: [UInt8], of id: NodeID) -> Member? {
        guard bytes.count <= MembershipLimits.registrationBytesMax,
            let wire = try? JSONDecoder().decode(Wire.self, from: Data(bytes)),
            wire.data.utf8.count <= ClusterLimits.addressMax,
            wire.peer.utf8.count <= ClusterLimits.addressMax
        else { return nil }
        return Member(id: id, dataAddress: wire.data, peerAddress: wire.peer)
    }
}
