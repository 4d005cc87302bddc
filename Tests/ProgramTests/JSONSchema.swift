import Foundation

/// A JSON value; booleans and numbers are kept apart.
enum JSONTree: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    init(text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var double: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    var items: [JSONTree] {
        guard case .list(let items) = self else { return [] }
        return items
    }
}

/// Checks JSON against a schema, as far as the schemas of this project go: `$ref` into `$defs`,
/// `oneOf`, `const`, `type`, `required`, `properties`, `additionalProperties`, `items`, `minimum`.
struct JSONSchema {
    private let root: JSONTree

    init(contentsOfFile path: String) throws {
        root = try JSONTree(text: String(contentsOfFile: path, encoding: .utf8))
    }

    /// What is wrong with a document, or with one that a definition is for.
    func problems(ofText text: String, definition: String? = nil) throws -> [String] {
        let value = try JSONTree(text: text)
        guard let definition else { return problems(value, root, "$") }
        return problems(value, .object(["$ref": .text("#/$defs/" + definition)]), "$")
    }

    private func problems(_ value: JSONTree, _ schema: JSONTree, _ path: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.dropFirst("#/$defs/".count))
            guard let target = root["$defs"]?[name] else {
                return ["\(path): there is no \(reference)"]
            }
            return problems(value, target, path)
        }
        if let choices = schema["oneOf"]?.items {
            let fitting = choices.count { problems(value, $0, path).isEmpty }
            return fitting == 1 ? [] : ["\(path): fits \(fitting) of \(choices.count)"]
        }
        if let constant = schema["const"] {
            return value == constant ? [] : ["\(path): is not \(constant)"]
        }
        var found = typeProblems(value, schema, path)
        if case .object(let members) = value { found += memberProblems(members, schema, path) }
        if let items = schema["items"] {
            for (index, item) in value.items.enumerated() {
                found += problems(item, items, "\(path)[\(index)]")
            }
        }
        return found
    }

    private func typeProblems(
        _ value: JSONTree, _ schema: JSONTree, _ path: String
    ) -> [String] {
        let types = schema["type"]?.items ?? []
        let allowed = (types.isEmpty ? [schema["type"]].compactMap { $0 } : types)
            .compactMap(\.string)
        guard allowed.isEmpty || allowed.contains(where: { Self.isOf($0, value) }) else {
            return ["\(path): \(value) is none of \(allowed)"]
        }
        if let minimum = schema["minimum"]?.double, let number = value.double, number < minimum {
            return ["\(path): \(number) is below \(minimum)"]
        }
        return []
    }

    private static func isOf(_ type: String, _ value: JSONTree) -> Bool {
        switch value {
        case .null: type == "null"
        case .flag: type == "boolean"
        case .number(let number):
            type == "number" || type == "integer" && number.rounded() == number
        case .text: type == "string"
        case .list: type == "array"
        case .object: type == "object"
        }
    }

    private func memberProblems(
        _ members: [String: JSONTree], _ schema: JSONTree, _ path: String
    ) -> [String] {
        var found: [String] = []
        for name in schema["required"]?.items.compactMap(\.string) ?? []
        where members[name] == nil {
            found.append("\(path): \(name) is missing")
        }
        for (name, value) in members {
            if let member = schema["properties"]?[name] {
                found += problems(value, member, path + "." + name)
            } else if schema["additionalProperties"] == .flag(false) {
                found.append("\(path): \(name) is unknown")
            }
        }
        return found
    }
}
