internal import Glibc

/// The pages of a mapped simulated file: zeros at first, at one address until the last holder
/// lets go, also across a simulated crash, so that what a dead program still holds stays readable.
///
/// A page that may not be touched follows, so that running past the end ends the process here
/// too, where the last page is full.
final class SimulatedMemory: Sendable {
    // Safe because the address is constant; what lies behind it is the caller's to order, as for
    // every shared mapping.
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    let length: Int
    private let reservedBytes: Int

    init(length: Int) {
        let pageBytes = Int(getpagesize())
        let usedBytes = (length + pageBytes - 1) / pageBytes * pageBytes
        self.length = length
        reservedBytes = usedBytes + pageBytes
        let address = mmap(
            nil, reservedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address, address != MAP_FAILED,
            mprotect(address, usedBytes, PROT_READ | PROT_WRITE) == 0
        else { preconditionFailure("no memory for a simulated file of \(length) bytes") }
        base = address
    }

    deinit { munmap(base, reservedBytes) }

    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: length)
    }

    func copy() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(bytes))
            count = length
        }
    }
}
