internal import CacheEngine
internal import NIOCore

/// What another node said to a call of this node's own, as far as that needs to be known.
struct PeerAnswer {
    let status: Int
    /// A small JSON document, as text.
    let body: String

    /// Nil where nothing was heard.
    init?(_ outcome: ForwardOutcome) {
        guard case .answered(let answer) = outcome else { return nil }
        self = answer.withUnsafeReadableBytes { bytes in
            let digits = bytes.count >= 12 ? bytes[9..<12] : bytes[0..<0]
            let place = ASCII.bodyStart(bytes) ?? bytes.count
            return PeerAnswer(
                status: Int(String(decoding: digits, as: UTF8.self)) ?? 0,
                body: String(decoding: bytes[place...].prefix(Self.bodyBytesMax), as: UTF8.self))
        }
    }

    private init(status: Int, body: String) {
        self.status = status
        self.body = body
    }

    /// More than any document that is looked at here.
    private static let bodyBytesMax = 4096

    /// The text of a member whose value has no escapes; nil where there is none.
    func text(_ member: String) -> Substring? {
        guard let name = body.firstRange(of: "\"\(member)\":\"") else { return nil }
        let rest = body[name.upperBound...]
        return rest.firstIndex(of: "\"").map { rest[..<$0] }
    }

    /// The kind of a problem; nil for another answer.
    var problem: Substring? {
        let prefix = "urn:dcs:error:"
        guard let type = text("type"), type.hasPrefix(prefix) else { return nil }
        return type.dropFirst(prefix.count)
    }

    /// The transaction that the call was in is over.
    var saysEnded: Bool {
        switch problem {
        case "transaction-conflict", "transaction-ended", "transaction-timed-out",
            "unknown-transaction":
            true
        default: false
        }
    }

    /// The transaction that was begun.
    var startedID: TransactionID? {
        guard status == 200, var id = text("transaction_id").map(String.init) else { return nil }
        return id.withUTF8 { TransactionID(text: UnsafeRawBufferPointer($0)) }
    }

    /// What became of the transaction that was asked for.
    var state: TransactionState? {
        status == 200 ? text("state").flatMap { TransactionState(rawValue: String($0)) } : nil
    }
}
