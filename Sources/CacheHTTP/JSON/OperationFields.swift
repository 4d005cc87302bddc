/// The members of a write or of a batch's operation, as they stand in the text.
struct OperationFields: Sendable {
    enum Kind: Sendable { case get, put, delete }

    /// Which members there are, or may be.
    struct Members: OptionSet, Sendable {
        let rawValue: UInt8
        static let key = Members(rawValue: 1)
        static let value = Members(rawValue: 2)
        static let ttl = Members(rawValue: 4)
        static let encoding = Members(rawValue: 8)
        static let transactionID = Members(rawValue: 16)
        static let kind = Members(rawValue: 32)

        static let ofPut: Members = [.key, .value, .ttl, .encoding, .transactionID]
        static let ofOperation: Members = [.key, .value, .ttl, .encoding, .kind]
    }

    private(set) var members: Members = []
    private(set) var kind = Kind.put
    var key = JSONString()
    var value = JSONString()
    /// Nil where the text names none.
    private(set) var ttl: TimeToLive?
    private(set) var isBase64 = false
    /// Nil where the text names none.
    private(set) var transactionID: JSONString?

    init() {}

    /// Reads one object that may hold the `allowed` members, each once.
    @inline(__always)
    init(_ scanner: inout JSONScanner, allowed: Members) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "{"), "An object is expected.")
        if scanner.take(UInt8(ascii: "}")) { return }
        repeat {
            let name = try scanner.string()
            try scanner.expect(UInt8(ascii: ":"), "A colon is expected.")
            let member = Self.member(name.bytes(in: scanner.text))
            guard allowed.contains(member), member != [] else {
                throw Self.fault("is unknown here", name, scanner)
            }
            guard !members.contains(member) else {
                throw Self.fault("stands twice", name, scanner)
            }
            members.insert(member)
            try read(member, name, &scanner)
        } while scanner.take(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "}"), "A comma or the end of the object is expected.")
    }

    private mutating func read(
        _ member: Members, _ name: JSONString, _ scanner: inout JSONScanner
    ) throws(JSONFault) {
        let isOptional = member != .key && member != .value && member != .kind
        if isOptional, scanner.take("null") {
            return
        }
        if member == .ttl {
            guard let next = scanner.peek(), ASCII.isDigit(next) || next == UInt8(ascii: "-") else {
                throw Self.fault("is not a number", name, scanner)
            }
            guard let ttl = TimeToLive(try scanner.number()) else {
                throw Self.fault(TimeToLive.allowed, JSONString(), scanner)
            }
            self.ttl = ttl
            return
        }
        guard scanner.peek() == UInt8(ascii: "\"") else {
            throw Self.fault("is not a string", name, scanner)
        }
        try take(member, try scanner.string(), scanner)
    }

    private mutating func take(
        _ member: Members, _ string: JSONString, _ scanner: JSONScanner
    ) throws(JSONFault) {
        switch member {
        case .key: key = string
        case .value: value = string
        case .transactionID: transactionID = string
        case .encoding:
            guard ASCII.equals(string.bytes(in: scanner.text), "base64") else {
                throw scanner.fault("The only encoding is \"base64\".")
            }
            isBase64 = true
        default:
            guard let kind = Self.kind(string.bytes(in: scanner.text)) else {
                throw scanner.fault("An op is \"get\", \"put\" or \"delete\".")
            }
            self.kind = kind
        }
    }

    private static func kind(_ text: UnsafeRawBufferPointer) -> Kind? {
        if ASCII.equals(text, "get") { return .get }
        if ASCII.equals(text, "put") { return .put }
        return ASCII.equals(text, "delete") ? .delete : nil
    }

    /// Empty for a name that is none of ours. A name written with escapes is none: no client
    /// needs them for these, and refusing it is safe.
    @inline(__always)
    private static func member(_ name: UnsafeRawBufferPointer) -> Members {
        switch name.count {
        case 2: ASCII.equals(name, "op") ? .kind : []
        case 3: ASCII.equals(name, "key") ? .key : ASCII.equals(name, "ttl") ? .ttl : []
        case 5: ASCII.equals(name, "value") ? .value : []
        case 8: ASCII.equals(name, "encoding") ? .encoding : []
        case 14: ASCII.equals(name, "transaction_id") ? .transactionID : []
        default: []
        }
    }

    private static func fault(
        _ reason: StaticString, _ name: JSONString, _ scanner: JSONScanner
    ) -> JSONFault {
        JSONFault(reason: reason, offset: scanner.position, name: name.extent)
    }
}
