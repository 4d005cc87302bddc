/// What a node's `/metrics` says: samples by name (Prometheus text format, version 0.0.4).
package struct Metrics: Equatable, Sendable {
    /// One sample.
    struct Sample: Equatable, Sendable {
        let labels: [String: String]
        let value: Double
    }

    private(set) var samples: [String: [Sample]] = [:]

    /// - Throws: `ClientError` that names the first line that is no sample.
    package init(_ text: String) throws(ClientError) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where !line.isEmpty && line.first != "#"
        {
            var reader = SampleReader(line)
            guard let (name, sample) = reader.sample() else {
                throw ClientError(.unusable, "/metrics, line \(index + 1), is no sample")
            }
            samples[name, default: []].append(sample)
        }
    }

    /// The value of the sample with these labels among others; 0 where there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
        let found = samples[name]?.first { sample in
            labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found?.value ?? 0
    }

    /// The sum over all labels.
    func sum(_ name: String) -> Double { samples[name]?.reduce(0) { $0 + $1.value } ?? 0 }

    /// The values of a label, in the order of the text.
    func values(of label: String, in name: String) -> [String] {
        samples[name]?.compactMap { $0.labels[label] } ?? []
    }
}

/// Reads `name{label="value",…} number [timestamp]`.
private struct SampleReader {
    private var rest: Substring

    init(_ line: Substring) { rest = line }

    mutating func sample() -> (String, Metrics.Sample)? {
        let name = take { $0.isASCII && ($0.isLetter || $0.isNumber || "_:".contains($0)) }
        guard !name.isEmpty, let labels = labels() else { return nil }
        let fields = rest.split(separator: " ")
        guard rest.first == " ", fields.count == 1 || fields.count == 2,
            let value = Double(fields[0])
        else { return nil }
        return (String(name), Metrics.Sample(labels: labels, value: value))
    }

    private mutating func labels() -> [String: String]? {
        var labels: [String: String] = [:]
        guard takeOne("{") else { return labels }
        while !takeOne("}") {
            let name = take { $0 != "=" && $0 != "}" }
            guard !name.isEmpty, takeOne("="), takeOne("\""), let value = text() else { return nil }
            labels[String(name)] = value
            guard takeOne(",") || rest.first == "}" else { return nil }
        }
        return labels
    }

    /// A label's value up to its closing quote.
    private mutating func text() -> String? {
        var out = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return out
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                out.append(escaped == "n" ? "\n" : escaped)
            default: out.append(character)
            }
        }
        return nil
    }

    private mutating func take(while isPart: (Character) -> Bool) -> Substring {
        let part = rest.prefix(while: isPart)
        rest = rest[part.endIndex...]
        return part
    }

    private mutating func takeOne(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }
}
