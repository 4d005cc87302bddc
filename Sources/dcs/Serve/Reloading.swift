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
    private let notifier: ServiceNotifier
    private let signals: AsyncStream<Void>
    private let status: String

    /// - Parameter status: what the service manager is told at the end of a reload.
    init(
        _ security: Security, _ notifier: ServiceNotifier, on signals: AsyncStream<Void>,
        status: String
    ) {
        self.security = security
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

    private func look(_ occasion: Occasion) {
        switch occasion {
        case .period: security.reloadCertificate()
        case .signal:
            notifier.reloading()
            security.reloadCertificate()
            notifier.ready(status: status)
        }
    }
}
