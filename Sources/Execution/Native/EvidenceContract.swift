// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage

/// Evidence (存证): digests put on record, once for each depositor, with remarks that are only ever added.
///
/// - Spec: EVID-1 to EVID-6; requirements.md 3.2.
enum EvidenceContract {
    private static let deposited = Label(literal: "deposited")
    private static let annotated = Label(literal: "annotated")

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        if method == Deposit.method { return try deposit(decode(Deposit.self, arguments), &context) }
        if method == EvidenceNote.method { return try annotate(decode(Annotation.self, arguments), &context) }
        throw .result(.unknownMethod)
    }

    /// The state keys a call is likely to read; a hint only.
    static func likelyReads(_ method: Label, _ arguments: [UInt8], sender: AccountID) -> [[UInt8]] {
        guard method == Deposit.method, let deposit = try? Deposit(decoding: arguments) else { return [] }
        let key = EvidenceRecord.key(digest: deposit.digest, depositor: sender)
        return [StateKey.of(Deposit.contract, key)]
    }

    /// Puts a digest on record, or answers with the record the same depositor made of it before (EVID-2).
    private static func deposit<Store: KeyValueStore>(
        _ deposit: Deposit, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        let key = EvidenceRecord.key(digest: deposit.digest, depositor: context.sender)
        if let record = try record(key, &context) {
            return DepositReply(number: record.number, recorded: record.recorded, repeated: true).encoded
        }
        let record = EvidenceRecord(
            number: context.place, recorded: context.time, depositor: context.sender, deposit: deposit, noteCount: 0)
        try context.write(record.encoded, for: key)
        context.note(IndexEntry(space: .evidenceByDigest, subject: deposit.digest, place: record.number))
        context.note(IndexEntry(space: .evidenceByDepositor, subject: context.sender.digest, place: record.number))
        try context.emit(deposited, record.number.encoded)
        return DepositReply(number: record.number, recorded: record.recorded, repeated: false).encoded
    }

    /// Adds a remark to one of the sender's own records (EVID-5).
    private static func annotate<Store: KeyValueStore>(
        _ annotation: Annotation, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        let key = EvidenceRecord.key(digest: annotation.digest, depositor: context.sender)
        guard let record = try record(key, &context) else { throw .result(.evidenceNotFound) }
        guard record.noteCount < UInt64(UInt32.max) else { throw .result(.evidenceNotesFull) }
        let note = EvidenceNote(author: context.sender, recorded: context.time, text: annotation.text)
        let noteKey = EvidenceRecord.noteKey(
            digest: annotation.digest, depositor: context.sender, note: record.noteCount)
        try context.write(note.encoded, for: noteKey)
        let counted = EvidenceRecord(
            number: record.number, recorded: record.recorded, depositor: record.depositor, deposit: record.deposit,
            noteCount: record.noteCount + 1)
        try context.write(counted.encoded, for: key)
        try context.emit(annotated, record.number.encoded)
        return record.number.encoded
    }

    private static func record<Store: KeyValueStore>(
        _ key: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> EvidenceRecord? {
        guard let bytes = try context.value(for: key) else { return nil }
        do {
            return try EvidenceRecord(decoding: bytes)
        } catch {
            throw .store(.corrupt(what: "an evidence record"))
        }
    }

    private static func decode<Value: Canonical>(
        _ type: Value.Type, _ arguments: [UInt8]
    ) throws(CallFailure) -> Value {
        do {
            return try Value(decoding: arguments)
        } catch {
            throw .result(.malformedArguments)
        }
    }
}
