// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi
package import Storage

/// What the executed state says of contracts, for whoever asks from outside.
/// - Spec: CTR-3, CTR-8, CTR-12.
package struct ContractReader<Store: KeyValueStore> {
    private var view: StateView<Store>

    package init(_ tree: StateTree<Store>) { view = StateView(tree) }

    package mutating func contract(_ name: Label) throws(StoreError) -> ContractRecord? {
        try view.decoded(ContractRecord.self, at: ContractsContract.contractKey(name))
    }

    package mutating func template(_ name: Label) throws(StoreError) -> TemplateRecord? {
        try view.decoded(TemplateRecord.self, at: ContractsContract.templateKey(name))
    }

    package mutating func code(_ digest: Digest) throws(StoreError) -> CodeRecord? {
        try view.decoded(CodeRecord.self, at: ContractsContract.codeKey(digest))
    }

    /// A module as it was uploaded; nil where none of that digest is published.
    package mutating func module(_ digest: Digest) throws(StoreError) -> [UInt8]? {
        guard let record = try code(digest) else { return nil }
        return try view.module(digest, record)
    }

    /// What an engine runs for a module.
    /// - Cost: reads, checks and instruments it anew: some 50 ms for the largest.
    /// - Throws: `.engine` where this version of the program makes something else of it (CTR-4).
    package mutating func program(_ digest: Digest) throws(ExecutionTrouble) -> ContractProgram? {
        let record: CodeRecord?
        do throws(StoreError) { record = try code(digest) } catch { throw .store(error) }
        guard let record else { return nil }
        return try view.program(of: digest, record)
    }
}
