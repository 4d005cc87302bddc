internal import CacheBase

/// `withUnsafeBytes` for closures with a typed error, which arrays do not pass on.
func withBytes<Result>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
) throws(StorageError) -> Result {
    try bytes.withUnsafeBytes { raw in
        Swift.Result { () throws(StorageError) in try body(raw) }
    }.get()
}

/// `withUnsafeMutableBytes`, likewise.
func withMutableBytes<Result>(
    _ bytes: inout [UInt8],
    _ body: (UnsafeMutableRawBufferPointer) throws(StorageError) -> Result
) throws(StorageError) -> Result {
    try bytes.withUnsafeMutableBytes { raw in
        Swift.Result { () throws(StorageError) in try body(raw) }
    }.get()
}
