internal import CacheConsole

/// The JSON Schema of everything that `--format json` and `--format ndjson` print.
enum Schema {
    static func text() -> String {
        var out = """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "Output of dcs-inspect",
              "description": "With --format json a command prints one document; with --format \
            ndjson it prints one row a line, or its summary where it has no rows.",
              "oneOf": [

            """
        let references = Shape.all.map { "    { \"$ref\": \"#/$defs/\($0.command)\" }" }
        out += references.joined(separator: ",\n") + "\n  ],\n  \"$defs\": {\n"
        out += Shape.all.flatMap(definitions).joined(separator: ",\n")
        return out + "\n  }\n}\n"
    }

    private static func definitions(_ shape: Shape) -> [String] {
        var members = ["\"command\": { \"const\": \"\(shape.command)\" }"]
        var names = ["command"]
        var definitions: [String] = []
        if let rows = shape.rows {
            members.append(
                "\"rows\": { \"type\": \"array\", "
                    + "\"items\": { \"$ref\": \"#/$defs/\(shape.command)_row\" } }")
            names.append("rows")
            definitions.append("    \"\(shape.command)_row\": \(object(rows, "    "))")
        }
        if let summary = shape.summary {
            members.append("\"summary\": { \"$ref\": \"#/$defs/\(shape.command)_summary\" }")
            names.append("summary")
            definitions.append("    \"\(shape.command)_summary\": \(object(summary, "    "))")
        }
        let document = object(members, required: names, about: shape.about, "    ")
        return ["    \"\(shape.command)\": \(document)"] + definitions
    }

    private static func object(_ columns: [Column], _ indent: String) -> String {
        let members = columns.map { column in
            "\"\(column.name)\": \(type(of: column, indent + "    "))"
        }
        return object(members, required: columns.map(\.name), about: nil, indent)
    }

    private static func object(
        _ members: [String], required: [String], about: String?, _ indent: String
    ) -> String {
        let names = required.map { "\"\($0)\"" }.joined(separator: ", ")
        let about = about.map { "\(indent)  \"description\": \(quoted($0)),\n" } ?? ""
        let inner = members.map { indent + "    " + $0 }.joined(separator: ",\n")
        return """
            {
            \(about)\(indent)  "type": "object",
            \(indent)  "additionalProperties": false,
            \(indent)  "required": [\(names)],
            \(indent)  "properties": {
            \(inner)
            \(indent)  }
            \(indent)}
            """
    }

    private static func type(of column: Column, _ indent: String) -> String {
        let about = "\"description\": \(quoted(column.about))"
        switch column.kind {
        case .list(let columns):
            return "{ \"type\": \"array\", \(about), \"items\": \(object(columns, indent)) }"
        case .text: return simple("string", column, about)
        case .count, .time: return simple("integer", column, about + ", \"minimum\": 0")
        case .real: return simple("number", column, about + ", \"minimum\": 0")
        case .flag: return simple("boolean", column, about)
        }
    }

    private static func simple(_ type: String, _ column: Column, _ rest: String) -> String {
        let types = column.isOptional ? "[\"\(type)\", \"null\"]" : "\"\(type)\""
        return "{ \"type\": \(types), \(rest) }"
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONText()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
