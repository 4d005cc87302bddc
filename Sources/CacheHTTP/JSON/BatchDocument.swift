/// A batch (`{"operations":[…],"atomic":false}`), wholly checked before any of its operations is
/// carried out.
struct BatchDocument: Sendable {
    /// In order; at most `HTTPLimits.batchOperationsMax`.
    private(set) var operations: [OperationFields] = []
    private(set) var isAtomic = false
    /// A value of it is base64, which is not checked yet.
    private(set) var hasBase64 = false

    /// Nil where the text names none.
    private(set) var transactionID: JSONString?

    private var hasOperations = false
    private var hasTransaction = false
    private var hasAtomic = false

    init(_ text: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(text)
        try scanner.expect(UInt8(ascii: "{"), "An object is expected.")
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                try readMember(&scanner)
            } while scanner.take(UInt8(ascii: ","))
            try scanner.expect(UInt8(ascii: "}"), "A comma or the end of the object is expected.")
        }
        try scanner.end()
        guard hasOperations else { throw scanner.fault("\"operations\" is missing.") }
    }

    private mutating func readMember(_ scanner: inout JSONScanner) throws(JSONFault) {
        let name = try scanner.string()
        try scanner.expect(UInt8(ascii: ":"), "A colon is expected.")
        if ASCII.equals(name.bytes(in: scanner.text), "operations"), !hasOperations {
            hasOperations = true
            try readOperations(&scanner)
        } else if ASCII.equals(name.bytes(in: scanner.text), "atomic"), !hasAtomic {
            hasAtomic = true
            isAtomic = scanner.take("true")
            guard isAtomic || scanner.take("false") || scanner.take("null") else {
                throw scanner.fault("\"atomic\" is true or false.")
            }
        } else if ASCII.equals(name.bytes(in: scanner.text), "transaction_id"), !hasTransaction {
            hasTransaction = true
            if !scanner.take("null") { transactionID = try scanner.string() }
        } else {
            throw JSONFault(
                reason: "is unknown here or stands twice", offset: scanner.position,
                name: name.extent)
        }
    }

    private mutating func readOperations(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "["), "\"operations\" is an array.")
        if scanner.take(UInt8(ascii: "]")) { return }
        operations.reserveCapacity(min(scanner.bytesLeft / 32, HTTPLimits.batchOperationsMax))
        var shape = OperationShape()
        repeat {
            guard operations.count < HTTPLimits.batchOperationsMax else {
                throw scanner.fault("A batch holds at most 10000 operations.")
            }
            operations.append(try readOperation(&scanner, &shape))
        } while scanner.take(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "]"), "A comma or the end of the array is expected.")
    }

    @inline(__always)
    private mutating func readOperation(
        _ scanner: inout JSONScanner, _ shape: inout OperationShape
    ) throws(JSONFault) -> OperationFields {
        guard scanner.peek() != nil else { throw scanner.fault("An object is expected.") }
        if let fields = try shape.read(&scanner) {
            guard fields.key.extent.count > 0 else { throw scanner.fault("A key is empty.") }
            return fields
        }
        let start = scanner.position
        let fields = try OperationFields(&scanner, allowed: .ofOperation)
        try Self.check(fields, scanner)
        hasBase64 = hasBase64 || fields.isBase64
        shape.keep(fields, from: start, to: scanner.position)
        return fields
    }

    private static func check(
        _ fields: OperationFields, _ scanner: JSONScanner
    ) throws(JSONFault) {
        guard fields.members.isSuperset(of: [.kind, .key]) else {
            throw scanner.fault("An operation needs \"op\" and \"key\".")
        }
        guard fields.key.extent.count > 0 else { throw scanner.fault("A key is empty.") }
        switch fields.kind {
        case .put:
            guard fields.members.contains(.value) else {
                throw scanner.fault("The operation \"put\" needs a \"value\".")
            }
        case .get, .delete:
            guard fields.members.isDisjoint(with: [.value, .ttl, .encoding]) else {
                throw scanner.fault("Only the operation \"put\" has a value, ttl or encoding.")
            }
        }
    }
}
