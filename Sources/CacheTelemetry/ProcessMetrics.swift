internal import CShims

/// What the operating system knows of this process, under the names that all Prometheus clients
/// share.
package struct ProcessMetrics: Sendable {
    /// Read once: it is the same for as long as the machine runs.
    private let bootSeconds = dcs_boot_seconds()

    package init() {}

    /// Writes `process_*`; figures that the system does not tell are left out.
    package func collect(_ text: inout PrometheusText) {
        var figures = dcs_process_figures()
        guard dcs_read_process_figures(&figures) == 0 else { return }
        text.metric(
            "process_cpu_seconds_total", .counter, "Processor time, user and system.",
            figures.cpu_seconds)
        text.metric(
            "process_resident_memory_bytes", .gauge, "Memory present.", figures.resident_bytes)
        text.metric(
            "process_virtual_memory_bytes", .gauge, "Address space taken.", figures.virtual_bytes)
        text.metric(
            "process_start_time_seconds", .gauge, "Start, in seconds since 1970.",
            bootSeconds + figures.start_seconds)
        text.metric("process_threads", .gauge, "Threads.", figures.threads)
        text.metric("process_open_fds", .gauge, "File descriptors open.", figures.open_files)
        text.metric(
            "process_max_fds", .gauge, "File descriptors allowed.", figures.open_files_max)
    }
}

/// Writes `dcs_build_info`, whose labels say what is running.
package func collectBuildInfo(version: String, _ text: inout PrometheusText) {
    text.begin("dcs_build_info", .gauge, "Always 1; the labels say what is running.")
    text.sample("dcs_build_info", [("version", version)], UInt64(1))
}
