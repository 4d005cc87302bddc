/// What a key costs in memory when its value is on disk only.
struct MemoryPerKey: Benchmark {
    static let name = "memory-per-key"
    static let summary = "resident memory per cold key, 10M keys, less that of an empty engine"
    private static let keyCount = 10_000_000
    private static let valueBytes = 16

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(
            keyCount: workbench.scaled(Self.keyCount), valueBytes: Self.valueBytes)
        workbench.progress("an empty engine")
        let empty = ChildStore(workbench, workload)
        defer { empty.remove() }
        let base = try empty.open(empty: true).report
        workbench.progress("filling \(workload.keyCount) keys")
        let store = ChildStore(workbench, workload)
        defer { store.remove() }
        let filled = try store.fillAndClose()
        workbench.progress("opening them")
        let opened = try store.open().report
        guard opened.entries == workload.keyCount else {
            throw BenchmarkError("\(opened.entries) of \(workload.keyCount) keys are there")
        }
        return [
            measurement("memory per cold key", opened, base, Target(.atMost(40))),
            measurement("memory per key, hot values included", filled, base, Target()),
        ]
    }

    private func measurement(
        _ figure: String, _ report: ChildReport, _ base: ChildReport, _ target: Target
    ) -> Measurement {
        let grown = Double(report.memory.total) - Double(base.memory.total)
        return Measurement(
            figure, ours: Quantity(grown / Double(report.entries), .bytesPerKey), target: target,
            notes: [
                "Resident: \(Self.text(report.memory)); empty: \(Self.text(base.memory)).",
                "\(report.entries) entries; the index says "
                    + Quantity(Double(report.indexBytes), .bytes).text + ".",
            ])
    }

    private static func text(_ memory: ProcessMemory) -> String {
        "anonymous \(Quantity(Double(memory.anonymous), .bytes).text), "
            + "file \(Quantity(Double(memory.file), .bytes).text), "
            + "shared \(Quantity(Double(memory.shared), .bytes).text)"
    }
}
