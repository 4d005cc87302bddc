internal import CacheBase
internal import CacheCluster

extension RoutingTable {
    /// `GET /ring`: the epoch, the nodes, and of each partition the places of its primary (null for
    /// none) and of all nodes that have it.
    ///
    /// A key's partition: `(CRC32C(key) * 0x9E3779B1 mod 2^32) >> 22`.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("epoch", epoch)
            json.member("hash", "(crc32c(key) * 2654435761 mod 2^32) >> 22")
            json.array("nodes") { json in
                for node in nodes {
                    json.object { json in
                        json.member("id", node.id.name)
                        json.member("address", node.dataAddress)
                        json.member("state", node.state.rawValue)
                    }
                }
            }
            json.array("partitions") { json in
                for (number, holders) in copies.enumerated() {
                    json.object { json in
                        let primary = primary(of: Partition(rawValue: UInt16(number)))
                        if primary == Self.nobody {
                            json.member("primary", nil)
                        } else {
                            json.member("primary", Int(primary))
                        }
                        json.array("copies") { json in
                            for holder in holders { json.element(Int(holder)) }
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}
