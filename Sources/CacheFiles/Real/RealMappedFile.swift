internal import CShims
internal import CacheBase
internal import Glibc

/// A file of the machine, mapped shared.
///
/// Invariant: the file holds at least `length` bytes for as long as the mapping lives (nothing
/// truncates a mapped file), so that no access through `base` raises SIGBUS for its end.
final class RealMappedFile: MappedFile {
    private let descriptor: Descriptor
    // Safe because the address is constant; what lies behind it is the caller's to order, as for
    // every shared mapping.
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    let length: Int

    /// - Parameter descriptor: open to read and write, of a file of `length` bytes.
    init(_ descriptor: consuming Descriptor, length: Int) throws(StorageError) {
        let address = mmap(
            nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0)
        guard let address, address != MAP_FAILED else {
            throw .failed(to: "map the file", descriptor.path)
        }
        base = address
        self.length = length
        self.descriptor = descriptor
    }

    deinit { munmap(base, length) }

    var path: String { descriptor.path }

    /// Stores through a shared mapping are in the page cache the moment they are made, and
    /// `fdatasync` finds their pages by the dirty marks of the mapping: `msync` adds nothing.
    func sync() throws(StorageError) { try descriptor.sync() }

    func populate(offset: Int, length: Int) throws(StorageError) {
        let pages = Self.pagesTouching(checked(offset, length))
        guard !pages.isEmpty, dcs_populate_write(base + pages.lowerBound, pages.count) != 0 else {
            return
        }
        // The kernel says "bad address" for a page that it found no block for.
        let code = errno
        let isFull = code == EFAULT && availableBytes() < UInt64(pages.count)
        throw .failed(
            to: "make pages present", path, offset: UInt64(offset), code: isFull ? ENOSPC : code)
    }

    func releasePages(offset: Int, length: Int) {
        let pages = Self.pagesWithin(checked(offset, length))
        guard !pages.isEmpty else { return }
        // Advice: where it is not taken, the pages only stay a while longer.
        _ = dcs_release_pages(base + pages.lowerBound, pages.count)
    }

    private func checked(_ offset: Int, _ length: Int) -> Range<Int> {
        precondition(
            offset >= 0 && length >= 0 && offset <= self.length - length,
            "\(length) bytes at \(offset) are not in a mapping of \(self.length)")
        return offset..<(offset + length)
    }

    private func availableBytes() -> UInt64 {
        var status = statvfs()
        guard fstatvfs(descriptor.number, &status) == 0 else { return 0 }
        return UInt64(status.f_bavail) &* UInt64(status.f_frsize)
    }
}

extension RealMappedFile {
    private static let pageBytes = Int(getpagesize())

    private static func pagesTouching(_ range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return range }
        let last = (range.upperBound + pageBytes - 1) / pageBytes
        return (range.lowerBound / pageBytes * pageBytes)..<(last * pageBytes)
    }

    private static func pagesWithin(_ range: Range<Int>) -> Range<Int> {
        let first = (range.lowerBound + pageBytes - 1) / pageBytes * pageBytes
        let end = range.upperBound / pageBytes * pageBytes
        return first..<max(first, end)
    }
}
