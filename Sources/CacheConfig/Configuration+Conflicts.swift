extension Configuration {
    /// What is wrong with settings together that are each allowed alone.
    func conflicts() -> [ConfigurationError.Problem] {
        listenConflicts() + portConflicts() + certificateConflicts() + roleConflicts()
            + clusterConflicts()
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

    private func clusterConflicts() -> [ConfigurationError.Problem] {
        guard let cluster else {
            return peers == nil
                ? [] : [problem("peers", "means nothing without cluster = \"static\"")]
        }
        var problems: [ConfigurationError.Problem] = []
        if cluster != "static", !cluster.hasPrefix("etcd://") {
            problems.append(
                problem("cluster", "\"\(cluster)\" is neither static nor etcd://host:port,…"))
        }
        if nodeID == nil { problems.append(problem("node_id", "needed, because cluster is set")) }
        if cluster == "static", peers == nil {
            problems.append(problem("peers", "needed, because cluster is static"))
        }
        if peerAuthorityPath == nil {
            problems.append(
                problem("peer_ca_path", "needed, because cluster is set: nodes trust certificates"))
        }
        return problems
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
