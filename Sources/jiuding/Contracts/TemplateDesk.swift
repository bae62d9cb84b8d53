// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Foundation
import KeyCustody
import Ledger
import ShangMi
import WasmtimeEngine

/// Gives a local network the contracts that ship: builds, publishes, proposes and has decided what is not there.
///
/// It works beside the running chain and goes the way any member goes: uploads, one proposal, approval by the admins
/// whose keys lie in the data directory. What stands on the chain under one of the names is left as it is, and so is an
/// open proposal for it.
struct TemplateDesk {
    let data: DataDirectory
    let chain: String
    /// Of a node's gateway.
    let url: String
    let terminal: Terminal

    /// What stands on the chain when the work is over.
    private struct Standing {
        var there: [String] = []
        var deployed: [String] = []
        var proposal: MotionID?
    }

    /// Does what is missing and says what came of it; nothing of it ends the network.
    func settle() async {
        var standing = Standing()
        do {
            try await deploy(&standing)
            say(standing)
        } catch is CancellationError {
            return
        } catch {
            let failure = error as? Failure ?? Failure(.no, "", error.localizedDescription, fix: "")
            terminal.warn(phrase("no contract templates here: ", zh: "未部署合约模板：") + failure.line)
            if !failure.fix.isEmpty { terminal.note("  " + phrase("fix:", zh: "处理：") + " " + failure.fix) }
            emit(standing, failure)
        }
    }

    private func say(_ standing: Standing) {
        let names = (standing.there + standing.deployed).joined(separator: ", ")
        if let proposal = standing.proposal {
            step(
                phrase(
                    "contract templates wait for approval: jiuding govern show \(proposal.hex.prefix(12))",
                    zh: "合约模板待批准：jiuding govern show \(proposal.hex.prefix(12))"))
        } else if standing.deployed.isEmpty {
            step(phrase("contracts there: \(names)", zh: "已有合约：\(names)"))
        } else {
            step(
                phrase(
                    "contracts deployed: \(names); jiuding contract list", zh: "已部署合约：\(names)；见 jiuding contract list")
            )
        }
        emit(standing, nil)
    }

    private func emit(_ standing: Standing, _ failure: Failure?) {
        terminal.emit([
            "contracts": .list((standing.there + standing.deployed).map { .text($0) }),
            "deployed": .list(standing.deployed.map { .text($0) }), "proposal": .maybe(standing.proposal?.hex),
            "code": .maybe(failure?.code),
        ])
    }

    private func step(_ text: String) { terminal.say("  \(terminal.paint("·", .faint)) \(text)") }

    // MARK: The way to the chain

    private func deploy(_ standing: inout Standing) async throws {
        let pen = try await pen()
        let client = pen.client
        defer { Task { await client.close() } }
        let known = Set(try await contracts(pen).map(\.name.text))
        standing.there = ShippedTemplates.deployed.filter { known.contains($0) }
        let missing = ShippedTemplates.deployed.filter { !known.contains($0) }
        guard !missing.isEmpty else { return }
        if let open = try await openProposal(of: missing, pen) {
            standing.proposal = open.id
            return
        }
        // A chain that decides on code which its nodes cannot run stops there (CTR-21).
        do throws(EngineTrouble) { _ = try NodeEngine(cacheIn: nil).engine() } catch {
            throw Failure(
                .no, "JD-4040", error.what,
                fix: phrase("run scripts/wasmtime --again", zh: "请运行 scripts/wasmtime --again"))
        }
        step(
            phrase(
                "contract templates: building \(missing.joined(separator: ", ")); the chain is there meanwhile",
                zh: "合约模板：正在构建 \(missing.joined(separator: "、"))；期间链可正常使用"))
        try await ShippedTemplates.build(ShippedTemplates.deployed + [ShippedTemplates.interpreter])
        let proposal = try await propose(missing, pen)
        switch proposal.status {
        case "effective": standing.deployed = missing
        case "open": standing.proposal = proposal.id
        default:
            throw proposal.code.map { Failure(label: $0) }
                ?? Failure(
                    .no, "", ProposalView.status(proposal),
                    fix: "jiuding govern show \(proposal.id.hex.prefix(12))")
        }
    }

