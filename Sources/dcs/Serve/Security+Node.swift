internal import CacheManagement
internal import CacheNode
internal import CacheSecurity
internal import CacheTelemetry

extension Security {
    /// Who may do what on the management port: who may read some key sees the figures, and who
    /// administers the node reads and changes the rest.
    var managementAccess: ManagementAccess {
        guard let authenticator else { return { _, _ in .granted } }
        return { authorization, right in
            if right == .open { return .granted }
            switch await authenticator.verify(waiting: Array((authorization ?? "").utf8)) {
            case .allowed(let permissions):
                if permissions.allowsSomewhere(.administer) { return .granted }
                if right == .reader, permissions.allowsSomewhere(.read) { return .granted }
                authenticator.counters.noteForbidden()
                return .forbidden
            case .refused(let failure):
                return failure.isOurFault ? .unavailable : .unauthenticated
            case .keysNeeded: return .unavailable
            }
        }
    }

    /// Adds what security has to say to the node's readiness and metrics.
    func join(_ control: NodeControl) {
        if let authenticator {
            control.state.add {
                authenticator.hasKeys
                    ? nil
                    : UnreadyReason("keys-unavailable", "The keys of tokens are not fetched yet.")
            }
            control.registry.add { Self.collect(authenticator.counters, &$0) }
        }
        if let encryption { control.registry.add { Self.collect(encryption, &$0) } }
    }

    private static func collect(_ counters: AuthenticationCounters, _ text: inout PrometheusText) {
        text.begin(
            "dcs_authentication_failures_total", .counter,
            "Requests whose token was not accepted, by reason.")
        for failure in AuthenticationFailure.allCases {
            text.sample(
                "dcs_authentication_failures_total", [("reason", failure.rawValue)],
                counters[failure])
        }
        text.metric(
            "dcs_authorization_failures_total", .counter,
            "Requests, and operations of batches, that no role of the token allows.",
            counters.forbidden)
    }

    private static func collect(_ encryption: ServerTLS, _ text: inout PrometheusText) {
        text.metric(
            "dcs_certificate_expiry_timestamp_seconds", .gauge,
            "When the certificate ends, in seconds since 1970.",
            UInt64(max(0, encryption.expirySeconds)))
        text.metric(
            "dcs_certificate_reloads_total", .counter, "New certificates taken.",
            encryption.reloadCount)
        text.metric(
            "dcs_certificate_reloads_refused_total", .counter,
            "New certificates that could not be used.", encryption.refusedReloadCount)
        text.metric(
            "dcs_tls_handshake_failures_total", .counter,
            "Connections that ended before they were encrypted.",
            encryption.handshakeFailureCount)
    }
}
