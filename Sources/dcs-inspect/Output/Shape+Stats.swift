extension Shape {
    static let stats = Shape(
        command: "stats", about: "Figures of the store.",
        summary: [
            Column("store", .text, "Identity of the data folder."),
            Column("checkpoint", .count, "Number of the checkpoint."),
            Column("time", .time, "What the figures hold for."),
            Column("durable_lsn", .count, "Durable for certain at the checkpoint."),
            Column("next_lsn", .count, "Of the next record to come."),
            Column("live_entries", .count, "Entries that a start would serve."),
            Column("log_entries", .count, "Of these, those in the log."),
            Column("segment_entries", .count, "Entries in segments, dead ones included."),
            Column("dead_entries", .count, "Entries in segments that nobody can read."),
            Column("expired_entries", .count, "Of these, expired and not cleared yet."),
            Column("dead_share", .real, "Dead entries by all entries in segments."),
            Column("segments", .count, "Segment files."),
            Column("segment_bytes", .count, "Bytes of them."),
            Column("raw_bytes", .count, "Bytes of their blocks, uncompressed."),
            Column("compression_ratio", .real, "Uncompressed by stored bytes."),
            Column("hint_bytes", .count, "Bytes of hint files."),
            Column("checkpoint_bytes", .count, "Bytes of the checkpoint."),
            Column("log_file_bytes", .count, "Bytes of log files, spares included."),
            Column("log_bytes", .count, "Bytes of records after the checkpoint."),
            Column("log_records", .count, "Records after the checkpoint."),
            Column("oldest_segment", .time, optional: true, "When it was written."),
            Column("newest_segment", .time, optional: true, "When it was written."),
            Column("remaining", .list(remaining), "Live entries by the time they have left."),
        ])

    private static let remaining = [
        Column(
            "below_seconds", .count, optional: true,
            "Upper bound of the class; null: longer, or never."),
        Column("expires", .flag, "False for the class of those that never expire."),
        Column("entries", .count, "How many there are."),
    ]
}
