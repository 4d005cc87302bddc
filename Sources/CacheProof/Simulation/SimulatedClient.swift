internal import CacheEngine

/// A client of a simulated store, in the middle of something: between two of its steps others act.
struct SimulatedClient {
    enum Activity {
        case idle
        /// Its write is answered once this version is durable.
        case awaitingSync(UInt64)
        /// The entry of a key is to be read from its segment; this is what it must be.
        case readingCold(key: Int, ColdRead, StoreModel.Version?)
        /// It has read a key, and writes it if nobody else did meanwhile.
        case updating(key: Int, version: UInt64)
        case inTransaction(SimulatedTransaction)
    }

    var activity = Activity.idle
    let scratch = ReadScratch()
}
