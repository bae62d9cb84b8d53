// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Foundation
import Ledger
import ShangMi
import WasmtimeEngine

/// A module that a network under test gets while it runs.
struct BenchCode: Sendable {
    let module: [UInt8]
    let name: Label

    /// The contract that stands in for the native evidence: a module of the template `evidence-registry`.
    static func registry(_ file: String) throws -> BenchCode {
        BenchCode(module: try ModuleFile(file).bytes, name: Label(literal: "registry"))
    }

    /// A module of some 100 KB, of loops, branches, accesses and calls, which nobody calls.
    /// - Throws: where this machine has no engine, which makes it of its text.
    static func large() throws -> BenchCode { try assembled(ContractPrograms.large, Label(literal: "large")) }

    /// A small one: a chain has contracts before it gets another, and its nodes have loaded the engine.
    static func small() throws -> BenchCode { try assembled(ContractPrograms.transfer, Label(literal: "small")) }

    private static func assembled(_ text: String, _ name: Label) throws -> BenchCode {
        do throws(EngineTrouble) {
            return BenchCode(module: try NodeEngine(cacheIn: nil).engine().assemble(text), name: name)
        } catch { throw Failure(error) }
    }

    /// Uploads, publishes and deploys it, by the founding admin, who decides alone; waits until it can be called.
    /// - Parameter blocks: how many come between proposing and taking effect: where several decide, it takes its time.
    func deploy(with pen: ConsortiumPen, after blocks: UInt64 = 0) async throws {
        for part in UploadPart.parts(of: module) {
            _ = try await call(ContractsContract.upload, part.encoded, purse: 0, pen)
        }
        let digest = SM3.hash(module)
        _ = try await call(ContractsContract.publish, digest.encoded, purse: ContractLimits.purseMax, pen)
        let tip = try await pen.status().height
        let act = GovernanceAct.deployContract(ContractDeployment(name: name, code: digest))
        let motion = Motion([act], due: Height(tip.value + blocks), expires: Height(tip.value + 100_000))
        _ = try await pen.call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded)
        let (client, chain, name) = (pen.client, pen.chain, name)
        for _ in 0..<600 {
            let deployed = try? await client.contract(chain, name)
            if deployed != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(
            .no, "JD-4020", phrase("the contract was not deployed", zh: "合约未能部署"),
            fix: phrase("see the nodes' logs with --keep", zh: "请加 --keep 后查看节点日志"))
    }

    private func call(
        _ method: Label, _ argument: [UInt8], purse: UInt64, _ pen: ConsortiumPen
    ) async throws -> Receipt {
        let arguments = PursedArguments(purse: purse, argument: argument)
        return try await pen.call(ContractsContract.contract, method, arguments.encoded)
    }
}
