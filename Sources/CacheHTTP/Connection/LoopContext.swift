internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity

/// What the connections of one event loop share. Only that loop touches it.
///
/// Invariants: `date` holds the header line of the second in which `tick` was last called; the
/// scratch buffers belong to the request being carried out, and to nobody between requests. Its
/// small variables are read for each request and written by the loop itself between requests: so
/// access to them needs no check at run time.
final class LoopContext {
    let clock: Clock
    /// Of requests, and of answers: uploads that fill theirs leave reads alone.
    let inputBudget: BufferBudget
    let answerBudget: BufferBudget
    let counters: LoopCounters
    /// What the node says of itself.
    let control: ControlSource
    /// Nil where search is not served.
    let search: SearchSource?
    /// Buffers of the store for reads on this loop's thread.
    let readScratch = ReadScratch()
    /// Who may do what; nil where everybody may do everything.
    let tokens: TokenMemory?
    @exclusivity(unchecked) var settings: DataPlaneSettings
    /// Set once, when the server drains: each connection closes after its present answers.
    @exclusivity(unchecked) var isDraining = false
    /// Monotonic milliseconds at the last `tick`; exact enough for deadlines of seconds.
    @exclusivity(unchecked) private(set) var now: UInt64 = 0
    /// Who serves which key; nil on a node without a cluster. The table is as new as this loop
    /// knows.
    let cluster: ClusterSeam?
    @exclusivity(unchecked) var routing = RoutingTable.empty
    /// Carries out what of transactions is of other nodes; nil on a node without a cluster.
    var coordinator: TransactionCoordinator?
    /// `Date: …`, with its line end; on a cluster the node's name behind it.
    let date: UnsafeRawBufferPointer
    /// Room for any decoded key: a target's, or a JSON string's with every byte escaped.
    let keyScratch: UnsafeMutableRawBufferPointer

    /// Room for the hashed keys of `HTTPLimits.prefetchedKeys` operations.
    let keyViews: UnsafeMutablePointer<KeyView>

    /// What stands behind the digits of the store's entity tags: see `EntityTags`.
    let tagMark: UnsafeRawBufferPointer
    private let dateSpace: UnsafeMutableRawBufferPointer
    /// Room for a `DCS-Lag` line of one request.
    private let lagSpace = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
    private var dateSecond = UInt64.max
    private let nodeLine: [UInt8]
    private var valueScratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(
        settings: DataPlaneSettings, clock: Clock, inputBudget: BufferBudget,
        answerBudget: BufferBudget, authenticator: Authenticator? = nil,
        counters: LoopCounters = LoopCounters(), control: @escaping ControlSource,
        search: SearchSource? = nil, cluster: ClusterSeam? = nil
    ) {
        self.settings = settings
        self.clock = clock
        self.inputBudget = inputBudget
        self.answerBudget = answerBudget
        tokens = authenticator.map { TokenMemory($0) }
        self.counters = counters
        self.control = control
        self.search = search
        self.cluster = cluster
        nodeLine = cluster.map { Array("DCS-Node: \($0.name)\r\n".utf8) } ?? []
        let mark = UnsafeMutableRawBufferPointer.allocate(
            byteCount: cluster?.tagMark.utf8.count ?? 0, alignment: 1)
        mark.copyBytes(from: cluster?.tagMark.utf8 ?? "".utf8)
        tagMark = UnsafeRawBufferPointer(mark)
        dateSpace = .allocate(byteCount: HTTPDate.count + 8 + nodeLine.count, alignment: 8)
        date = UnsafeRawBufferPointer(dateSpace)
        let keyRoom = Limits.keyBytesCeiling * HTTPLimits.jsonEscapeFactor
        keyScratch = .allocate(byteCount: max(keyRoom, HTTPLimits.headBytesMax), alignment: 8)
        keyViews = .allocate(capacity: HTTPLimits.prefetchedKeys)
        tick()
    }

    deinit {
        keyViews.deallocate()
        dateSpace.deallocate()
        lagSpace.deallocate()
        tagMark.deallocate()
        keyScratch.deallocate()
        valueScratch.deallocate()
    }

    /// Brings `now` and `date` up to the clock.
    func tick() {
        now = clock.monotonicNanoseconds() / 1_000_000
        let time = clock.now()
        guard time.rawValue / 1000 != dateSecond else { return }
        dateSecond = time.rawValue / 1000
        var cursor = ByteCursor(dateSpace)
        cursor.write("Date: ")
        HTTPDate.write(time, to: &cursor)
        cursor.write("\r\n")
        nodeLine.withUnsafeBytes { cursor.write($0) }
        precondition(cursor.count == dateSpace.count)
    }

    static var noLag: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// The line that tells by how much a read of a partition may be behind; nothing where this node
    /// leads it and nobody else can, or where another answers. It holds until the next one is made.
    @inline(__always)
    func lagLine(
        of partition: Partition, _ cluster: ClusterSeam, _ readsLocally: Bool
    ) -> UnsafeRawBufferPointer {
        let primary = routing.primary(of: partition)
        if primary == routing.me { return lagLine(cluster) }
        guard readsLocally || primary == RoutingTable.nobody else { return Self.noLag }
        return makeLagLine(cluster.copyAge(partition))
    }

    /// The same of what this node leads.
    @inline(__always)
    func lagLine(_ cluster: ClusterSeam) -> UnsafeRawBufferPointer {
        guard let milliseconds = cluster.router.millisecondsWithoutLease else { return Self.noLag }
        return makeLagLine(milliseconds == .max ? nil : milliseconds)
    }

    private func makeLagLine(_ milliseconds: UInt64?) -> UnsafeRawBufferPointer {
        var cursor = ByteCursor(lagSpace)
        cursor.write("DCS-Lag: ")
        if let milliseconds {
            cursor.writeDecimal(milliseconds)
        } else {
            cursor.write("unknown")
        }
        cursor.write("\r\n")
        return UnsafeRawBufferPointer(rebasing: lagSpace[..<cursor.count])
    }

    /// Room of at least `count` bytes for one request's decoded value.
    func valueRoom(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if valueScratch.count < count {
            valueScratch.deallocate()
            valueScratch = .allocate(byteCount: max(count, 4096), alignment: 8)
        }
        return valueScratch
    }

    /// Gives a large value's room back to the allocator.
    func releaseValueRoom() {
        guard valueScratch.count > HTTPLimits.retainedBufferBytesMax else { return }
        valueScratch.deallocate()
        valueScratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}
