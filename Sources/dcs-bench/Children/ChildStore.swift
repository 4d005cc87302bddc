/// A store in another process.
struct ChildStore {
    let workbench: Workbench
    let folder: String
    let workload: Workload

    init(_ workbench: Workbench, _ workload: Workload) {
        self.workbench = workbench
        self.workload = workload
        folder = workbench.folder.freshPath("child")
    }

    /// Fills it in a child that is killed at the moment its last write was answered.
    func fillAndKill() throws {
        let child = try start("fill")
        _ = try report(of: child)
        child.kill()
        child.wait()
    }

    /// Fills it, everything in segments.
    func fillAndClose() throws -> ChildReport { try finish(try start("fill", "--drain")) }

    /// Opens it, lets it check its entries, and closes it.
    /// - Returns: seconds from the start of the process until it was ready, and its report.
    func open(empty: Bool = false) throws -> (seconds: Double, report: ChildReport) {
        let watch = Stopwatch()
        let child = empty ? try start("open", "--empty") : try start("open")
        let line = child.readLine()
        let seconds = watch.seconds
        guard line == ChildOpen.ready else { throw failure("it does not open", child) }
        return (seconds, try finish(child))
    }

    func remove() { FileTree.remove(folder) }

    private func start(_ command: String, _ flag: String? = nil) throws -> ChildProcess {
        try workbench.startOwn(
            [
                command, "--folder", folder, "--keys", "\(workload.keyCount)", "--value-bytes",
                "\(workload.valueBytes)",
            ] + (flag.map { [$0] } ?? []))
    }

    private func finish(_ child: ChildProcess) throws -> ChildReport {
        let report = try report(of: child)
        guard child.wait() == 0 else {
            throw BenchmarkError("a child failed: \(workbench.childErrors)")
        }
        return report
    }

    private func report(of child: ChildProcess) throws -> ChildReport {
        guard let report = child.readLine().flatMap(ChildReport.init(line:)) else {
            throw failure("no report", child)
        }
        return report
    }

    private func failure(_ what: String, _ child: ChildProcess) -> BenchmarkError {
        child.kill()
        child.wait()
        return BenchmarkError("a child failed (\(what)): \(workbench.childErrors)")
    }
}
