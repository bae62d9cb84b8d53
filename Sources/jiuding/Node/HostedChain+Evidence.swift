// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import ShangMi
import Storage

// Evidence as the gateway asks for it: found by number, digest or depositor, read from the state with its notes.
extension HostedChain {
    func evidence(_ number: EvidenceNumber) async throws(AccessError) -> EvidenceEntry? {
        try await read { (reader) throws(StoreError) in try entry(number, reader) }
    }

    func evidence(digest: Digest) async throws(AccessError) -> [EvidenceEntry] {
        try await read { (reader) throws(StoreError) in
            let places = try reader.blocks.places(of: digest, in: .evidenceByDigest, after: nil, limit: 1_000)
            return try entries(places, reader)
        }
    }

    func evidence(
        depositor: AccountID, after number: EvidenceNumber?, limit: Int
    ) async throws(AccessError) -> [EvidenceEntry] {
        try await read { (reader) throws(StoreError) in
            let places = try reader.blocks.places(
                of: depositor.digest, in: .evidenceByDepositor, after: number, limit: limit)
            return try entries(places, reader)
        }
    }

    private func entries(
        _ places: [EvidenceNumber], _ reader: ChainReader<RocksStore>
    ) throws(StoreError) -> [EvidenceEntry] {
        var entries: [EvidenceEntry] = []
        for place in places {
            guard let entry = try entry(place, reader) else {
                throw .corrupt(what: "the index names record \(place.text), which is not there")
            }
            entries.append(entry)
        }
        return entries
    }

    /// A record by its number: the number says which transaction made it, the transaction says which record.
    private func entry(
        _ number: EvidenceNumber, _ reader: ChainReader<RocksStore>
    ) throws(StoreError) -> EvidenceEntry? {
        // When a block leaves for the archive, this much of it stays.
        guard number.height > .zero, let left = try reader.blocks.remnant(at: number), let evidence = left.evidence
        else { return nil }
        let key = StateKey.of(
            Deposit.contract, EvidenceRecord.key(digest: evidence.digest, depositor: evidence.depositor))
        guard let bytes = try reader.tree.value(for: key) else { return nil }
        guard let record = try? EvidenceRecord(decoding: bytes) else {
            throw .corrupt(what: "evidence record \(number.text)")
        }
        // A repeated deposit has a place of its own but made no record.
        guard record.number == number else { return nil }
        return EvidenceEntry(
            record: record, notes: try notes(record, evidence.digest, reader), transaction: left.id)
    }

    private func notes(
        _ record: EvidenceRecord, _ digest: Digest, _ reader: ChainReader<RocksStore>
    ) throws(StoreError) -> [EvidenceNote] {
        // The newest thousand: a page, not an archive.
        let first = record.noteCount > 1_000 ? record.noteCount - 1_000 : 0
        let keys = (first..<record.noteCount).map {
            StateKey.of(
                Deposit.contract, EvidenceRecord.noteKey(digest: digest, depositor: record.depositor, note: $0))
        }
        if keys.isEmpty { return [] }
        var notes: [EvidenceNote] = []
        for value in try reader.tree.values(for: keys) {
            guard let value, let note = try? EvidenceNote(decoding: value) else {
                throw .corrupt(what: "a note of evidence record \(record.number.text)")
            }
            notes.append(note)
        }
        return notes
    }
}
