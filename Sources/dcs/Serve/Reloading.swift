internal import CachePeer

/// Takes new certificates: every two seconds where files have changed, and at once on SIGHUP.
///
/// Invariant: one look at a time.
struct Reloading: Sendable {
    private enum Occasion {
        case period, signal
    }

    private static let period = Duration.seconds(2)
    private static let waitingMax = 16
    private let security: Security
    private let peers: PeerIdentity?
    private let notifier: ServiceNotifier
    private let signals: AsyncStream<Void>
    private let status: String

    /// - Parameter peers: of a node of a cluster.
    /// - Parameter status: what the service manager is told at the end of a reload.
    init(
        _ security: Security, _ peers: PeerIdentity?, _ notifier: ServiceNotifier,
        on signals: AsyncStream<Void>, status: String
    ) {
        self.security = security
        self.peers = peers
        self.notifier = notifier
        self.signals = signals
        self.status = status
    }

    /// Looks until the task is cancelled.
    func run() async {
        let (occasions, arrivals) = AsyncStream.makeStream(
            of: Occasion.self, bufferingPolicy: .bufferingNewest(Self.waitingMax))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: Self.period)) != nil { arrivals.yield(.period) }
            }
            group.addTask {
                for await _ in signals { arrivals.yield(.signal) }
            }
            for await occasion in occasions { look(occasion) }
        }
    }

    /// What was refused is told again by the age of the certificate in use.
    private func reload() {
        security.reloadCertificate()
        _ = peers?.reload()
    }

    private func look(_ occasion: Occasion) {
        switch occasion {
        case .period: reload()
        case .signal:
            notifier.reloading()
            reload()
            notifier.ready(status: status)
        }
    }
}
