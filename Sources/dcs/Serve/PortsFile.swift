internal import CacheBase
internal import CacheFiles

/// The ports that a node listens on; nil for a plane that it does not have.
struct Ports: Sendable {
    var data: Int
    var management: Int?
    var peer: Int?
    var pid: Int32

    /// One line of JSON.
    var json: String {
        func number(_ port: Int?) -> String { port.map { String($0) } ?? "null" }
        return "{\"data\":\(data),\"management\":\(number(management)),"
            + "\"peer\":\(number(peer)),\"pid\":\(pid)}\n"
    }
}

/// `dcs.ports.json` in the data folder: there while the node is ready, and only then.
///
/// Only the process that holds the folder's lock touches it.
struct PortsFile {
    static let name = "dcs.ports.json"
    private let path: String
    private let files: any FileSystem

    init(directory: String, files: any FileSystem) {
        path = directory + "/" + Self.name
        self.files = files
    }

    /// Replaces the file in one step: a reader sees all of it or none.
    func write(_ ports: Ports) throws(StorageError) {
        let text = Array(ports.json.utf8)
        var failure: StorageError?
        text.withUnsafeBytes { bytes in
            do throws(StorageError) {
                try files.replace(path, with: bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Removes it; nothing happens where there is none.
    func remove() throws(StorageError) {
        if files.exists(path) { try files.remove(path) }
    }
}
