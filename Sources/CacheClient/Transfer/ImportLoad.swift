internal import CacheBase
internal import CacheConsole

/// A line that was not stored, and why.
package struct LineRefusal: Error, Equatable, Sendable {
    package let number: Int
    package let reason: String
}

/// An entry of an import on its way.
struct ImportItem: Sendable {
    let number: Int
    let entry: EntryLine
    /// Milliseconds from now on; nil for ever.
    let millisecondsLeft: UInt64?

    /// Nil where the entry has ended.
    init?(number: Int, entry: EntryLine, at now: Timestamp) {
        self.number = number
        self.entry = entry
        guard let expires = entry.expires else {
            millisecondsLeft = nil
            return
        }
        guard expires > now.rawValue else { return nil }
        millisecondsLeft = expires - now.rawValue
    }

    /// Whether the client's library keeps the key as it is in a request's path: it makes `/` of a
    /// path that is not UTF-8 once it is decoded.
    var isAddressable: Bool { String(validating: entry.key, as: UTF8.self) != nil }

    /// Whether the batch resource can carry it: it knows no content types.
    var fitsBatch: Bool {
        entry.contentType == nil && entry.value.count <= ClientLimits.batchedBytesMax
    }

    /// Seconds as the interfaces take them; 0 for ever.
    var ttl: String {
        guard let left = millisecondsLeft else { return "0" }
        let rest = String(left % 1000)
        return "\(left / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// The write on the raw resource.
    var call: Call {
        var call = Call("PUT", key: entry.key)
        call.add("ttl", ttl)
        if let type = entry.contentType { call.fields.append(("Content-Type", type)) }
        call.body = .bytes(entry.value)
        return call
    }

    /// The operation in a batch.
    var operation: [UInt8] {
        let value = ReadableBytes(entry.value)
        var json = JSONText()
        json.raw("{\"op\":\"put\",\"key\":")
        json.string(String(decoding: entry.key, as: UTF8.self))
        json.raw(",\"value\":")
        json.string(value.text)
        if value.isBase64 { json.raw(",\"encoding\":\"base64\"") }
        json.raw(",\"ttl\":" + ttl + "}")
        return json.bytes
    }
}

/// Operations that one request carries, in order.
struct ImportBatch: Sendable {
    private(set) var items: [ImportItem] = []
    private var operations: [UInt8] = []

    init() {}

    init(_ items: [ImportItem]) {
        for item in items { append(item) }
    }

    mutating func append(_ item: ImportItem) {
        if !items.isEmpty { operations.append(UInt8(ascii: ",")) }
        operations += item.operation
        items.append(item)
    }

    var isFull: Bool {
        items.count >= ClientLimits.batchOperationsMax
            || operations.count >= ClientLimits.batchBytesMax
    }

    var call: Call {
        var call = Call("POST", "/cache/batch")
        call.fields = [("Content-Type", "application/json")]
        call.body = .bytes(Array("{\"operations\":[".utf8) + operations + Array("]}".utf8))
        return call
    }
}
