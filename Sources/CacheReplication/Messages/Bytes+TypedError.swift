internal import CacheBase

extension [UInt8] {
    /// `withUnsafeBytes` with a typed error.
    func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let result = withUnsafeBytes { raw -> Swift.Result<Result, StorageError> in
            Swift.Result { () throws(StorageError) in try body(raw) }
        }
        return try result.get()
    }
}
