internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// Watching: what happened is not looked at, only that something did.
extension EtcdClient {
    package func watch(prefix: String, _ changed: @escaping @Sendable () -> Void) async {
        let range = EtcdCall.range(prefix, limit: nil)
        let body = EtcdCall.encoded(EtcdWire.Watch(creation: range))
        var pause = EtcdLimits.watchPauseMilliseconds.lowerBound
        while !Task.isCancelled {
            let target = target()
            let hasSeen = await watch(body, at: target, changed)
            if hasSeen {
                pause = EtcdLimits.watchPauseMilliseconds.lowerBound
            } else {
                turn(from: target)
                pause = min(2 * pause, EtcdLimits.watchPauseMilliseconds.upperBound)
            }
            // Nodes whose watches end together do not all come back at once.
            let time = Int.random(in: pause / 2...pause)
            try? await Task.sleep(for: .milliseconds(time))
        }
    }

    /// - Returns: true where the watch began.
    private func watch(
        _ body: [UInt8], at target: Target, _ changed: @Sendable () -> Void
    ) async -> Bool {
        var lines = WatchLines()
        var hasBegun = false
        do {
            let token = try await token(target)
            let request = Self.request("/v3/watch", body, token: token, to: target)
            let answer = try await http.execute(request, timeout: TimeAmount(settings.timeout))
            guard answer.status == .ok else {
                forget(token)
                return false
            }
            for try await chunk in answer.body {
                switch lines.take(chunk.readableBytesView) {
                case .nothing: break
                case .changed:
                    hasBegun = true
                    changed()
                case .ended:
                    forget(token)
                    return hasBegun
                }
            }
        } catch {
            // Membership's own requests tell of an etcd that is not there; a watch only hurries.
        }
        return hasBegun
    }
}

/// The lines of a watch: each is a message, and one that is longer than is looked at is news.
struct WatchLines {
    enum Event: Equatable {
        case nothing
        case changed
        /// etcd says that nothing more comes.
        case ended
    }

    /// The beginning of the line that is not over; at most `EtcdLimits.watchLineBytesMax`.
    private var line: [UInt8] = []
    private var isLong = false

    init() {}

    mutating func take(_ bytes: some Sequence<UInt8>) -> Event {
        var event = Event.nothing
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                guard !isEnd() else { return .ended }
                event = .changed
                line.removeAll(keepingCapacity: true)
                isLong = false
            } else if line.count < EtcdLimits.watchLineBytesMax {
                line.append(byte)
            } else {
                isLong = true
            }
        }
        return event
    }

    private func isEnd() -> Bool {
        guard !isLong else { return false }
        let message = try? EtcdCall.decoded(EtcdWire.Streamed<EtcdWire.WatchAnswer>.self, line)
        guard let answer = message?.result else { return true }
        return answer.canceled ?? false
    }
}
