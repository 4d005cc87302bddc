internal import Hummingbird
internal import Logging
internal import NIOCore

/// One request's surroundings: what Hummingbird keeps, and the connection, to cut it.
struct ManagementContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Cuts the connection when the time is over, unless the result is cancelled before.
    func cut(afterSeconds seconds: Int64) -> Scheduled<Void> {
        let channel = channel
        return channel.eventLoop.scheduleTask(in: .seconds(seconds)) {
            channel.close(promise: nil)
        }
    }
}
