/// Which entry makes room for others in a full cache (`eviction`).
package enum EvictionMode: String, Sendable, CaseIterable {
    /// The one that was used longest ago.
    case lru
    /// One that was not asked for again soon: S3-FIFO, after Yang, Zhang, Qiu, Yue and Rashmi, "FIFO
    /// queues are all you need for cache eviction" (SOSP 2023). See `IndexShard`'s queues.
    case s3FIFO = "s3-fifo"
}
