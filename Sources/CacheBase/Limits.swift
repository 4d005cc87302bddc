/// Every limit of the storage engine in one place, with what happens when it is reached.
package enum Limits {
    /// Parts of the key space; the same on every node and for ever.
    @inlinable package static var partitions: Int { 1024 }
    /// Longest key a configuration may allow; a longer one is refused (`tooLarge`).
    @inlinable package static var keyBytesCeiling: Int { 8191 }
    /// Default of `max_key_size`.
    @inlinable package static var keyBytesDefault: Int { 4096 }
    /// Longest value a configuration may allow; a longer one is refused (`tooLarge`).
    @inlinable package static var valueBytesCeiling: Int { 256 << 20 }
    /// Default of `max_value_size`.
    @inlinable package static var valueBytesDefault: Int { 16 << 20 }
    /// Longest content type kept with an entry; a longer one is refused (`tooLarge`).
    @inlinable package static var contentTypeBytesMax: Int { 255 }
    /// Writes in one atomic batch; more are refused (`tooLarge`).
    @inlinable package static var batchWritesMax: Int { 10_000 }
    /// Values that the reads of one atomic batch copy under its locks; a read beyond it is
    /// answered so in its place (`overLimit`).
    @inlinable package static var batchReadBytesMax: Int { 64 << 20 }
    /// Payload of one log record, a batch included; more is refused (`tooLarge`).
    @inlinable package static var recordPayloadBytesMax: Int { 300 << 20 }
    /// Smallest `max_memory`: the process itself needs about half of it.
    @inlinable package static var memoryBytesMin: UInt64 { 64 << 20 }
    /// Smallest `max_disk`.
    @inlinable package static var diskBytesMin: UInt64 { 64 << 20 }
}
