// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Ledger

/// Makes a proposal: shows what it would do and who must approve, sends it, and says where it then stands.
struct ProposalJob {
    /// How long a decided proposal that is due at once is waited for: the next block takes it.
    private static let effectWithin: Duration = .seconds(5)

    let signing: SigningOptions
    let options: ProposalOptions

    func run(_ draft: ProposalDraft) async throws {
        let pen = try await signing.pen()
        try await run(draft, with: pen)
        await pen.client.close()
    }

    func run(_ draft: ProposalDraft, with pen: ConsortiumPen) async throws {
        let terminal = signing.output.terminal
        let chain = try await pen.status()
        let motion = try options.motion(draft, tip: chain.height)
        let (client, name, account) = (pen.client, pen.chain, pen.account)
        let preview = try await Failure.naming { () async throws(ClientError) in
            try await client.preview(name, motion, by: account)
        }
        // The effect is worked out here, from the committee and the acts alone: nothing of it is the node's opinion.
        var effects = EffectPreview(of: motion, on: chain.committee).lines
        // What the code is that it names, only the chain knows: the node reads it there (GOV-22).
        let own = Set(effects.map(\.english))
        effects += preview.effects.filter { !own.contains($0.english) }.map {
            EffectPreview.Line($0.english, $0.chinese, isWarning: $0.isMarked)
        }
        terminal.say(phrase("What it would do:", zh: "效果："))
        for line in effects {
            terminal.say("  " + ProposalView.line(line.english, line.chinese, line.isWarning, terminal))
        }
        // What only the state tells, of members and organisations as they are, is the node's word.
        let told = preview.effects.filter { line in !effects.contains { $0.english == line.english } }
        if !told.isEmpty { terminal.say(phrase("By the state of this node:", zh: "据该节点的状态：")) }
        for line in told {
            terminal.say("  " + ProposalView.line(line.english, line.chinese, line.isMarked, terminal))
        }
        if !preview.needs.isEmpty {
            terminal.say(phrase("What it takes:", zh: "所需批准："))
            for need in preview.needs { ProposalView.say(need, on: terminal) }
        }
        if let code = preview.code {
            if let moment = preview.possibleFrom {
                terminal.say(phrase("possible again from \(moment.rfc3339) on", zh: "\(moment.rfc3339) 起可再次更换"))
            }
            guard options.dryRun else { throw Failure(label: code) }
            let failure = Failure(label: code)
            terminal.say(terminal.paint(phrase("would be refused: ", zh: "将被拒绝：") + failure.line, .red))
        }
        guard !options.dryRun else {
            terminal.emit(ProposalView.json(preview, motion, effects))
            if preview.code != nil { throw ExitCode(Failure.Exit.no.rawValue) }
            return terminal.say(phrase("nothing was sent (--dry-run)", zh: "未提交（--dry-run）"))
        }
        let receipt = try await pen.call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded)
        terminal.say(phrase("proposed  \(preview.id.hex)", zh: "已提案  \(preview.id.hex)"))
        try await ProposalJob.settle(preview.id, in: receipt, pen, on: terminal)
    }

    /// Says where a proposal stands after a call; waits for an effect that the next block has.
    static func settle(_ id: MotionID, in receipt: Receipt, _ pen: ConsortiumPen, on terminal: Terminal) async throws {
        let proposal = try await settled(id, pen)
        terminal.emit(ProposalView.json(proposal, calledAt: receipt.height))
        ProposalView.sayStatus(proposal, on: terminal)
    }

    /// A proposal, once it is open or what the next block does with it is done.
    static func settled(_ id: MotionID, _ pen: ConsortiumPen) async throws -> ProposalAnswer {
        let (client, chain) = (pen.client, pen.chain)
        let deadline = ContinuousClock.now + effectWithin
        var proposal = try await Failure.naming { () async throws(ClientError) in try await client.proposal(chain, id) }
        while proposal.status == "decided", proposal.code == nil, proposal.record.motion.due <= proposal.height.next,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(50))
            proposal = try await Failure.naming { () async throws(ClientError) in try await client.proposal(chain, id) }
        }
        return proposal
    }
}
