internal import CacheBase
internal import CacheEngine
internal import CacheSecurity

/// Which events a client wants to be told of, and may be. Immutable.
final class EventSubscription: Sendable {
    let kinds: Set<ChangeKind>
    /// What the keys begin with.
    let prefix: [UInt8]
    /// What the client has seen; nil for one that begins now.
    let after: LSN?
    /// Nil where everybody may do everything.
    let permissions: Permissions?

    init(
        kinds: Set<ChangeKind> = Set(ChangeKind.allCases), prefix: [UInt8] = [],
        after: LSN? = nil, permissions: Permissions? = nil
    ) {
        self.kinds = kinds
        self.prefix = prefix
        self.after = after
        self.permissions = permissions
    }

    /// The same with the rights that the caller has by now.
    func granting(_ permissions: Permissions?) -> EventSubscription {
        if permissions === self.permissions { return self }
        return EventSubscription(
            kinds: kinds, prefix: prefix, after: after, permissions: permissions)
    }

    /// True for a change that the client wants to know of and may.
    func wants(_ kind: ChangeKind, _ key: UnsafeRawBufferPointer) -> Bool {
        kinds.contains(kind) && key.starts(with: prefix)
            && (permissions?.allows(.read, key) ?? true)
    }

    /// Those of `gone` that the client wants, in a fixed order.
    func wanted(of gone: (ChangeKind) -> Bool) -> [ChangeKind] {
        ChangeKind.allCases.filter { kinds.contains($0) && gone($0) }
    }
}

extension EventSubscription {
    /// Reads query and header fields of a request.
    /// - Parameter keyBytesMax: longest prefix.
    static func read(
        _ request: Request, keyBytesMax: Int, permissions: Permissions?
    ) -> Result<EventSubscription, EventRefusal> {
        var reader = EventQueryReader(keyBytesMax: keyBytesMax)
        Query.forEachParameter(request.head.query(in: request.bytes)) { reader.note($0, $1) }
        request.head.forEachValue(of: "last-event-id", in: request.bytes) { reader.noteLast($0) }
        if let problem = reader.problem { return .failure(EventRefusal(problem: problem)) }
        return .success(
            EventSubscription(
                kinds: reader.kinds ?? Set(ChangeKind.allCases), prefix: reader.prefix ?? [],
                after: reader.last, permissions: permissions))
    }
}

/// Why a subscription is refused.
struct EventRefusal: Error {
    let problem: Problem
}

/// The parts of a subscription as they are found.
private struct EventQueryReader {
    let keyBytesMax: Int
    var kinds: Set<ChangeKind>?
    var prefix: [UInt8]?
    var last: LSN?
    /// The first that was found.
    var problem: Problem?

    mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if ASCII.equals(name, "kind") {
            if kinds != nil { return refuse("A query parameter stands twice.") }
            noteKinds(value)
        } else if ASCII.equals(name, "prefix") {
            if prefix != nil { return refuse("A query parameter stands twice.") }
            notePrefix(value)
        }
    }

    private mutating func noteKinds(_ list: UnsafeRawBufferPointer) {
        guard let words = Self.decoded(list) else {
            return refuse("A malformed percent-encoding in \"kind\".")
        }
        var found: Set<ChangeKind> = []
        for word in words.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let kind = ChangeKind.allCases.first { word.elementsEqual("\($0)".utf8) }
            guard let kind else {
                return refuse("\"kind\" is a list of put, delete, expire and evict.")
            }
            found.insert(kind)
        }
        kinds = found
    }

    private mutating func notePrefix(_ encoded: UnsafeRawBufferPointer) {
        guard let bytes = Self.decoded(encoded) else {
            return refuse("A malformed percent-encoding in \"prefix\".")
        }
        guard bytes.count <= keyBytesMax else {
            return refuse("The prefix is longer than a key may be.")
        }
        prefix = bytes
    }

    /// What an event stream before told last.
    mutating func noteLast(_ value: UnsafeRawBufferPointer) {
        // A client that has seen none yet sends nothing.
        if value.isEmpty { return }
        guard last == nil, let text = String(validating: value, as: UTF8.self),
            let number = UInt64(text), number < Limits.numberCeiling
        else { return refuse("Last-Event-ID is the id of an event.") }
        last = LSN(rawValue: number)
    }

    private mutating func refuse(_ detail: StaticString) {
        problem = problem ?? .badRequest(detail)
    }

    private static func decoded(_ encoded: UnsafeRawBufferPointer) -> [UInt8]? {
        var count: Int?
        let bytes = [UInt8](unsafeUninitializedCapacity: encoded.count) { space, written in
            count = PercentCoding.decode(
                encoded, into: UnsafeMutableRawBufferPointer(space), plusIsSpace: true)
            written = count ?? 0
        }
        return count == nil ? nil : bytes
    }
}
