/// How etcd is reached.
package struct EtcdSettings: Sendable {
    /// Tried in their order, from the last that answered on.
    package var endpoints: [EtcdEndpoint]
    package var security: EtcdSecurity
    package var user: EtcdUser?
    /// For one request at one endpoint, and for the whole of it with those tried after.
    package var timeout: Duration

    /// - Parameter timeout: a quarter of the lease, so that a lost answer does not cost it.
    package init(
        endpoints: [EtcdEndpoint], security: EtcdSecurity = EtcdSecurity(), user: EtcdUser? = nil,
        timeout: Duration = .milliseconds(750)
    ) {
        precondition(
            (1...EtcdLimits.endpointsMax).contains(endpoints.count), "1 to 16 endpoints")
        self.endpoints = endpoints
        self.security = security
        self.user = user
        self.timeout = timeout
    }
}

/// Where one member of etcd listens for clients.
package struct EtcdEndpoint: Sendable, Equatable, CustomStringConvertible {
    /// Scheme, host and port.
    package let description: String

    /// - Parameter url: `http://HOST:PORT` or `https://HOST:PORT`; nil where it is not.
    package init?(_ url: String) {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["http", "https"].contains(parts[0]),
            let colon = parts[1].lastIndex(of: ":"), colon > parts[1].startIndex,
            let port = UInt16(parts[1][parts[1].index(after: colon)...]), port > 0,
            parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !parts[1].contains(where: { "/?#@\\".contains($0) })
        else { return nil }
        description = url
    }
}

/// Certificates for endpoints with `https`, each as the bytes of a PEM file.
package struct EtcdSecurity: Sendable {
    /// Who may sign etcd's certificate; nil: those whom the machine trusts.
    package var authorities: [UInt8]?
    /// This node's certificate with its chain, and its key, where etcd asks for one.
    package var identity: (chain: [UInt8], key: [UInt8])?

    package init(
        authorities: [UInt8]? = nil, identity: (chain: [UInt8], key: [UInt8])? = nil
    ) {
        self.authorities = authorities
        self.identity = identity
    }
}

/// A user of etcd, where its authentication is on.
package struct EtcdUser: Sendable {
    package let name: String
    package let password: String

    package init(name: String, password: String) {
        self.name = name
        self.password = password
    }
}
