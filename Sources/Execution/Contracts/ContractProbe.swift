// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Storage

/// What a call would come to, asked from outside: run for real on a state, and undone.
///
/// It goes the way a block's execution goes and charges what that charges; only the receipt is missing. It runs code,
/// so whoever lets strangers ask bounds the purse, and how many ask at a time.
/// - Spec: CTR-26.
package struct ContractProbe<Store: KeyValueStore> {
    private var context: CallContext<Store>

    /// - Parameter header: of the block the call would stand in: the next one.
    package init(
        _ tree: StateTree<Store>, header: Header, machine: ContractMachine, shelf: ContractShelf = ContractShelf()
    ) {
        context = CallContext(block: header, state: StateView(tree), machine: machine, shelf: shelf)
    }

    /// What was read of contracts' programs, for the next probe.
    package var shelf: ContractShelf { context.shelf }

    /// What a transaction would come to, its signature aside.
    /// - Parameters:
    ///   - index: its place in the block.
    ///   - watch: told of every import that is called, in order, those of failed calls too.
    package mutating func call(
        _ body: Transaction, index: Int = 0, watch: ((ContractStep) -> Void)? = nil
    ) throws(ExecutionTrouble) -> Outcome {
        context.begin(
            body.contract, sender: AccountID(body.sender), index: index, gasMax: GasSchedule.ceiling(of: body))
        context.watch = watch
        defer { putBack() }
        return try BlockExecutor.attempt(&context) { (context) throws(CallFailure) in
            try BlockExecutor.call(body, &context)
        }
    }

    /// What a contract answers to a question: as a call by a member, but allowed by who may read the contract.
    /// - Parameters:
    ///   - account: who asks; the contract is told. Nil for a stranger, whom somebody else let read: the contract sees
    ///     nobody.
    ///   - purse: gas the contract may use.
    package mutating func query(
        _ contract: Label, _ method: Label, _ argument: [UInt8], by account: AccountID?, purse: UInt64,
        watch: ((ContractStep) -> Void)? = nil
    ) throws(ExecutionTrouble) -> Outcome {
        let arguments = PursedArguments(purse: purse, argument: argument).encoded
        context.begin(
            contract, sender: account ?? .zero, index: 0,
            gasMax: GasSchedule.ceiling(of: contract, method, argumentBytes: arguments))
        context.watch = watch
        defer { putBack() }
        return try BlockExecutor.attempt(&context) { (context) throws(CallFailure) in
            try context.gas.charge(
                GasSchedule.transaction + GasSchedule.argumentByte * UInt64(arguments.count))
            let code = try account == nil ? context.standing(of: contract) : context.authorize(reading: contract)
            guard try context.hasContracts() else { throw .result(.unknownContract) }
            return try context.callContract(contract, method, arguments, allowed: code)
        }
    }

    /// Has a contract's program ready to run: read, and compiled or loaded by the engine.
    package mutating func prepare(_ contract: Label) throws(ExecutionTrouble) {
        do throws(CallFailure) {
            try context.prepare(contract)
        } catch {
            switch error {
            // The question itself will say so.
            case .result: return
            case .store(let flaw): throw .store(flaw)
            case .engine(let trouble): throw .engine(trouble)
            }
        }
    }

    private mutating func putBack() {
        context.undo()
        context.watch = nil
    }
}
