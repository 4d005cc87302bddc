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
        let cluster_id: Number<UInt64>
        let revision: Number<Int64>?
    }

    /// An answer of which the header matters alone.
    struct Plain: Decodable { let header: Header }

    struct Lease: Codable {
        var ID: Number<Int64>
        var TTL: Number<Int64>?
    }

    struct LeaseAnswer: Decodable {
        let header: Header
        let ID: Number<Int64>
        let TTL: Number<Int64>?
        let error: String?
    }

    /// One message of a stream.
    struct Streamed<Result: Decodable>: Decodable {
        let result: Result?
        let error: Failure?
    }

    struct Range: Encodable {
        var key: Bytes
        var range_end: Bytes
        var limit: Number<Int64>?
    }

    struct RangeAnswer: Decodable {
        struct Entry: Decodable {
            let key: Bytes
            let mod_revision: Number<Int64>
            let value: Bytes?
            let lease: Number<Int64>?
        }

        let header: Header
        let kvs: [Entry]?
    }

    struct Transaction: Encodable {
        struct Comparison: Encodable {
            let target = "MOD"
            let result = "EQUAL"
            var key: Bytes
            var mod_revision: Number<Int64>
        }

        struct Operation: Encodable { var request_put: Put }

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

    struct Watch: Encodable { var create_request: Range }

    struct WatchAnswer: Decodable {
        let canceled: Bool?
        let cancel_reason: String?
    }

    struct Login: Encodable {
        var name: String
        var password: String
    }

    struct LoginAnswer: Decodable { let token: String }

    /// Why not: with the code of gRPC, which a stream names otherwise.
    struct Failure: Decodable {
        let code: Int?
        let grpc_code: Int?
        let message: String?
    }
}
