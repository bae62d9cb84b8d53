// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
package import Ledger
package import ShangMi
import Storage

// Contracts: put on the chain the way every contract gets there, called as members call them.
extension Testbed {
    /// Gas a call may use, where nobody says otherwise: as much as `jiuding contract call` puts aside.
    package static let purse: UInt64 = 1_000_000

    /// Uploads and publishes a module; a steward does it.
    /// - Returns: the name of its code.
    /// - Throws: `TestbedError.refused` with the flaw's code.
    @discardableResult
    package mutating func publish(_ module: [UInt8]) throws(TestbedError) -> Digest {
        let steward = firstSteward
        for part in UploadPart.parts(of: module) {
            let arguments = PursedArguments(purse: 0, argument: part.encoded).encoded
            try demand(
                run([transaction(ContractsContract.contract, ContractsContract.upload, arguments, by: steward.key)]))
        }
        let code = SM3.hash(module)
        let purse = min(ContractLimits.purseMax, 10_000 + 20 * UInt64(module.count))
        let arguments = PursedArguments(purse: purse, argument: code.encoded).encoded
        try demand(
            run([transaction(ContractsContract.contract, ContractsContract.publish, arguments, by: steward.key)]))
        return code
    }

    /// Publishes a module and has all organisations decide that it answers under a name; `jd_init` runs with the
    /// argument where that takes effect.
    package mutating func deploy(
        _ module: [UInt8], as name: Label, argument: [UInt8] = []
    ) throws(TestbedError) {
        let code = try publish(module)
        try decide([.deployContract(ContractDeployment(name: name, code: code, argument: argument))])
    }

    /// Has all organisations decide on acts, and lets the next block bring them into force.
    /// - Throws: `TestbedError.refused` where the proposal is refused or comes to nothing.
    package mutating func decide(_ acts: [GovernanceAct]) throws(TestbedError) {
        let stewards = Testbed.stewards(people)
        guard let first = stewards.first, let expires = height.advanced(by: 100) else {
            preconditionFailure("a testbed has a steward, and its heights are few")
        }
        let motion = Motion(acts, expires: expires, salt: height.value)
        let id = motion.id(by: first.account)
        let governance = GovernanceContract.contract
        var transactions = [transaction(governance, GovernanceContract.propose, motion.encoded, by: first.key)]
        for steward in stewards.dropFirst() {
            transactions.append(transaction(governance, GovernanceContract.approve, id.encoded, by: steward.key))
        }
        let receipts = try run(transactions)
        try demand(Array(receipts.prefix(1)))
        _ = try run([])
        var reader = ConsortiumReader(tree, next: height.next)
        let record: MotionRecord?
        do throws(StoreError) { record = try reader.motion(id) } catch { throw .trouble(.store(error)) }
        switch record?.status {
        case .effective: return
        case .void(_, let code): throw .refused(code, text: "")
        default:
            // Approvals beyond what the policy takes are refused; one before that is why.
            try demand(receipts)
            throw .refused(.deniedByPolicy, text: "")
        }
    }

    /// One call in a block of its own.
    package mutating func call(
        _ contract: Label, _ method: Label, _ argument: [UInt8], by sender: SM2.PublicKey, purse: UInt64 = Testbed.purse
    ) throws(TestbedError) -> Receipt {
        let arguments = PursedArguments(purse: purse, argument: argument).encoded
        let receipts = try run([transaction(contract, method, arguments, by: sender)])
        guard let receipt = receipts.first else { preconditionFailure("a block has a receipt a transaction") }
        return receipt
    }

    /// What a call would come to in the next block; nothing of it stays (CTR-26).
    /// - Parameter watch: told of every import that is called.
    package mutating func attempt(
        _ contract: Label, _ method: Label, _ argument: [UInt8], by sender: SM2.PublicKey,
        purse: UInt64 = Testbed.purse, watch: ((ContractStep) -> Void)? = nil
    ) throws(TestbedError) -> Outcome {
        let arguments = PursedArguments(purse: purse, argument: argument).encoded
        let body = transaction(contract, method, arguments, by: sender).body
        return try probing { (probe) throws(ExecutionTrouble) in try probe.call(body, watch: watch) }
    }

    /// What a contract answers to a question: allowed by who may read it (CTR-26).
    package mutating func ask(
        _ contract: Label, _ method: Label, _ argument: [UInt8], by account: AccountID?, purse: UInt64 = Testbed.purse
    ) throws(TestbedError) -> Outcome {
        try probing { (probe) throws(ExecutionTrouble) in
            try probe.query(contract, method, argument, by: account, purse: purse)
        }
    }

    private mutating func probing(
        _ question: (inout ContractProbe<TestbedStore>) throws(ExecutionTrouble) -> Outcome
    ) throws(TestbedError) -> Outcome {
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height.value + 1), height: height.next, parent: last.block,
            timestamp: nextTime, proposer: ValidatorIndex(0), payload: .empty, execHeight: .zero, execRoot: .zero,
            nextCommittee: nil)
        var probe = ContractProbe(tree, header: header, machine: machine, shelf: remembered)
        do throws(ExecutionTrouble) {
            let outcome = try question(&probe)
            remembered = probe.shelf
            return outcome
        } catch {
            throw .trouble(error)
        }
    }

    private var firstSteward: TestbedPerson {
        guard let steward = Testbed.stewards(people).first else { preconditionFailure("a testbed has a steward") }
        return steward
    }

    private func demand(_ receipts: [Receipt]) throws(TestbedError) {
        for outcome in receipts.lazy.map(\.outcome) where !outcome.code.isSuccess {
            throw .refused(outcome.code, text: String(decoding: outcome.output, as: UTF8.self))
        }
    }
}
