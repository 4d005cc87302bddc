internal import CacheBase

extension EngineDriver {
    /// Writes every entry of the workload once.
    func fill() throws(StorageError) {
        for number in 0..<workload.keyCount { try put(number) }
    }

    /// Reads every entry of the workload once.
    func readAll() throws(StorageError) {
        for number in 0..<workload.keyCount { try get(number) }
    }

    func putRandom(_ count: Int, seed: UInt64) throws(StorageError) {
        var random = Random(seed: seed)
        for _ in 0..<count { try put(random.next(below: workload.keyCount)) }
    }

    func getRandom(_ count: Int, seed: UInt64) throws(StorageError) {
        var random = Random(seed: seed)
        for _ in 0..<count { try get(random.next(below: workload.keyCount)) }
    }

    /// Reads `count` random entries and compares each with what was written.
    func verify(_ count: Int, seed: UInt64) throws {
        var random = Random(seed: seed)
        for _ in 0..<count {
            let number = random.next(below: workload.keyCount)
            let missesBefore = misses
            try get(number)
            guard misses == missesBefore, answered(with: number) else {
                throw BenchmarkError("entry \(number) is not what was written")
            }
        }
    }

    /// A figure is worth nothing where the reads did not find what was written.
    func requireNoMisses() throws {
        guard misses == 0 else { throw BenchmarkError("\(misses) reads found nothing") }
    }
}
