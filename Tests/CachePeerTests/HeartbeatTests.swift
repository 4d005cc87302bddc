import Testing

@testable import CachePeer

/// When a link speaks, asks and gives up.
struct HeartbeatTests {
    private var heartbeat = Heartbeat(ticksPerBeat: 2, ticksToSilence: 5)

    private mutating func beats(
        _ count: Int, isListening: Bool = true, _ before: (inout Heartbeat) -> Void = { _ in }
    ) -> [Heartbeat.Beat] {
        var beats: [Heartbeat.Beat] = []
        for _ in 0..<count {
            before(&heartbeat)
            let beat = heartbeat.tick(isListening: isListening)
            if beat == .speak || beat == .ask { heartbeat.spoke() }
            beats.append(beat)
        }
        return beats
    }

    @Test mutating func silenceIsAskedIntoAndThenGivenUp() {
        let silent = beats(5)
        #expect(silent == [.nothing, .ask, .nothing, .ask, .silent])
        heartbeat.heard()
        let again = beats(2)
        #expect(again == [.speak, .ask])
    }

    @Test mutating func whoHearsStillSpeaks() {
        let heard = beats(6) { $0.heard() }
        #expect(heard == [.nothing, .speak, .nothing, .speak, .nothing, .speak])
        let busy = beats(6) {
            $0.heard()
            $0.spoke()
        }
        #expect(busy == Array(repeating: .nothing, count: 6))
    }

    @Test mutating func nothingIsSilenceWhileNobodyListens() {
        let deaf = beats(8, isListening: false)
        #expect(deaf == Array(repeating: [.nothing, .speak], count: 4).flatMap { $0 })
        let listening = beats(5)
        #expect(listening == [.nothing, .ask, .nothing, .ask, .silent])
    }
}
