internal import CacheBase
internal import CacheEngine
internal import Glibc

/// Puts and gets of a workload's entries, by one thread.
///
/// It behaves as a server's event loop would: a read that leaves memory goes on with the disk, a
/// write that is refused for overload waits a little and tries again. Both are counted.
final class EngineDriver {
    /// Pause of a writer that was told that the engine is overloaded.
    private static let overloadMicroseconds: UInt32 = 200

    let engine: Engine
    let workload: Workload
    private let key: UnsafeMutableRawBufferPointer
    /// What was read last is copied here, as an answer to a client would be.
    private let answer: UnsafeMutableRawBufferPointer
    private(set) var answerBytes = 0
    let scratch = ReadScratch()

    /// Reads that went on to a segment.
    private(set) var coldReads = 0
    private(set) var misses = 0
    /// Writes that were refused, and tried again.
    private(set) var overloads = 0

    init(_ engine: Engine, _ workload: Workload) {
        self.engine = engine
        self.workload = workload
        key = .allocate(byteCount: Workload.keyBytes, alignment: 8)
        answer = .allocate(byteCount: workload.valueBytes, alignment: 8)
    }

    deinit {
        key.deallocate()
        answer.deallocate()
    }

    func resetCounts() {
        coldReads = 0
        misses = 0
        overloads = 0
    }

    /// Writes the entry of that number.
    @inline(__always)
    @discardableResult
    func put(_ number: Int, expiry: Expiry = .never) throws(StorageError) -> WriteReceipt {
        let view = keyView(number)
        return try workload.withValue(number) { value throws(StorageError) in
            try put(view, value, expiry)
        }
    }

    /// The hashed key of that number; good until the next one.
    @inline(__always)
    func keyView(_ number: Int) -> KeyView {
        workload.writeKey(number, to: key)
        return engine.key(UnsafeRawBufferPointer(key))
    }

    @inline(__always)
    private func put(
        _ view: KeyView, _ value: UnsafeRawBufferPointer, _ expiry: Expiry
    ) throws(StorageError) -> WriteReceipt {
        while true {
            do throws(StorageError) {
                return try engine.put(
                    view, value: value, contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                    expiry: expiry)
            } catch {
                guard error.kind == .overloaded else { throw error }
                overloads += 1
                usleep(Self.overloadMicroseconds)
            }
        }
    }

    /// Reads the entry of that number, from wherever it is.
    @inline(__always)
    func get(_ number: Int) throws(StorageError) {
        let view = keyView(number)
        while true {
            switch engine.read(view, copyAnswer) {
            case .hit: return
            case .miss:
                misses += 1
                return
            case .notDurable(let lsn): try engine.waitUntilDurable(lsn)
            case .cold(let read): if try goOn(read, view) { return }
            }
        }
    }

    /// - Returns: false where the entry moved meanwhile.
    private func goOn(_ read: ColdRead, _ view: KeyView) throws(StorageError) -> Bool {
        let outcome = try engine.readCold(
            read, key: view, scratch: scratch, mayBlock: true, copyAnswer)
        switch outcome {
        case .hit: coldReads += 1
        case .miss: misses += 1
        case .moved, .wouldBlock: return false
        }
        return true
    }

    @inline(__always)
    private func copyAnswer(_ entry: EntryView) {
        answerBytes = entry.value.count
        answer.copyMemory(from: UnsafeRawBufferPointer(rebasing: entry.value.prefix(answer.count)))
    }

    /// True where the last read gave the value of that number.
    func answered(with number: Int) -> Bool {
        workload.withValue(number) { value in
            answerBytes == value.count && answer.prefix(answerBytes).elementsEqual(value)
        }
    }
}
