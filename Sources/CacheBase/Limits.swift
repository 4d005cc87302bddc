/// Every limit of the storage engine in one place, with what happens when it is reached.
package enum Limits {
    /// Parts of the key space; the same on every node and for ever.
    package static let partitions = 1024
    /// Longest key a configuration may allow; a longer one is refused (`tooLarge`).
    package static let keyBytesCeiling = 8191
    /// Default of `max_key_size`.
    package static let keyBytesDefault = 4096
    /// Longest value a configuration may allow; a longer one is refused (`tooLarge`).
    package static let valueBytesCeiling = 256 << 20
    /// Default of `max_value_size`.
    package static let valueBytesDefault = 16 << 20
    /// Longest content type kept with an entry; a longer one is refused (`tooLarge`).
    package static let contentTypeBytesMax = 255
    /// Writes in one atomic batch; more are refused (`tooLarge`).
    package static let batchWritesMax = 10_000
    /// Payload of one log record, a batch included; more is refused (`tooLarge`).
    package static let recordPayloadBytesMax = 300 << 20
    /// Smallest `max_memory`: the process itself needs about half of it.
    package static let memoryBytesMin: UInt64 = 64 << 20
    /// Smallest `max_disk`.
    package static let diskBytesMin: UInt64 = 64 << 20
}
