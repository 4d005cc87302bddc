/// One row of the results: a figure of ours, a peer's, and what was wanted.
struct Measurement: Sendable {
    let figure: String
    let ours: Quantity
    let peer: Quantity?
    let peerName: String
    let target: Target
    /// How it was measured and what else was seen, a sentence each.
    let notes: [String]

    /// - Parameter target: nothing where the row is for information.
    init(
        _ figure: String, ours: Quantity, peer: Quantity? = nil, peerName: String = "RocksDB",
        target: Target = Target(), notes: [String] = []
    ) {
        self.figure = figure
        self.ours = ours
        self.peer = peer
        self.peerName = peerName
        self.target = target
        self.notes = notes
    }

    /// Ours by the peer's.
    var ratio: Double? { peer.map { ours.value / $0.value } }

    var verdict: Target.Verdict { target.verdict(ours, ratio: ratio) }

    static let columns = ["figure", "ours", "peer", "ratio", "target", "result"]

    var cells: [String] {
        [
            figure, ours.text, peer?.text ?? "–", ratio.map { Quantity($0, .times).text } ?? "–",
            target.conditions.isEmpty ? "–" : target.text(ours.unit), verdict.rawValue,
        ]
    }
}
