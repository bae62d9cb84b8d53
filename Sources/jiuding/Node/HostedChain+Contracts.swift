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
        guard questions.enter() else {
            throw AccessError(.tooManyRequests, detail: "\(QuestionDesk.waitingMax) questions wait for an answer here")
        }
        defer { questions.leave() }
        guard let reader = await host.reader() else {
            throw AccessError(.chainHalted, detail: "the chain does not run on this node")
        }
        let header: Header
        do { header = try headerAfter(reader) } catch { throw AccessError(error) }
        let machine = ContractMachine(chain: name, engine: host.settings.engine)
        do throws(ExecutionTrouble) {
            let outcome = try await questions.ask(
                question.contract, question.method, question.argument, by: question.account, gas: question.gas,
                on: reader.tree, header: header, machine: machine)
            return ContractReply(height: reader.executed.height, outcome: outcome)
        } catch {
            switch error {
            case .store(let flaw): throw AccessError(flaw)
            case .engine(let trouble): throw AccessError(.chainHalted, detail: "no contract runs here: \(trouble.what)")
            }
        }
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

    /// - Cost: reads and checks the whole module for what it says of itself, some 10 ms for the largest.
    private func codeEntry(_ digest: Digest, _ reader: ChainReader<RocksStore>) throws(StoreError) -> CodeEntry? {
        var contracts = ContractReader(reader.tree)
        guard let record = try contracts.code(digest) else { return nil }
        var description: [UInt8]?
        if record.description != nil, let module = try contracts.module(digest) {
            description = ModuleGate.description(in: module)
        }
        return CodeEntry(height: reader.executed.height, digest: digest, record: record, description: description)
    }
}
