internal import Glibc

/// A folder with all that is in it.
enum FileTree {
    /// Removes it; what is gone already does not matter.
    static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in names(path) { remove(path + "/" + name) }
        rmdir(path)
    }

    /// Lengths of the files whose path `counts`, in bytes.
    static func bytes(_ path: String, where counts: (String) -> Bool = { _ in true }) -> UInt64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        if status.st_mode & S_IFMT == S_IFDIR {
            return names(path).reduce(0) { $0 + bytes(path + "/" + $1, where: counts) }
        }
        return counts(path) ? UInt64(status.st_size) : 0
    }

    private static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
