// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// Contracts in JSON (docs/spec/http.md section 9); each writer here has its reader in ClientKit/ContractAnswer.swift.

extension DeployedContract {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            writer.field("code", record.code)
            writer.field("version", record.version)
            writer.field("deployed", record.deployed)
            writer.field("changed", record.changed)
            writer.field("template", record.template) { $0.value($1.text) }
            writer.field("founder", record.founder) { $0.value($1.digest) }
            writer.field("isRetired", record.isRetired)
            standing.write("standing", to: &writer, at: height)
            writer.field("height", height)
            writer.field("bytes", base64: record.encoded)
            writer.field("module", code) { writer, code in writer.object { code.fields(to: &$0) } }
        }
    }
}

extension CodeEntry {
    func fields(to writer: inout JSONWriter) {
        writer.field("digest", digest)
        writer.field("size", record.size)
        writer.field("migrates", record.migrates)
        writer.field("pages", record.pages)
        writer.field("program", record.program)
        writer.field("publisher", record.publisher)
        writer.field("published", record.published)
        writer.field("description", description) { $0.base64($1) }
        writer.field("height", height)
        writer.field("bytes", base64: record.encoded)
    }
}

extension ContractReply {
    /// - Parameter name: the contract that was asked.
    func write(to writer: inout JSONWriter, from name: Label) {
        let code = outcome.code
        let isOwn = code.value > ContractLimits.ownCodesBase
        writer.object { writer in
            writer.field("contract", name)
            writer.field("height", height)
            writer.field("result", code.isSuccess ? "ok" : "JD-\(code.value)")
            // A contract's own codes mean what its description says they do.
            writer.field("ownCode", isOwn ? code.value - ContractLimits.ownCodesBase : nil) { $0.value(Int($1)) }
            writer.field("title", code.stable) { $0.value($1.title) }
            writer.field("text", isOwn ? outcome.output : nil) { $0.value(String(decoding: $1, as: UTF8.self)) }
            writer.field("answer", code.isSuccess ? outcome.output : nil) { $0.base64($1) }
            writer.field("gasUsed", outcome.gasUsed)
            writer.field("events", list: outcome.events) { writer, event in
                writer.object { writer in
                    writer.field("contract", event.contract)
                    writer.field("name", event.name)
                    writer.field("data", base64: event.data)
                }
            }
            writer.field("outcome", base64: outcome.encoded)
        }
    }
}
