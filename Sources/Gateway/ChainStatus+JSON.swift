// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// What things look like in JSON (docs/spec/http.md); each writer here has its reader in
// ClientKit/NodeAnswer+JSON.swift. Numbers that may exceed 2^53 are strings; whatever has a canonical form is
// there in base64 beside its readable parts, so that a client can check instead of believe.

extension ChainStatus {
    func write(to writer: inout JSONWriter, name: Label, id: ChainID) {
        writer.object { writer in
            writer.field("name", name)
            writer.field("id", id)
            writer.field("height", height)
            writer.field("tip", tip)
            writer.field("lastBlockTime", time: lastBlock)
            writer.field("executedHeight", executed)
            writer.field("attestedHeight", attested)
            writer.field("stateRoot", stateRoot)
            writer.field("historyRoot", historyRoot)
            writer.field("rules", UInt64(rules.value))
            writer.field("waiting", waiting)
            writer.field("inStep", inStep)
            writer.field("halted", halted) { $0.value($1) }
            writer.field("disk") { writer in
                writer.field("chainBytes", disk.chainBytes)
                writer.field("freeBytes", disk.freeBytes)
                writer.field("daysLeft", disk.daysLeft) { $0.value($1) }
                writer.field("archivedThrough", disk.archivedThrough) { $0.value($1.value) }
            }
            writer.field("committee") { committee.write(to: &$0) }
            let domains = FailureDomains(of: committee)
            writer.field("survivesAnyCloud", domains.survivesAnyCloud)
            writer.field("clouds", list: domains.clouds) { writer, cloud in
                writer.object { writer in
                    writer.field("name", cloud.name)
                    writer.field("validators", cloud.validators)
                    writer.field("dispensable", cloud.isDispensable)
                }
            }
        }
    }
}

extension Committee {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.field("epoch", epoch)
        writer.field("id", id)
        writer.field("quorum", quorum)
        writer.field("validators", list: validators) { writer, validator in
            writer.object { writer in
                writer.field("name", validator.name)
                writer.field("organization", validator.organization)
                writer.field("failureDomain", validator.failureDomain)
                writer.field("key", hex: validator.key.bytes)
            }
        }
        writer.field("blockIntervalMs", parameters.blockIntervalMillis)
        writer.field("blockTransactionsMax", parameters.blockTransactionsMax)
        writer.field("bytes", base64: encoded)
    }
}

extension FinalBlock {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("height", header.height)
            writer.field("id", header.id)
            writer.field("parent", header.parent)
            writer.field("time", time: header.timestamp)
            writer.field("epoch", header.epoch)
            writer.field("view", header.view)
            writer.field("proposer", header.proposer.value)
            writer.field("transactionCount", header.transactionCount)
            writer.field("payloadBytes", header.payloadBytes)
            writer.field("payloadRoot", header.payloadRoot)
            writer.field("attestedHeight", header.execHeight)
            writer.field("attestedRoot", header.execRoot)
            writer.field("receiptsRoot", leaf?.receiptsRoot) { $0.value($1) }
            writer.field("stateRoot", leaf?.stateRoot) { $0.value($1) }
            writer.field("transactions", list: transactions) { $0.value($1.digest) }
            writer.field("header", base64: header.encoded)
            writer.field("certificate", certificate) { $0.base64($1.encoded) }
            writer.field("leaf", leaf) { $0.base64($1.encoded) }
        }
    }
}

extension ResultCode {
    /// `ok`, or the stable code.
    var text: String { isSuccess ? "ok" : "JD-\(value)" }
}

extension Event {
    func write(fields writer: inout JSONWriter) {
        writer.field("contract", contract)
        writer.field("name", name)
        writer.field("data", base64: data)
    }
}

extension TransactionRecord {
    private var status: String {
        guard position != nil else { return "waiting" }
        return receipt == nil ? "final" : attested ? "attested" : "executed"
    }

