internal import CacheEngine

/// What clients of a cluster name a transaction by: its id, and behind it the node that gave it,
/// which is its coordinator.
struct TransactionName {
    let id: TransactionID
    /// Nil where only the id stands there.
    let node: UnsafeRawBufferPointer?

    /// Nil for what is no id, with or without a name behind it.
    init?(_ text: UnsafeRawBufferPointer) {
        let count = TransactionID.textBytes
        guard text.count >= count,
            let id = TransactionID(text: UnsafeRawBufferPointer(rebasing: text[..<count]))
        else { return nil }
        self.id = id
        guard text.count > count else {
            node = nil
            return
        }
        guard text[count] == UInt8(ascii: "-"), text.count > count + 1 else { return nil }
        node = UnsafeRawBufferPointer(rebasing: text[(count + 1)...])
    }
}
