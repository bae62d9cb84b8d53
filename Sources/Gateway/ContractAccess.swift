// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger
package import ShangMi

/// What the executed state of a chain says of its contracts, and what they answer: the part of `ChainAccess` that
/// contracts need.
///
/// Guarantees of every body: one answer speaks of one executed height, which it names; a question changes nothing, and
/// keeps no block waiting.
/// - Spec: API-63 to API-65.
package protocol ContractAccess: Sendable {
    /// Contracts in the order of their names, those retired too, without their code.
    func contracts(after name: Label?, limit: Int) async throws(AccessError) -> ConsortiumPage<DeployedContract>

    func contract(_ name: Label) async throws(AccessError) -> DeployedContract?

    /// A module that was published, by the SM3 of its bytes.
    func code(_ digest: Digest) async throws(AccessError) -> CodeEntry?

    /// What a contract would answer in the next block.
    /// - Throws: `.tooManyRequests` where as many questions wait as may; `.chainHalted` where this machine cannot run
    ///   contracts.
    func ask(_ question: ContractQuestion) async throws(AccessError) -> ContractReply
}

/// A contract and the code that answers for it.
package struct DeployedContract: Sendable {
    package let height: Height
    package let name: Label
    package let record: ContractRecord
    /// Whether it may be called.
    package let standing: Standing
    /// Asked for one contract only.
    package let code: CodeEntry?

    package init(height: Height, name: Label, record: ContractRecord, standing: Standing, code: CodeEntry? = nil) {
        self.height = height
        self.name = name
        self.record = record
        self.standing = standing
        self.code = code
    }
}

/// A published module.
package struct CodeEntry: Sendable {
    package let height: Height
    package let digest: Digest
    package let record: CodeRecord
    /// What the module says of itself, as it stands there; nil where it says nothing, or was not asked for.
    package let description: [UInt8]?

    package init(height: Height, digest: Digest, record: CodeRecord, description: [UInt8]?) {
        self.height = height
        self.digest = digest
        self.record = record
        self.description = description
    }
}

/// A call that is tried and undone.
package struct ContractQuestion: Sendable {
    package let contract: Label
    package let method: Label
    package let argument: [UInt8]
    /// What the contract may use, in gas.
    package let gas: UInt64
    /// Who asks; the contract is told. Nil for a stranger, where strangers may read.
    package let account: AccountID?

    package init(contract: Label, method: Label, argument: [UInt8], gas: UInt64, account: AccountID?) {
        self.contract = contract
        self.method = method
        self.argument = argument
        self.gas = gas
        self.account = account
    }
}

/// What a question came to.
package struct ContractReply: Sendable {
    /// The executed height it was asked at; the contract was told the next one.
    package let height: Height
    package let outcome: Outcome

    package init(height: Height, outcome: Outcome) {
        self.height = height
        self.outcome = outcome
    }
}