    private func pen() async throws -> ConsortiumPen {
        let key = data.userKey
        let signer: OpenSSLSigner
        do {
            signer = OpenSSLSigner(
                try KeyFile.read(at: key, passphrase: try DataDirectory.developmentPassphrase(of: key)))
        } catch let error as CustodyError { throw Failure(error) }
        var options = NodeClient.Options()
        options.signerIfAsked = signer
        let client: NodeClient
        do { client = try NodeClient(url, options: options) } catch { throw Failure(error) }
        return ConsortiumPen(
            client, chain: chain, signer: signer, anchor: try ReceiptFile.readAnchor(data.trust(chain)))
    }

    private func contracts(_ pen: ConsortiumPen) async throws(Failure) -> [ContractAnswer] {
        let (client, chain) = (pen.client, pen.chain)
        return try await EveryPage.of { (cursor) async throws(ClientError) in
            try await client.contracts(chain, cursor: cursor, limit: 500)
        }
    }

    /// One that would deploy any of the names.
    private func openProposal(of names: [String], _ pen: ConsortiumPen) async throws(Failure) -> ProposalAnswer? {
        try await ProposalList.all(pen.client, pen.chain, areOpen: true).first { proposal in
            proposal.record.motion.acts.contains {
                if case .deployContract(let deployment) = $0 { names.contains(deployment.name.text) } else { false }
            }
        }
    }

    /// One proposal for all: they come together or not at all.
    private func propose(_ names: [String], _ pen: ConsortiumPen) async throws -> ProposalAnswer {
        let organization = try await organization(pen)
        var acts: [GovernanceAct] = []
        for name in names { acts.append(try await deployment(of: name, operatedBy: organization, pen)) }
        let motion = try await motion(acts, pen)
        _ = try await pen.call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded)
        return try await ProposalJob.settled(motion.id(by: pen.account), pen)
    }

    private func organization(_ pen: ConsortiumPen) async throws(Failure) -> Ledger.Label {
        do throws(ClientError) {
            return try await pen.client.member(pen.chain, pen.account).record.member.organization
        } catch { throw Failure(error) }
    }

    private func motion(_ acts: [GovernanceAct], _ pen: ConsortiumPen) async throws(Failure) -> Motion {
        let tip = try await pen.status().height
        return Motion(
            acts, due: .zero, expires: tip.advanced(by: ProposalOptions.standing) ?? tip, overrides: false,
            reason: Ledger.Label(literal: "the contract templates that ship with Jiuding"),
            salt: UInt64.random(in: .min ... .max))
    }

    private func deployment(
        of name: String, operatedBy organization: Ledger.Label, _ pen: ConsortiumPen
    ) async throws -> GovernanceAct {
        let module = try ShippedTemplates.module(name)
        let upload = ModuleUpload(pen: pen)
        let done = try await upload.publish(module.bytes)
        let argument = try start(done.code, of: name, operatedBy: organization)
        let label = try Words.label(name, "contract")
        return .deployContract(ContractDeployment(name: label, code: done.code.digest, argument: argument))
    }

    /// Contracts that have an operator get the organisation that deploys them.
    private func start(
        _ code: CodeAnswer, of name: String, operatedBy organization: Ledger.Label
    ) throws(Failure) -> [UInt8] {
        let items = code.description.flatMap { ContractDescription($0) }?.start ?? []
        let words = items.contains { $0.name == "operator" } ? ["operator=\(organization.text)"] : []
        do throws(ContractShape.Mismatch) {
            return try ContractDescription.encode(words, for: items)
        } catch {
            throw Failure(.no, "JD-4036", "\(name): \(error.reason)", fix: "")
        }
    }
}
