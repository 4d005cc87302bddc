extension Configuration {
    /// The security features that this program has. Asking for another is refused.
    package static let servedFeatures: Set<Setting.Feature> = [.authentication, .encryption]

    /// What is wrong with settings together that are each allowed alone.
    func conflicts() -> [ConfigurationError.Problem] {
        listenConflicts() + portConflicts() + certificateConflicts() + roleConflicts()
    }

    private func listenConflicts() -> [ConfigurationError.Problem] {
        guard let address = NetworkAddress(listenAddress), !address.isLoopback else { return [] }
        guard !authenticates, !insecure else { return [] }
        return [
            problem(
                "listen",
                "\(listenAddress) is reachable from other machines and there is no authentication; "
                    + "set jwt_secret or jwks_url, or insecure = true where everyone who reaches it "
                    + "may read and write everything")
        ]
    }

    private func portConflicts() -> [ConfigurationError.Problem] {
        var owners: [Int: String] = [:]
        var problems: [ConfigurationError.Problem] = []
        for (key, port) in [
            ("port", dataPort), ("metrics_port", managementPort), ("peer_port", peerPort),
        ]
        where port != 0 {
            if let owner = owners.updateValue(key, forKey: port) {
                problems.append(
                    problem(key, "\(port) is also \(owner); each needs a port of its own"))
            }
        }
        return problems
    }

    private func certificateConflicts() -> [ConfigurationError.Problem] {
        let groups = [
            [("tls_cert_path", tlsCertificatePath), ("tls_key_path", tlsKeyPath)],
            [
                ("peer_ca_path", peerAuthorityPath), ("peer_cert_path", peerCertificatePath),
                ("peer_key_path", peerKeyPath),
            ],
        ]
        return groups.flatMap { group -> [ConfigurationError.Problem] in
            let given = group.filter { $0.1 != nil }.map(\.0)
            guard !given.isEmpty, given.count < group.count else { return [] }
            return group.filter { $0.1 == nil }.map { missing in
                problem(missing.0, "needed, because \(given.joined(separator: " and ")) is set")
            }
        }
    }

    private func roleConflicts() -> [ConfigurationError.Problem] {
        var problems: [ConfigurationError.Problem] = []
        if !roles.isEmpty, !authenticates {
            let names = roles.map(\.name).joined(separator: ", ")
            problems.append(
                problem("roles", "\(names): roles mean nothing without authentication; remove them")
            )
        }
        let known = RoleDefinition.builtIn + roles.map(\.name)
        if !known.contains(jwtDefaultRole) {
            problems.append(
                problem(
                    "jwt_default_role",
                    "no role \"\(jwtDefaultRole)\"; allowed: \(known.joined(separator: ", "))"))
        }
        return problems
    }

    private func problem(_ key: String, _ reason: String) -> ConfigurationError.Problem {
        .init(.combination, key: key, reason: reason)
    }
}
