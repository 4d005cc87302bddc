/// What a command prints: rows, a summary, or both. The schema and the tables follow from it.
struct Shape: Sendable {
    let command: String
    let about: String
    var rows: [Column]?
    var summary: [Column]?
}

extension Shape {
    private static let key = Column(
        "key", .text, "The key; base64 where key_encoding says so.")
    private static let keyEncoding = Column(
        "key_encoding", .text, optional: true, "\"base64\" where the key is not UTF-8.")
    private static let lsn = Column("lsn", .count, "The version: number of its record.")
    private static let expires = Column(
        "expires", .time, optional: true,
        "When the entry ends, in milliseconds since 1970; null for never.")
    private static let contentType = Column(
        "content_type", .text, optional: true, "As given at the write.")
    private static let value = Column(
        "value", .text, "The value; base64 where encoding says so.")
    private static let encoding = Column(
        "encoding", .text, optional: true, "\"base64\" where the value is not UTF-8.")
    private static let valueBytes = Column("value_bytes", .count, "Bytes of the value.")
    private static let file = Column("file", .text, "The file, from the data folder on.")
    private static let offset = Column("offset", .count, "Of the frame in its file.")

    static let segments = Shape(
        command: "segments", about: "The segments of the checkpoint.",
        rows: [
            Column("id", .count, "The segment's number."),
            Column("generation", .count, "Times that its entries were rewritten, at least."),
            Column("created", .time, optional: true, "Milliseconds since 1970."),
            Column("blocks", .count, optional: true, "Blocks in the file."),
            Column("entries", .count, optional: true, "Entries in the file."),
            Column("live", .count, "Entries that are live by the checkpoint."),
            Column("file_bytes", .count, "Bytes of the file."),
            Column("raw_bytes", .count, optional: true, "Bytes of the blocks, uncompressed."),
            Column("first_lsn", .count, optional: true, "Lowest version in it."),
            Column("last_lsn", .count, optional: true, "Highest version in it."),
            Column("latest_expiry", .time, optional: true, "When its last entry ends."),
        ],
        summary: [Column("segments", .count, "How many there are.")])

    static let entries = Shape(
        command: "entries", about: "The live entries, without their values.",
        rows: [
            lsn, valueBytes, expires,
            Column("segment", .count, optional: true, "Where it is; null: in the log."),
            contentType, keyEncoding, key,
        ],
        summary: [Column("entries", .count, "How many were listed.")])

    static let get = Shape(
        command: "get", about: "One entry.",
        summary: [
            key, keyEncoding, Column("found", .flag, "Whether there is such an entry."),
            Column("lsn", .count, optional: true, "The version: number of its record."),
            expires, contentType,
            Column("file", .text, optional: true, "Where it is, from the data folder on."),
            Column("offset", .count, optional: true, "Of its block or frame in the file."),
            Column("value", .text, optional: true, "The value; base64 where encoding says so."),
            encoding,
        ])

    static let wal = Shape(
        command: "wal", about: "The records of the log after the checkpoint.",
        rows: [
            lsn, file, offset,
            Column(
                "kind", .text,
                "\"writes\", \"commit\", \"incarnation\", \"end\" or \"mark\"."),
            Column("payload_bytes", .count, "Bytes of the payload, without padding."),
            Column("partition", .count, "Of its keys; 1024 for several."),
            Column("sequence", .count, "Number of the write in its partition."),
            Column("epoch", .count, "Of the leadership that wrote it."),
            Column("durable_lsn", .count, "The newest durable record when it was written."),
            Column("writes", .list(writes), "What it writes, all of it or nothing."),
        ],
        summary: [
            Column("records", .count, "How many there are."),
            Column("begins_file", .count, "Number of the log file where the log begins."),
            Column("begins_offset", .count, "And the offset in it."),
            Column("next_lsn", .count, "Of the next record to come."),
            Column("ends_file", .text, optional: true, "The file where the log ends."),
            Column("ends_offset", .count, "And the offset in it."),
            Column("orderly_stop", .flag, "Whether the server was stopped in order."),
            Column("next_file_missing", .flag, "Whether the log may have gone on in a lost file."),
            Column("torn_bytes", .count, "Whole frames behind the end, which a start cuts off."),
        ])

