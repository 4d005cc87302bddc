internal import Glibc

/// A process that this one started, with its standard input and output as pipes.
///
/// Used by one thread. Whoever drops it without `wait` leaves it to the registry to end.
final class ChildProcess {
    private let registry: ProcessRegistry
    private let process: pid_t
    private var input: Int32
    private let output: Int32
    private var unread: [UInt8] = []

    /// Starts `arguments[0]`, found as the shell would find it.
    /// - Parameter errors: where its standard error goes; nil is nowhere.
    init(_ arguments: [String], in registry: ProcessRegistry, errors: String? = nil) throws {
        let toChild = try Self.pipe()
        let fromChild = try Self.pipe()
        defer {
            close(toChild.read)
            close(fromChild.write)
        }
        self.registry = registry
        input = toChild.write
        output = fromChild.read
        process = try registry.start {
            try Self.spawn(
                arguments, input: toChild.read, output: fromChild.write,
                errors: errors ?? "/dev/null")
        }
    }

    deinit {
        closeInput()
        close(output)
    }

    /// The path of the running program, to start it once more.
    static func ownPath() throws -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw BenchmarkError("cannot find the own program") }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    func write(_ bytes: [UInt8]) throws { try TextFile.writeAll(bytes, to: input) }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// The next line of its output, without its end; nil after the last.
    func readLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            guard readMore() else { break }
        }
        defer { unread = [] }
        return unread.isEmpty ? nil : String(decoding: unread, as: UTF8.self)
    }

    /// All of its output that was not read yet.
    func readAll() -> [UInt8] {
        while readMore() {}
        defer { unread = [] }
        return unread
    }

    /// Ends it without warning.
    func kill() { Glibc.kill(process, SIGKILL) }

    /// Waits for its end; its exit code, or 128 and the signal's number.
    @discardableResult
    func wait() -> Int32 { registry.wait(for: process) }

    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            unread += buffer[..<count]
            return true
        }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw BenchmarkError("no pipe: \(errno)") }
        // Processes are started by one thread: none is between these calls.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

extension ChildProcess {
    private static func spawn(
        _ arguments: [String], input: Int32, output: Int32, errors: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        var attributes = defaultSignals()
        defer { posix_spawnattr_destroy(&attributes) }
        var words = arguments.map { strdup($0) } + [nil]
        var environment = environment.map { strdup($0) } + [nil]
        defer { (words + environment).forEach { free($0) } }
        var process = pid_t()
        let code = posix_spawnp(
            &process, words[0]!, &actions, &attributes, &words, &environment)
        guard code == 0 else {
            throw BenchmarkError("cannot start \(arguments[0]): \(String(cString: strerror(code)))")
        }
        return process
    }

    /// The same for every run: a search path, and output that does not depend on the language.
    private static var environment: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return ["PATH=" + path, "LC_ALL=C"]
    }

    /// A child takes signals as any program does, although this one blocks some.
    private static func defaultSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }
}
