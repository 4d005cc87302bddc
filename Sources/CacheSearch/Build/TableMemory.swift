internal import Glibc

/// Memory for tables that are looked into all over: lines of the cache are not parted, and a large one
/// lies in large pages, so that a look does not wait for the tables of pages as well.
enum TableMemory {
    private static let pageBytes = 2 << 20

    /// - Returns: memory to be freed with `deallocate`, not initialized.
    static func allocate<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<
        Element
    > {
        let bytes = count * MemoryLayout<Element>.stride
        let isLarge = bytes >= pageBytes
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: isLarge ? pageBytes : 64)
        // Where the system has none to give, small ones do.
        if isLarge { _ = madvise(memory, bytes, MADV_HUGEPAGE) }
        return memory.bindMemory(to: type, capacity: count)
    }
}
