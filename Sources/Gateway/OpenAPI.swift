// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Ledger

/// The interface described for machines: made from the same table that routes requests.
///
/// Bodies of answers are described as objects and nothing closer: docs/spec/http.md has their fields, and the
/// contract that a test can keep is which statuses and content types there are.
/// - Spec: API-4.
enum OpenAPI {
    /// Statuses any operation may answer with: over the bounds, too slow, or our own fault.
    private static let always = [408, 429, 500, 503]

    static func document(of operations: [Operation], version: String) -> [UInt8] {
        var writer = JSONWriter(reserving: 32 << 10)
        writer.object { writer in
            writer.field("openapi", "3.1.0")
            writer.field("info") { writer in
                writer.field("title", "Jiuding gateway")
                writer.field("version", version)
                writer.field("summary", "Submit, await, read, prove and stream")
                writer.field("license") { $0.field("name", "Apache-2.0") }
            }
            writer.field("paths") { writer in
                for path in paths(of: operations) {
                    writer.field(path) { writer in
                        for operation in operations where operation.pathText == path {
                            write(operation, to: &writer)
                        }
                    }
                }
            }
            writer.field("components", object: components)
        }
        return writer.bytes
    }

    private static func paths(of operations: [Operation]) -> [String] {
        operations.map(\.pathText).reduce(into: []) { paths, path in
            if !paths.contains(path) { paths.append(path) }
        }
    }

    private static func write(_ operation: Operation, to writer: inout JSONWriter) {
        writer.field(operation.method.rawValue.lowercased()) { writer in
            writer.field("operationId", operation.id)
            writer.field("summary", operation.summary)
            writer.field("parameters", list: operation.parameters) { writer, parameter in
                writer.object { writer in
                    writer.field("name", parameter.name)
                    writer.field("in", parameter.place.rawValue)
                    writer.field("required", parameter.place == .path)
                    writer.field("description", parameter.description)
                    writer.field("schema") { $0.field("type", parameter.type) }
                }
            }
            if let intake = operation.intake { write(intake, to: &writer) }
            let guarded = Need(operation).problems
            if operation.problems.contains(401) || !guarded.isEmpty {
                writer.field("security", list: ["token", "signature"]) { writer, name in
                    writer.object { $0.field(name, list: [String]()) { $0.value($1) } }
                }
            }
            writer.field("responses") { writer in
                for answer in operation.answers {
                    writer.field("\(answer.status)") { writer in
                        writer.field("description", answer.description)
                        writer.field("content") {
                            $0.field(answer.contentType) { schema(of: answer.contentType, &$0) }
                        }
                    }
                }
                for status in Set(operation.problems + always + guarded).sorted() {
                    writer.field("\(status)") { $0.field("$ref", "#/components/responses/Problem") }
                }
            }
        }
    }

    private static func write(_ intake: Operation.Intake, to writer: inout JSONWriter) {
        writer.field("requestBody") { writer in
            writer.field("required", true)
            writer.field("content") { writer in
                writer.field(intake.contentType) { writer in
                    writer.field("schema") { writer in
                        if let name = intake.schema {
                            writer.field("$ref", "#/components/schemas/\(name)")
                        } else {
                            writer.field("maxLength", intake.bytesMax)
                        }
                    }
                }
            }
        }
    }

    private static func schema(of contentType: String, _ writer: inout JSONWriter) {
        guard contentType == "application/json" else { return }
        writer.field("schema") { $0.field("type", "object") }
    }

    // MARK: Components

    private static func components(_ writer: inout JSONWriter) {
        writer.field("securitySchemes") { writer in
            writer.field("token") { writer in
                writer.field("type", "http")
                writer.field("scheme", "bearer")
            }
            writer.field("signature") { writer in
                writer.field("type", "apiKey")
                writer.field("in", "header")
                writer.field("name", "Jiuding-Signature")
                writer.field("description", "A member's key signs the request: docs/spec/http.md, API-42")
            }
        }
        writer.field("responses") { writer in
            writer.field("Problem") { writer in
                writer.field(
                    "description", "A problem document of RFC 9457 with a stable code and the remedy")
                writer.field("content") { writer in
                    writer.field("application/problem+json") { writer in
                        writer.field("schema") { $0.field("$ref", "#/components/schemas/Problem") }
                    }
                }
            }
        }
        writer.field("schemas") { writer in
            for schema in schemas { write(schema, to: &writer) }
        }
    }

    /// A JSON object we take or give: its fields with their types, a question mark after those that may be
    /// absent.
    private struct Schema {
        let name: String
        let fields: [(name: String, type: String)]
    }

    private static var schemas: [Schema] {
        [
            Schema(
                name: "Problem",
                fields: [
                    ("type", "string"), ("title", "string"), ("status", "integer"), ("detail", "string"),
                    ("instance", "string"), ("code", "string"), ("fix", "string"),
                ]),
            Schema(
                name: "Deposit",
                fields: [
                    ("businessType", "string"), ("title", "string"), ("digest", "string"),
                    ("size", "integer"),
                    ("mediaType", "string"), ("capture", "string?"),
                ]),
            Schema(
                name: "Verification",
                fields: [
                    ("receipt", "string"), ("digest", "string"), ("size", "integer"), ("trust", "string?"),
                ]),
            Schema(name: "Draft", fields: [("proposal", "string"), ("proposer", "string")]),
            Schema(
                name: "ContractQuestion", fields: [("method", "string"), ("argument", "string?"), ("gas", "integer?")]),
            Schema(name: "TokenWish", fields: [("seconds", "integer"), ("note", "string?")]),
            Schema(
                name: "Question",
                fields: [("contract", "string"), ("method", "string"), ("arguments", "object")]),
        ]
    }

    private static func write(_ schema: Schema, to writer: inout JSONWriter) {
        writer.field(schema.name) { writer in
            writer.field("type", "object")
            writer.field("required", list: schema.fields.filter { $0.type.last != "?" }) { $0.value($1.name) }
            writer.field("properties") { writer in
                for field in schema.fields {
                    let type = field.type.last == "?" ? String(field.type.dropLast()) : field.type
                    writer.field(field.name) { $0.field("type", type) }
                }
            }
        }
    }
}
