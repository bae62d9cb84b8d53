// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

// Contracts in a consortium to try things on: their functions are closures, everything else is real.
extension Polity {
    /// A consortium whose rules know contracts.
    init(
        _ functions: [String: PaperEngine.Function], members: [Member] = [], policies: [FoundingPolicy] = []
    ) throws {
        try self.init(
            members: members, policies: policies, rules: .contracts, engine: PaperEngine(functions))
    }

    static let purse: UInt64 = 2_000_000

    /// A call of the register, by a member.
    mutating func register(
        _ method: Label, _ argument: [UInt8], by name: String = "bank.user", purse: UInt64 = Polity.purse
    ) -> SignedTransaction {
        let arguments = PursedArguments(purse: purse, argument: argument).encoded
        return call(ContractsContract.contract, method, arguments, by: Polity.key(name))
    }

    /// Uploads a module whole and publishes it.
    @discardableResult
    mutating func publish(_ module: [UInt8], by name: String = "bank.user") throws -> UInt16 {
        for part in UploadPart.parts(of: module) {
            let outcome = try run([register(ContractsContract.upload, part.encoded, by: name, purse: 0)])
            guard codes(outcome) == [0] else { return codes(outcome)[0] }
        }
        let purse = 20 * UInt64(module.count) + 10_000
        return codes(
            try run([register(ContractsContract.publish, SM3.hash(module).encoded, by: name, purse: purse)]))[0]
    }

    /// Publishes a module and has governance deploy it under the function's name.
    mutating func deploy(
        _ module: [UInt8], as name: String, argument: [UInt8] = []
    ) throws -> MotionStatus {
        try publish(module)
        let deployment = ContractDeployment(name: Polity.label(name), code: SM3.hash(module), argument: argument)
        return try pass([.deployContract(deployment)])
    }

    /// As above, of a function on paper that may use every import.
    @discardableResult
    mutating func deploy(paper name: String) throws -> Digest {
        let module = PaperModule.bytes(name, imports: HostFunction.allCases)
        try #require(try deploy(module, as: name).isEffective)
        return SM3.hash(module)
    }

    mutating func invoke(
        _ contract: String, _ method: String = "go", _ argument: [UInt8] = [], by name: String = "bank.user",
        purse: UInt64 = Polity.purse
    ) -> SignedTransaction {
        let arguments = PursedArguments(purse: purse, argument: argument).encoded
        return call(Polity.label(contract), Polity.label(method), arguments, by: Polity.key(name))
    }

    /// One call in a block of its own.
    mutating func invoked(
        _ contract: String, _ method: String = "go", _ argument: [UInt8] = [], by name: String = "bank.user",
        purse: UInt64 = Polity.purse
    ) throws -> Outcome {
        try run([invoke(contract, method, argument, by: name, purse: purse)]).outcomes[0]
    }

    /// What a contract holds under a key of its own.
    func held(_ contract: String, _ key: String) throws -> [UInt8]? {
        try tree.value(for: StateKey.of(Polity.label(contract), Array(key.utf8)))
    }

    func contract(_ name: String) throws -> ContractRecord? {
        try tree.value(for: ContractsContract.contractKey(Polity.label(name))).map { try ContractRecord(decoding: $0) }
    }
}

extension Outcome {
    var said: String { String(decoding: output, as: UTF8.self) }
}
