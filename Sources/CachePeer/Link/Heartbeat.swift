/// Decides when a link asks for a word from the other side, and when it takes it for gone.
///
/// Silence is counted in looks, between which what has arrived is heard, and not in time: so a node
/// that itself stood still for a while does not blame the others. While a link does not listen
/// nothing is silence; it still speaks, so that the other side hears it.
struct Heartbeat: Sendable {
    enum Beat: Sendable, Equatable { case nothing, ping, silent }

    private let ticksToPing: Int
    private let ticksToSilence: Int
    private var quietTicks = 0

    init(ticksToPing: Int, ticksToSilence: Int) {
        precondition(0 < ticksToPing && ticksToPing < ticksToSilence)
        self.ticksToPing = ticksToPing
        self.ticksToSilence = ticksToSilence
    }

    /// Something has come.
    mutating func heard() { quietTicks = 0 }

    /// Time has gone on by one tick.
    mutating func tick(isListening: Bool) -> Beat {
        quietTicks += 1
        if quietTicks >= ticksToSilence, isListening { return .silent }
        guard quietTicks % ticksToPing == 0 else { return .nothing }
        if !isListening { quietTicks = 0 }
        return .ping
    }
}
