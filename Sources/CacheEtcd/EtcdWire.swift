internal import FoundationEssentials

/// Messages of etcd's JSON gateway: 64-bit numbers are strings, bytes base64, and what is zero or
/// empty is left out.
enum EtcdWire {
    /// A number in quotes, in its only form.
    struct Number<Value: FixedWidthInteger & Sendable>: Codable, Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }

        init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let value = Value(text), String(value) == text else {
                throw EtcdError(.unreadable, "\(text) is no number")
            }
            self.value = value
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(String(value))
        }
    }

    /// Bytes in base64, without anything between.
    struct Bytes: Codable, Sendable {
        let value: [UInt8]

        init(_ value: some Sequence<UInt8>) { self.value = Array(value) }

        init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let data = Data(base64Encoded: text) else {
                throw EtcdError(.unreadable, "an answer has bytes that are no base64")
            }
            value = Array(data)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(Data(value).base64EncodedString())
        }
    }

    struct Header: Decodable {
        let cluster: Number<UInt64>
        let revision: Number<Int64>?

        private enum CodingKeys: String, CodingKey {
            case cluster = "cluster_id"
            case revision
        }
    }

    /// An answer of which the header matters alone.
    struct Plain: Decodable { let header: Header }

    struct Lease: Encodable {
        var id: Number<Int64>
        var seconds: Number<Int64>?

        private enum CodingKeys: String, CodingKey {
            case id = "ID"
            case seconds = "TTL"
        }
    }

    struct LeaseAnswer: Decodable {
        let header: Header
        let id: Number<Int64>
        let seconds: Number<Int64>?
        let error: String?

        private enum CodingKeys: String, CodingKey {
            case header, error
            case id = "ID"
            case seconds = "TTL"
        }
    }

    /// One message of a stream.
    struct Streamed<Result: Decodable>: Decodable {
        let result: Result?
        let error: Failure?
    }

    struct Range: Encodable {
        var key: Bytes
        var end: Bytes
        var limit: Number<Int64>?

        private enum CodingKeys: String, CodingKey {
            case key, limit
            case end = "range_end"
        }
    }

    struct RangeAnswer: Decodable {
        struct Entry: Decodable {
            let key: Bytes
            let revision: Number<Int64>
            let value: Bytes?
            let lease: Number<Int64>?

            private enum CodingKeys: String, CodingKey {
                case key, value, lease
                case revision = "mod_revision"
            }
        }

        let header: Header
        let kvs: [Entry]?
    }

    struct Transaction: Encodable {
        struct Comparison: Encodable {
            let target = "MOD"
            let result = "EQUAL"
            var key: Bytes
            var revision: Number<Int64>

            private enum CodingKeys: String, CodingKey {
                case target, result, key
                case revision = "mod_revision"
            }
        }

        struct Operation: Encodable {
            var put: Put

            private enum CodingKeys: String, CodingKey { case put = "request_put" }
        }

        struct Put: Encodable {
            var key: Bytes
            var value: Bytes
            var lease: Number<Int64>?
        }

        var compare: [Comparison]
        var success: [Operation]
    }

    struct TransactionAnswer: Decodable {
        let header: Header
        let succeeded: Bool?
    }

    struct Watch: Encodable {
        var creation: Range

        private enum CodingKeys: String, CodingKey { case creation = "create_request" }
    }

    struct WatchAnswer: Decodable { let canceled: Bool? }

    struct Login: Encodable {
        var name: String
        var password: String
    }

    struct LoginAnswer: Decodable { let token: String }

    /// Why not: with the code of gRPC, which a stream names otherwise.
    struct Failure: Decodable {
        let code: Int?
        let codeInStream: Int?
        let message: String?

        private enum CodingKeys: String, CodingKey {
            case code, message
            case codeInStream = "grpc_code"
        }
    }
}