    /// - Parameter withheld: fields of the call that are kept from the reader: where there is one the arguments are
    ///   left out whole, and with them the salt that keeps the identifier from being guessed at.
    func write(to writer: inout JSONWriter, proof: ReceiptProof?, withholding withheld: [Label]) {
        let body = transaction.body
        let isWhole = withheld.isEmpty
        writer.object { writer in
            writer.field("id", id)
            writer.field("status", status)
            writer.field("height", position?.height) { $0.value($1.value) }
            writer.field("index", position?.index) { $0.value($1) }
            writer.field("time", position?.time) { $0.value($1) }
            writer.field("chain", body.chain)
            writer.field("sender", AccountID(body.sender))
            writer.field("senderKey", hex: body.sender.bytes)
            writer.field("contract", body.contract)
            writer.field("method", body.method)
            writer.field("arguments", isWhole ? body.arguments : nil) { $0.base64($1) }
            writer.field("validFrom", body.validFrom)
            writer.field("validUntil", body.validUntil)
            writer.field("salt", isWhole ? String(body.salt) : nil) { $0.value($1) }
            writer.field("result", receipt?.outcome.code.text) { $0.value($1) }
            writer.field("gasUsed", receipt?.outcome.gasUsed) { $0.value($1.value) }
            writer.field("output", receipt?.outcome.output) { $0.base64($1) }
            writer.field("events", list: receipt?.outcome.events ?? []) { writer, event in
                writer.object { event.write(fields: &$0) }
            }
            writer.field("bytes", isWhole ? transaction.bytes : nil) { $0.base64($1) }
            writer.field("outcome", receipt?.outcome) { $0.base64($1.encoded) }
            writer.field("receipt", isWhole ? proof : nil) { writer, proof in
                writer.base64(EvidenceReceipt(transaction: transaction, proof: proof).encoded)
            }
            writer.field("resultProof", proof) { $0.base64($1.encoded) }
            writer.field("withheld", names: withheld)
        }
    }
}

extension SubmissionResult {
    func write(to writer: inout JSONWriter, transaction: SignedTransaction) {
        writer.object { writer in
            switch self {
            case .admitted(let id): SubmissionResult.write("admitted", id, to: &writer)
            case .known(let id): SubmissionResult.write("known", id, to: &writer)
            case .final(let id, let height, let index):
                SubmissionResult.write("final", id, to: &writer)
                writer.field("height", height)
                writer.field("index", index)
            case .attested(let proof):
                SubmissionResult.write("attested", proof.receipt.transaction, to: &writer)
                writer.field("height", proof.receipt.height)
                writer.field("index", proof.receipt.index)
                writer.field("result", proof.receipt.outcome.code.text)
                writer.field(
                    "receipt", base64: EvidenceReceipt(transaction: transaction, proof: proof).encoded)
            case .refused(let id, let code, let detail):
                writer.field("status", "refused")
                writer.field("id", id) { $0.value($1.digest) }
                writer.field("code", code.label)
                writer.field("title", code.title)
                writer.field("detail", detail)
                writer.field("fix", code.fix)
            }
        }
    }

    private static func write(_ status: String, _ id: TransactionID, to writer: inout JSONWriter) {
        writer.field("status", status)
        writer.field("id", id)
    }
}

extension EvidenceEntry {
    /// Fields that are kept from the reader are null and named; the record's bytes hold all but the notes.
    func write(to writer: inout JSONWriter, withholding withheld: Withheld) {
        func shown<Value>(_ field: Label, _ value: Value) -> Value? { withheld.covers(field) ? nil : value }
        let deposit = record.deposit
        writer.object { writer in
            writer.field("number", record.number.text)
            writer.field("recorded", time: record.recorded)
            writer.field("depositor", record.depositor)
            writer.field("businessType", shown(DataField.businessType, deposit.businessType)) { $0.value($1.text) }
            writer.field("title", shown(DataField.title, deposit.title)) { $0.value($1.text) }
            writer.field("algorithm", "SM3")
            writer.field("digest", shown(DataField.digest, deposit.digest)) { $0.value($1) }
            writer.field("size", shown(DataField.size, deposit.size)) { $0.value(String($1)) }
            writer.field("mediaType", shown(DataField.mediaType, deposit.mediaType)) { $0.value($1.text) }
            writer.field("capture", shown(DataField.capture, deposit.capture)) { $0.value("\($1)") }
            writer.field("transaction", transaction)
            writer.field("notes", shown(DataField.notes, notes)) { writer, notes in
                writer.list(notes) { writer, note in
                    writer.object { writer in
                        writer.field("author", note.author)
                        writer.field("recorded", time: note.recorded)
                        writer.field("text", String(decoding: note.text, as: UTF8.self))
                        writer.field("bytes", base64: note.encoded)
                    }
                }
            }
            let isWhole = withheld.first(of: DataField.written(by: Deposit.method, of: Deposit.contract)) == nil
            writer.field("bytes", isWhole ? record.encoded : nil) { $0.base64($1) }
            writer.field("withheld", names: withheld.fields)
        }
    }
}
