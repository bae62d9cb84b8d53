// SPDX-License-Identifier: Apache-2.0
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import ShangMi
import Storage

// Contracts as the gateway asks for them: names from the register (DATA-12), values from the executed state, answers by
// running them there.
extension HostedChain {
    func contracts(
        after name: Ledger.Label?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<DeployedContract> {
        try await read { (reader) throws(StoreError) in
            let keys = try reader.blocks.keys(
                of: .contracts, after: name.map { ContractsContract.contractKey($0) }, limit: limit)
            let head = Register.contracts.prefix.count
            var entries: [DeployedContract] = []
            for key in keys {
                guard let name = Ledger.Label(String(decoding: key.dropFirst(head), as: UTF8.self)) else {
                    throw .corrupt(what: "a contract's name")
                }
                if let entry = try entry(name, reader) { entries.append(entry) }
            }
            let last = keys.count == limit ? keys.last : nil
            return ConsortiumPage(
                height: reader.executed.height, elements: entries,
                cursor: last.map { String(decoding: $0.dropFirst(head), as: UTF8.self) })
        }
    }

    func contract(_ name: Ledger.Label) async throws(AccessError) -> DeployedContract? {
        try await read { (reader) throws(StoreError) in
            guard let found = try entry(name, reader) else { return nil }
            return DeployedContract(
                height: found.height, name: name, record: found.record, standing: found.standing,
                code: try codeEntry(found.record.code, reader))
        }
    }

    func code(_ digest: Digest) async throws(AccessError) -> CodeEntry? {
        try await read { (reader) throws(StoreError) in try codeEntry(digest, reader) }
    }

    func ask(_ question: ContractQuestion) async throws(AccessError) -> ContractReply {
        guard questions.row.enter(question.account) else {
            throw AccessError(
                .tooManyRequests,
                detail:
                    "\(QuestionRow.waitingMax) questions wait here, or \(QuestionRow.ownMax) of one member"
            )
        }
        defer { questions.row.leave(question.account) }
        return try await questions.ask(question, of: self)
    }

    private func entry(
        _ name: Ledger.Label, _ reader: ChainReader<RocksStore>
    ) throws(StoreError) -> DeployedContract? {
        var contracts = ContractReader(reader.tree)
        guard let record = try contracts.contract(name) else { return nil }
        var consortium = ConsortiumReader(reader.tree, next: reader.executed.height.next)
        return DeployedContract(
            height: reader.executed.height, name: name, record: record,
            standing: try consortium.standing(ofContract: name))
    }

    /// - Cost: the first time it is asked for, the whole module is read and checked for what it says of itself, some 10
    ///   ms for the largest.
    private func codeEntry(_ digest: Digest, _ reader: ChainReader<RocksStore>) throws(StoreError) -> CodeEntry? {
        var contracts = ContractReader(reader.tree)
        guard let record = try contracts.code(digest) else { return nil }
        var description: [UInt8]?
        if record.description != nil {
            description = try descriptions.description(of: digest) { () throws(StoreError) in
                try contracts.module(digest).flatMap { ModuleGate.description(in: $0) }
            }
        }
        return CodeEntry(height: reader.executed.height, digest: digest, record: record, description: description)
    }
}