    private static let writes = [
        Column("op", .text, "\"put\" or \"delete\"."), key, keyEncoding, valueBytes, expires,
    ]

    static let transactions = Shape(
        command: "transactions",
        about: "Records of the log with several writes or of transactions.",
        rows: [
            lsn, file, offset,
            Column(
                "kind", .text,
                "\"commit\", \"incarnation\" (numbers begin anew), or \"writes\": a batch."),
            Column(
                "transaction", .text, optional: true,
                "The number, in hexadecimal: the first half of what the client was given."),
            Column("time", .time, optional: true, "When it was committed, or began."),
            Column("writes", .list(writes), "All of them or none."),
        ],
        summary: [
            Column("records", .count, "How many there are."),
            Column("incarnation", .count, "The newest at the checkpoint; 0: none was claimed."),
            Column("committed", .count, "Transactions that the checkpoint remembers so."),
            Column("rolled_back", .count, "And so."),
            Column("timed_out", .count, "And so."),
        ])

    static let verify = Shape(
        command: "verify", about: "Damages, each with its place.",
        rows: [
            file, Column("offset", .count, optional: true, "Of the damage in the file."),
            Column("what", .text, "What is wrong."),
            Column(
                "harmless", .flag,
                "Whether the server makes the file again and nothing is lost: it does not count."),
        ],
        summary: [
            Column("damages", .count, "How many were found, unlisted ones included."),
            Column("segments", .count, "Segments read."),
            Column("blocks", .count, "Whole blocks."),
            Column("entries", .count, "Entries in them."),
            Column("live_entries", .count, "Those that are live by the checkpoint."),
            Column("records", .count, "Records of the log after the checkpoint."),
            Column("bytes", .count, "Bytes of segments, hints, search files and log files read."),
            Column("torn_bytes", .count, "Whole frames behind the log's end."),
            Column("orderly_stop", .flag, "Whether the server was stopped in order."),
            Column("next_file_missing", .flag, "Whether the log may have gone on in a lost file."),
            Column("search_files", .count, "Search files that are whole."),
            Column("search_damages", .count, "Search files that the server makes again."),
        ])

    static let export = Shape(
        command: "export", about: "The live entries, whole.",
        rows: [key, keyEncoding, value, encoding, contentType, expires, lsn])

    static let repair = Shape(
        command: "repair", about: "What could not be saved.",
        rows: [
            file, Column("from", .count, optional: true, "First byte of the lost range."),
            Column("to", .count, optional: true, "First byte behind it."),
            Column("entries", .count, optional: true, "Live entries lost; null: not known."),
            Column("may_revive", .flag, "Whether older versions may be back because of it."),
            Column("what", .text, "What happened."),
        ],
        summary: [
            Column("losses", .count, "How many there are."),
            Column("saved_entries", .count, "Entries of the new folder."),
            Column("saved_bytes", .count, "Bytes of their keys and values."),
            Column("dead_entries", .count, "Whole, but deleted, replaced or evicted."),
            Column("expired_entries", .count, "Whole, but their time had come."),
            Column("next_lsn", .count, "The first version that the new folder gives out."),
        ])

    static let search = Shape(
        command: "search", about: "Live entries by the words of their values, the best first.",
        rows: [
            Column("score", .real, "Higher is better."), keyEncoding, key,
            Column("snippet", .text, optional: true, "The part of the value that matches best."),
        ],
        summary: [
            Column("total", .count, "Entries that match."),
            Column("documents", .count, "Entries that are text or JSON."),
        ])

    static let all = [
        segments, entries, get, wal, transactions, stats, verify, export, search, repair,
    ]
}
