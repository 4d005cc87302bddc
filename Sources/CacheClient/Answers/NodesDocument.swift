internal import CacheConsole

/// The answer to `GET /nodes`.
package struct NodesDocument: Decodable, Equatable, Sendable {
    struct Node: Decodable, Equatable {
        var id: String
        var address: String
        var state: String
        var role: String
        var lagBytes: UInt64

        enum CodingKeys: String, CodingKey {
            case id, address, state, role
            case lagBytes = "lag_bytes"
        }
    }

    var epoch: UInt64
    var nodes: [Node]

    /// - Throws: `ClientError` where the document is another.
    package init(_ bytes: [UInt8]) throws(ClientError) {
        self = try ClientError.decode(Self.self, from: bytes, what: "the answer of /nodes")
    }

    /// A table for people, under the names of its columns.
    package var lines: [String] {
        var table = TextTable([
            .text("NODE"), .text("ADDRESS"), .text("STATE"), .text("ROLE"), .number("BEHIND"),
        ])
        for node in nodes {
            table.add(
                [node.id, node.address, node.state, node.role].map(PrintableText.of)
                    + [HumanText.bytes(node.lagBytes)])
        }
        return table.lines
    }
}
