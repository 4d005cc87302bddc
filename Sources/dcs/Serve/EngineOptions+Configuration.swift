internal import CacheConfig
internal import CacheEngine

extension EngineOptions {
    /// What the settings say of the storage engine.
    init(_ configuration: Configuration) {
        self.init(directory: configuration.dataDirectory)
        memoryBytesMax = configuration.memoryBytesMax
        diskBytesMax = configuration.diskBytesMax
        eviction =
            switch configuration.eviction {
            case .lru: .lru
            case .s3FIFO: .s3FIFO
            }
        keyBytesMax = configuration.keyBytesMax
        valueBytesMax = configuration.valueBytesMax
        sync = SyncMode(configuration)
        transactionTimeoutMilliseconds = configuration.transactionTimeoutMilliseconds
    }
}

extension SyncMode {
    init(_ configuration: Configuration) {
        switch configuration.walSync {
        case .always: self = .always
        case .interval: self = .interval(milliseconds: configuration.walSyncIntervalMilliseconds)
        case .never: self = .never
        }
    }
}
