// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
package import Ledger
package import ShangMi

// What a node says of contracts (docs/spec/http.md section 9); each reader here has its writer in
// Gateway/DeployedContract+JSON.swift. Records are read from their canonical bytes, everything else from its fields.

/// A contract as a node has it.
package struct ContractAnswer: Hashable, Sendable {
    package let name: Label
    package let record: ContractRecord
    /// `active`, `frozen` or `removed`.
    package let standing: String
    package let height: Height
    /// Asked for one contract only.
    package let code: CodeAnswer?
}

/// A published module.
package struct CodeAnswer: Hashable, Sendable {
    package let digest: Digest
    package let record: CodeRecord
    /// What the module says of itself: one JSON text; nil where it says nothing.
    package let description: [UInt8]?
    package let height: Height
}

/// What a contract answered to a question.
package struct ReplyAnswer: Hashable, Sendable {
    package let height: Height
    package let outcome: Outcome
}

extension ContractAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        name = try reader["name"].label()
        record = try reader["bytes"].canonical(ContractRecord.self)
        standing = try reader["standing"]["status"].text()
        height = try reader["height"].ordinal(Height.self)
        code = try reader["module"].orNull { module throws(JSONShape) in try CodeAnswer(from: module) }
        if let code, code.digest != record.code { throw reader["module"].wrong("the contract's module") }
    }
}

extension CodeAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        digest = try reader["digest"].digest()
        record = try reader["bytes"].canonical(CodeRecord.self)
        description = try reader["description"].orNull { text throws(JSONShape) in try text.bytes() }
        if let description, SM3.hash(description) != record.description {
            throw reader["description"].wrong("the module's")
        }
        height = try reader["height"].ordinal(Height.self)
    }
}

extension ReplyAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        height = try reader["height"].ordinal(Height.self)
        outcome = try reader["outcome"].canonical(Outcome.self)
    }
}
