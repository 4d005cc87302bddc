/// The nodes of a cluster as one of them sees it.
package struct NodeList: Sendable, Equatable {
    /// One node.
    package struct Member: Sendable, Equatable {
        /// Never changes as long as its store exists.
        package var id: String
        /// Where clients reach it.
        package var address: String
        /// `ready`, `recovering`, `draining` or `read-only`.
        package var state: String
        /// `primary` or `replica`.
        package var role: String
        /// Bytes of the primary's log that it has not applied yet.
        package var lagBytes: UInt64

        package init(
            id: String, address: String, state: String, role: String, lagBytes: UInt64
        ) {
            self.id = id
            self.address = address
            self.state = state
            self.role = role
            self.lagBytes = lagBytes
        }
    }

    /// Grows with each change of the cluster.
    package var epoch: UInt64
    package var members: [Member]

    package init(epoch: UInt64, members: [Member]) {
        self.epoch = epoch
        self.members = members
    }

    /// `GET /nodes`.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("epoch", epoch)
            json.array("nodes") { json in
                for member in members {
                    json.object { json in
                        json.member("id", member.id)
                        json.member("address", member.address)
                        json.member("state", member.state)
                        json.member("role", member.role)
                        json.member("lag_bytes", member.lagBytes)
                    }
                }
            }
        }
        return json.bytes
    }
}
