/// Decides when a link speaks, when it asks for a word, and when it takes the other side for gone.
///
/// Who has said nothing for a beat speaks, also while it hears much: an answer to whoever sends it
/// bulk over a slow line could come too late behind all of it. Who has heard nothing asks.
///
/// Silence is counted in looks, between which what has arrived is heard, and not in time: so a node
/// that itself stood still for a while does not blame the others. While a link does not listen,
/// nothing is silence.
struct Heartbeat: Sendable {
    enum Beat: Sendable, Equatable { case nothing, speak, ask, silent }

    private let ticksPerBeat: Int
    private let ticksToSilence: Int
    private var unheardTicks = 0
    private var unspokenTicks = 0

    init(ticksPerBeat: Int, ticksToSilence: Int) {
        precondition(0 < ticksPerBeat && ticksPerBeat < ticksToSilence)
        self.ticksPerBeat = ticksPerBeat
        self.ticksToSilence = ticksToSilence
    }

    /// Something has come.
    mutating func heard() { unheardTicks = 0 }

    /// Something was sent.
    mutating func spoke() { unspokenTicks = 0 }

    /// Time has gone on by one tick.
    mutating func tick(isListening: Bool) -> Beat {
        unspokenTicks += 1
        unheardTicks = isListening ? unheardTicks + 1 : 0
        if unheardTicks >= ticksToSilence { return .silent }
        if unheardTicks > 0, unheardTicks % ticksPerBeat == 0 { return .ask }
        return unspokenTicks >= ticksPerBeat ? .speak : .nothing
    }
}
