// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import Storage

/// Of one clause of a policy: how many say yes, and how many it takes.
package struct ClauseStanding: Hashable, Sendable {
    package let text: String
    package let found: Int
    /// Zero can never be met.
    package let needed: Int

    package init(text: String, found: Int, needed: Int) {
        self.text = text
        self.found = found
        self.needed = needed
    }
}

/// What the acts of one class within a proposal take, and what they have.
/// - Spec: GOV-20.
package struct MotionNeed: Hashable, Sendable {
    package let kind: ActClass
    /// The organisation concerned, for `self`.
    package let concerned: Label?
    package let policy: Policy
    package let isMet: Bool
    package let clauses: [ClauseStanding]
    /// Organisations with an admin whose approval would count here and that have none yet.
    package let awaited: [Label]
}

/// What a proposal still needs and what stands in its way: asked from outside, and nothing is written.
///
/// It judges with the very functions that judge a proposal in a block, undoes what they write, and counts what the work
/// would cost: who asks for many proposals asks for as many as one answer may cost.
/// - Spec: GOV-20.
package struct MotionProbe<Store: KeyValueStore> {
    /// Gas one answer may come to before it says that the rest is on the next page: some 50 ms of one core.
    package static var answerGasMax: UInt64 { 5_000_000 }

    private var context: CallContext<Store>
    private var spentBefore: UInt64 = 0

    /// - Parameter header: of the block a proposal or an approval would stand in: the next one.
    package init(_ tree: StateTree<Store>, header: Header) {
        context = CallContext(block: header, state: StateView(tree))
        context.beginEffects()
    }

    /// What all that was asked so far would have cost, in gas.
    package var spent: UInt64 { spentBefore + context.gas.total.value }

    /// What making the proposal would come to: a code, and the record where that is success.
    package mutating func rehearse(
        _ motion: Motion, by account: AccountID
    ) throws(StoreError) -> (code: ResultCode, record: MotionRecord?) {
        try rehearse(GovernanceContract.propose, motion.encoded, motion.id(by: account), by: account)
    }

    /// What approving a proposal would come to.
    package mutating func rehearse(approving id: MotionID, by account: AccountID) throws(StoreError) -> ResultCode {
        try rehearse(GovernanceContract.approve, id.encoded, id, by: account).code
    }

    private mutating func rehearse(
        _ method: Label, _ arguments: [UInt8], _ id: MotionID, by account: AccountID
    ) throws(StoreError) -> (code: ResultCode, record: MotionRecord?) {
        spentBefore = spent
        context.begin(GovernanceContract.contract, sender: account, index: 0)
        let mark = context.state.mark
        defer {
            context.undo(to: mark)
            spentBefore = spent
            context.beginEffects()
        }
        return try attempt { (context) throws(CallFailure) in
            guard let subject = try context.subject(account) else { throw .result(.unknownSender) }
            if let code = subject.standing(at: context.height) { throw .result(code) }
            context.speaks(for: subject)
            _ = try GovernanceContract.call(method, arguments, &context)
            return try context.decoded(MotionRecord.self, at: GovernanceContract.motionKey(id))
        }
    }

    /// Why a decided proposal does not take effect in the next block; success where it would.
    package mutating func obstacle(to record: MotionRecord) throws(StoreError) -> ResultCode {
        let mark = context.state.mark
        defer { context.undo(to: mark) }
        let (code, _) = try attempt { (context) throws(CallFailure) -> MotionRecord? in
            try context.apply(record, isRehearsal: false)
            return nil
        }
        return code
    }

    /// When the validators' keys that a proposal changes may be changed; nil where they may now (GOV-17).
    package mutating func possibleFrom(_ motion: Motion) throws(StoreError) -> Timestamp? {
        try attempt(nil) { (context) throws(CallFailure) in try context.rotationsFree(for: motion) }
    }

    // MARK: What it takes

    private struct Demand {
        let kind: ActClass
        let concerned: Label?
        let policy: Policy
    }

    /// What the acts take, one entry a class and organisation concerned. An act on what is not there any more takes
    /// nothing: it fails by its own code.
    private mutating func demands(of motion: Motion) throws(StoreError) -> [Demand] {
        var demands: [Demand] = []
        for act in motion.acts {
            let demand = try attempt(nil as Demand?) { (context) throws(CallFailure) in
                let (kind, concerned) = try context.requirement(of: act)
                if demands.contains(where: { $0.kind == kind && $0.concerned == concerned }) { return nil }
                let known = demands.first { $0.kind == kind }?.policy
                let policy = if let known { known } else { try context.policy(of: kind) }
                return Demand(kind: kind, concerned: concerned, policy: policy)
            }
            if let demand { demands.append(demand) }
        }
        return demands
    }

    /// What the acts of a proposal that is not closed take, one entry a class and organisation concerned.
    /// - Cost: members and organisations are looked at once, however many acts there are.
    package mutating func needs(of record: MotionRecord) throws(StoreError) -> [MotionNeed] {
        let demands = try demands(of: record.motion)
        return try attempt([]) { (context) throws(CallFailure) in
            let voices = try context.voices(record)
            let electorate = try context.electorate()
            let ballots = Ballots(voices, concerned: nil, electorate: electorate.organizations)
            let heard = Set(voices.map(\.member.organization))
            var needs: [MotionNeed] = []
            for demand in demands {
                needs.append(try MotionProbe.need(demand, ballots, electorate, heard, &context))
            }
            return needs
        }
    }

    private static func need(
        _ demand: Demand, _ ballots: Ballots, _ electorate: Electorate, _ heard: Set<Label>,
        _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionNeed {
        let ballots = ballots.about(demand.concerned)
        let isMet = try context.allows(demand.policy, ballots)
        var awaited: [Label] = []
        // Admins come in the order of their organisations.
        for admin in electorate.admins where !isMet && awaited.last != admin.member.organization {
            let home = admin.member.organization
            guard !heard.contains(home) else { continue }
            try context.gas.charge(GasSchedule.voice * UInt64(demand.policy.weight))
            if demand.policy.counts(admin, concerned: demand.concerned) { awaited.append(home) }
        }
        return MotionNeed(
            kind: demand.kind, concerned: demand.concerned, policy: demand.policy, isMet: isMet,
            clauses: demand.policy.clauses(ballots), awaited: awaited)
    }

    /// The members behind accounts, and whether an approval of each counts for a proposal now; no member where nobody
    /// stands behind one.
    package mutating func voices(
        _ accounts: [AccountID], for record: MotionRecord
    ) throws(StoreError) -> [(account: AccountID, member: Member?, counts: Bool)] {
        let demands = try demands(of: record.motion)
        return try attempt([]) { (context) throws(CallFailure) in
            var found: [(account: AccountID, member: Member?, counts: Bool)] = []
            for account in accounts {
                try context.gas.charge(2 * GasSchedule.read)
                let subject = try context.subject(account)
                var counts = false
                if let subject, subject.delegation == nil, subject.isActive(at: context.height) {
                    for demand in demands where !counts {
                        try context.gas.charge(GasSchedule.voice * UInt64(demand.policy.weight))
                        counts = demand.policy.counts(subject.voice, concerned: demand.concerned)
                    }
                }
                found.append((account, subject?.member, counts))
            }
            return found
        }
    }

    /// Asks something whose refusal by the chain is no answer.
    private mutating func attempt<Answer>(
        _ otherwise: Answer, _ body: (inout CallContext<Store>) throws(CallFailure) -> Answer
    ) throws(StoreError) -> Answer {
        do throws(CallFailure) {
            return try body(&context)
        } catch {
            switch error {
            case .store(let error): throw error
            case .engine(let trouble): throw .failed(what: trouble.what)
            case .result: return otherwise
            }
        }
    }

    private mutating func attempt(
        _ body: (inout CallContext<Store>) throws(CallFailure) -> MotionRecord?
    ) throws(StoreError) -> (code: ResultCode, record: MotionRecord?) {
        do throws(CallFailure) {
            return (.success, try body(&context))
        } catch {
            switch error {
            case .store(let error): throw error
            case .engine(let trouble): throw .failed(what: trouble.what)
            case .result(let code): return (code, nil)
            }
        }
    }
}

extension Policy {
    /// Each single clause with its count, in the order of the text.
    package func clauses(_ ballots: Ballots) -> [ClauseStanding] {
        switch self {
        case .forbidden: return [ClauseStanding(text: text, found: 0, needed: 0)]
        case .either(let parts), .every(let parts): return parts.flatMap { $0.clauses(ballots) }
        case .own, .quota:
            let (found, needed) = standing(ballots)
            return [ClauseStanding(text: text, found: found, needed: needed)]
        }
    }
}
