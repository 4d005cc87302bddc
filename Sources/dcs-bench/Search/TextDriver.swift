internal import CacheBase
internal import CacheEngine
internal import Glibc

/// Writes generated documents, as an event loop would; by one thread.
final class TextDriver {
    private static let overloadMicroseconds: UInt32 = 200

    private let engine: Engine
    private let texts: ZipfText
    private var text: [UInt8] = []
    /// Of all documents written.
    private(set) var textBytes = 0
    /// Writes that were refused, and tried again.
    private(set) var overloads = 0

    init(_ engine: Engine, _ texts: ZipfText) {
        self.engine = engine
        self.texts = texts
    }

    /// Writes the document of that number under its own key.
    func put(_ number: Int) throws {
        texts.write(number, to: &text)
        try put(number, text)
    }

    /// Writes a value under the key of a number.
    func put(_ number: Int, _ value: [UInt8]) throws {
        textBytes += value.count
        try withUnsafeBytes(of: Random.mix(UInt64(number))) { key in
            try value.withUnsafeBytes { try put(engine.key(key), $0) }
        }
    }

    private func put(_ key: KeyView, _ value: UnsafeRawBufferPointer) throws {
        while true {
            do throws(StorageError) {
                let type = UnsafeRawBufferPointer(start: nil, count: 0)
                _ = try engine.put(key, value: value, contentType: type, expiry: .never)
                return
            } catch {
                guard error.kind == .overloaded else { throw error }
                overloads += 1
                usleep(Self.overloadMicroseconds)
            }
        }
    }

    /// Reads the entry of a number from wherever it is; false where there is none.
    func get(_ number: Int, _ scratch: ReadScratch) throws -> Bool {
        try withUnsafeBytes(of: Random.mix(UInt64(number))) { key in
            let view = engine.key(key)
            while true {
                switch engine.read(view, { _ in }) {
                case .hit: return true
                case .miss: return false
                case .notDurable(let lsn): try engine.waitUntilDurable(lsn)
                case .cold(let read):
                    switch try engine.readCold(
                        read, key: view, scratch: scratch, mayBlock: true, { _ in })
                    {
                    case .hit: return true
                    case .miss: return false
                    case .moved, .wouldBlock: continue
                    }
                }
            }
        }
    }
}
