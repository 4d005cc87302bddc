internal import CacheFormat

/// Walks over the terms of a dictionary, from any of them on.
///
/// Invariants: `key` and `info` are the current term's; `block` and `left` say which block the next
/// one is in and how many are left of it.
struct DictionaryCursor {
    private let dictionary: TermDictionary
    private var block = 0
    private var left = 0
    private var source: UnsafeRawPointer
    private(set) var key: [UInt8] = []
    private(set) var info = TermInfo()
    private var postingsEnd = 0
    private var positionsEnd = 0

    /// Before the first term.
    init(_ dictionary: TermDictionary) {
        self.dictionary = dictionary
        source = UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        key.reserveCapacity(32)
        if dictionary.terms > 0 { enter(0) }
    }

    /// Goes before the first term of a block.
    mutating func enter(_ number: Int) {
        block = number
        left = min(
            DictionaryWriter.termsPerBlock,
            dictionary.terms - number * DictionaryWriter.termsPerBlock)
        source = dictionary.block(number)
        key.removeAll(keepingCapacity: true)
        postingsEnd = varint()
        positionsEnd = varint()
    }

    /// The next term becomes the current one; false at the end.
    mutating func next() -> Bool {
        if left == 0 {
            guard block + 1 < dictionary.blockCount else { return false }
            enter(block + 1)
        }
        left -= 1
        let halves = Int(source.u8(0))
        source += 1
        var (shared, own) = (halves >> 4, halves & 15)
        if shared == 15 { shared += varint() }
        if own == 15 { own += varint() }
        key.removeLast(key.count - shared)
        key.append(contentsOf: UnsafeRawBufferPointer(start: source, count: own))
        source += own
        readInfo()
        return true
    }

    private mutating func readInfo() {
        let code = varint()
        info.documents = code >> 1
        info.places = info.documents + (code & 1 == 1 ? 0 : varint() + 1)
        let postings = varint()
        let isSingle = info.documents == 1
        info.single = isSingle ? UInt32(truncatingIfNeeded: postings) : 0
        info.postingsOffset = postingsEnd
        postingsEnd += isSingle ? 0 : postings
        info.positionsOffset = positionsEnd
        positionsEnd += varint()
    }

    /// The first term that does not precede `wanted` becomes the current one.
    /// - Returns: whether it is `wanted` itself. Where there is no such term, `isAtEnd` says so.
    mutating func seek(_ wanted: UnsafeRawBufferPointer) -> Bool {
        isAtEnd = dictionary.terms == 0
        guard !isAtEnd else { return false }
        enter(dictionary.blockHolding(wanted) ?? 0)
        while next() {
            let order = withKey { TermKey.compare($0, wanted) }
            if order >= 0 { return order == 0 }
        }
        isAtEnd = true
        return false
    }

    private(set) var isAtEnd = false

    func withKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        key.withUnsafeBytes(body)
    }

    private mutating func varint() -> Int {
        var value = 0
        var shift = 0
        while true {
            let byte = source.u8(0)
            source += 1
            value |= Int(byte & 127) << shift
            if byte < 128 { return value }
            shift &+= 7
        }
    }
}
