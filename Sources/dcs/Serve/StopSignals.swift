internal import Dispatch
internal import Glibc

/// SIGTERM and SIGINT as a sequence of their names.
///
/// From the moment it is made they no longer end the process; what arrives before anybody asks is
/// kept, as long as this object is held. One for each process, made before anything that must not be
/// cut short.
final class StopSignals {
    private static let numbers: [(number: Int32, name: String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"),
    ]

    /// Each signal as it arrives; never ends.
    let names: AsyncStream<String>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (names, arrivals) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(2))
        let queue = DispatchQueue(label: "stop signals")
        self.names = names
        sources = Self.numbers.map { number, name in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { arrivals.yield(name) }
            source.resume()
            signal(number, SIG_IGN)
            return source
        }
    }
}
