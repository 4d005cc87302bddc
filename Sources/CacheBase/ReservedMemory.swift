internal import CShims

/// Zeroed memory that takes address space at once and real memory only where it is touched.
///
/// Never moves, so pointers into it stay valid as long as it lives.
package struct ReservedMemory: ~Copyable {
    package let base: UnsafeMutableRawPointer
    package let bytes: Int

    /// - Parameter hugePages: asks the kernel for huge pages, which back whole 2 MiB at a touch.
    /// - Throws: `overloaded` where the address space is limited below `bytes`.
    package init(bytes: Int, hugePages: Bool = false) throws(StorageError) {
        let pageBytes = 2 << 20
        self.bytes = (bytes + pageBytes - 1) & ~(pageBytes - 1)
        guard let start = dcs_reserve(self.bytes) else {
            throw StorageError(.overloaded, "cannot reserve \(bytes) bytes of address space")
        }
        base = start
        if hugePages { _ = dcs_prefer_huge_pages(base, self.bytes) }
    }

    /// Gives the memory of a range back; it reads as zeros afterwards.
    package func release(offset: Int, bytes: Int) {
        _ = dcs_release_pages(base + offset, bytes)
    }

    deinit { dcs_unreserve(base, bytes) }
}
