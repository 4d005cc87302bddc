internal import CacheEtcd

/// The members of etcd as the setting `cluster` lists them.
struct EtcdAddresses {
    private let words: [Substring]

    /// Nil where the setting does not begin with `etcd://`.
    init?(_ cluster: String) {
        let scheme = "etcd://"
        guard cluster.hasPrefix(scheme) else { return nil }
        words = cluster.dropFirst(scheme.count).split(
            separator: ",", omittingEmptySubsequences: false)
    }

    /// - Throws: `Failure` that quotes the first word that is no address.
    func endpoints() throws(Failure) -> [EtcdEndpoint] {
        var endpoints: [EtcdEndpoint] = []
        for word in words {
            guard let endpoint = EtcdEndpoint("http://\(word)") else {
                throw .refused("cluster: \"\(word)\" is not host:port")
            }
            endpoints.append(endpoint)
        }
        guard endpoints.count <= 16 else { throw .refused("cluster: more than 16 addresses") }
        return endpoints
    }
}
