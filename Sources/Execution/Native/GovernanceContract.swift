// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi
import Storage

/// Proposals: made by one, approved by others with their own keys, in force from a later block on.
///
/// Nothing takes effect within the block that decides it: who sends in the same block sends under the old rules, and
/// one block later everybody under the new ones.
/// - Spec: GOV-1 to GOV-14, MEMB-11 (docs/spec/governance.md).
package enum GovernanceContract {
    package static let contract = Label(literal: "governance")
    package static let propose = Label(literal: "propose")
    package static let approve = Label(literal: "approve")
    package static let withdraw = Label(literal: "withdraw")
    package static let revoke = Label(literal: "revoke")
    private static let proposed = Label(literal: "proposed")
    private static let approved = Label(literal: "approved")
    private static let decided = Label(literal: "decided")
    private static let withdrawn = Label(literal: "withdrawn")
    private static let revoked = Label(literal: "revoked")

    static let proposers = RoleSet(.orgAdmin, .systemAdmin, .securityAdmin)

    /// 'p' and the proposal's identifier.
    package static func motionKey(_ id: MotionID) -> [UInt8] { StateKey.of(contract, [0x70] + id.digest.bytes) }
    /// 'o' and an organisation: its proposals that are open or decided.
    static func openKey(_ id: Label) -> [UInt8] { StateKey.of(contract, [0x6f] + id.utf8) }
    /// 'd': decided proposals by the height they are due at.
    package static let agendaKey = StateKey.of(contract, [0x64])
    /// 'r': rule versions by height.
    package static let rulesKey = StateKey.of(contract, [0x72])

    /// What the founding writes: its rules, where they are not what a chain without a word has (GOV-13, CTR-27).
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        guard spec.rules > .first else { return [] }
        var schedule = RuleSchedule()
        schedule.changes = [RuleSchedule.Change(height: .zero, version: spec.rules)]
        return [(rulesKey, schedule.encoded)]
    }

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        let member = try context.member()
        let record =
            switch method {
            case propose: try propose(try context.motion(arguments), by: member, &context)
            case approve: try approve(try MotionID.argument(arguments), by: member, &context)
            case withdraw: try withdraw(try MotionID.argument(arguments), by: member, &context)
            case revoke: try revoke(try MotionID.argument(arguments), by: member, &context)
            default: throw .result(.unknownMethod)
            }
        return MotionReply(record).encoded
    }

    // MARK: Methods

    /// Makes a proposal that could take effect as things stand, with the proposer's approval where it counts (GOV-5).
    private static func propose<Store: KeyValueStore>(
        _ motion: Motion, by member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionRecord {
        guard member.member.roles.meets(proposers) else { throw .result(.notProposer) }
        try charge(motion, &context)
        let height = context.height
        guard motion.expires > height, motion.expires >= motion.due,
            motion.expires.value - height.value <= Limits.proposalHeightsMax
        else { throw .result(.proposalSchedule) }
        var record = MotionRecord(
            motion: motion, proposer: member.account, organization: member.member.organization, proposed: height)
        let id = record.id
        guard try context.value(at: motionKey(id)) == nil else { throw .result(.proposalKnown) }
        try open(id, of: record.organization, &context)
        // Tried, and undone: what can never be is refused at once, and by its own name.
        let mark = context.state.mark
        try context.apply(record, isRehearsal: true)
        context.undo(to: mark)
        try CommitteeContract.nominate(motion, &context)
        try context.emit(proposed, id.digest.bytes)
        if try counts(member.voice, for: record, &context) {
            record.approvals = [member.account]
            try context.charge(lookingAt: member)
            try decide(&record, id, [member.voice], &context)
        }
        try context.put(record.encoded, at: motionKey(id))
        context.note(awaited: motion.acts.compactMap(\.code))
        return record
    }

    private static func approve<Store: KeyValueStore>(
        _ id: MotionID, by member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionRecord {
        var record = try standing(id, &context)
        guard !record.approvals.contains(member.account) else { throw .result(.approvedAlready) }
        var list = try context.approvals(of: record)
        // A key that was replaced, removed or frozen says nothing any more: its person may say it anew (MEMB-9).
        let isSpokenFor = list.voices(at: context.height).contains { member.voice.isSpokenFor(by: $0) }
        guard !isSpokenFor else { throw .result(.samePerson) }
        guard try counts(member.voice, for: record, &context) else { throw .result(.approvalIdle) }
        try context.charge(lookingAt: member)
        try list.add(member)
        record.approvals = list.accounts
        try context.emit(approved, id.digest.bytes)
        try decide(&record, id, list.voices(at: context.height), &context)
        try context.put(record.encoded, at: motionKey(id))
        // Once more: a node that was started since it was proposed has not compiled it.
        context.note(awaited: record.motion.acts.compactMap(\.code))
        return record
    }

    /// Takes an approval back; a decided proposal it was needed for is open again (GOV-7).
    private static func withdraw<Store: KeyValueStore>(
        _ id: MotionID, by member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionRecord {
        var record = try standing(id, &context)
        guard record.approvals.contains(member.account) else { throw .result(.notApproved) }
        if !Mutant.withdrawalsIgnored.isOn { record.approvals.removeAll { $0 == member.account } }
        if case .decided = record.status, try !context.isCarried(record, by: try context.voices(record)) {
            record.status = .open
            try drop(id, &context)
        }
        try context.emit(withdrawn, id.digest.bytes)
        try context.put(record.encoded, at: motionKey(id))
        return record
    }

    private static func revoke<Store: KeyValueStore>(
        _ id: MotionID, by member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionRecord {
        guard var record = try context.decoded(MotionRecord.self, at: motionKey(id)) else {
            throw .result(.proposalUnknown)
        }
        guard !record.status.isClosed else { throw .result(.proposalClosed) }
        let isOwn = record.proposer == member.account
        let isHome =
            record.organization == member.member.organization && member.member.roles.contains(.orgAdmin)
        guard isOwn || isHome else { throw .result(.proposalOfOthers) }
        try drop(id, &context)
        try context.emit(revoked, id.digest.bytes)
        try close(&record, id, .revoked(context.height), &context)
        return record
    }

    // MARK: Steps

    /// A proposal that can still be approved.
    private static func standing<Store: KeyValueStore>(
        _ id: MotionID, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> MotionRecord {
        guard let record = try context.decoded(MotionRecord.self, at: motionKey(id)) else {
            throw .result(.proposalUnknown)
        }
        guard !record.status.isClosed else { throw .result(.proposalClosed) }
        guard context.height < record.motion.expires else { throw .result(.proposalExpired) }
        try charge(record.motion, &context)
        return record
    }

    /// Policies among the acts were read with the proposal, before anything else of it was known.
    private static func charge<Store: KeyValueStore>(
        _ motion: Motion, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        for case .setPolicy(_, let policy?) in motion.acts {
            try context.gas.charge(GasSchedule.policyByte * UInt64(policy.text.utf8.count))
        }
    }

    /// Whether a voice counts for any of the acts.
    private static func counts<Store: KeyValueStore>(
        _ voice: Voice, for record: MotionRecord, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> Bool {
        for (policy, concerned) in try context.requirements(of: record.motion.acts) {
            try context.gas.charge(GasSchedule.voice * UInt64(policy.weight))
            if policy.counts(voice, concerned: concerned) { return true }
        }
        return false
    }

    /// Puts a proposal that is carried on the agenda: from the next block on, or from its height (GOV-8).
    private static func decide<Store: KeyValueStore>(
        _ record: inout MotionRecord, _ id: MotionID, _ voices: [Voice], _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard record.status == .open, try context.isCarried(record, by: voices) else { return }
        var agenda = try context.decoded(Agenda.self, at: agendaKey) ?? Agenda()
        let open = try context.decoded(MotionList.self, at: openKey(record.organization)) ?? MotionList([])
        guard agenda.count(of: open.ids) < Limits.organizationDueProposalsMax,
            agenda.items.count < Limits.dueProposalsMax
        else { throw .result(.dueFull) }
        agenda.insert(Agenda.Item(due: max(record.motion.due, context.height.next), id: id))
        try context.put(agenda.encoded, at: agendaKey)
        record.status = .decided(context.height)
        try context.emit(decided, id.digest.bytes)
    }

    /// Counts a proposal among an organisation's open ones; those that have expired make room.
    private static func open<Store: KeyValueStore>(
        _ id: MotionID, of organization: Label, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        try sweep(organization, &context)
        var list = try context.decoded(MotionList.self, at: openKey(organization)) ?? MotionList([])
        guard list.ids.count < Limits.openProposalsMax else { throw .result(.proposalsFull) }
        list.ids.append(id)
        try context.put(list.encoded, at: openKey(organization))
    }

    /// Closes an organisation's proposals that expired while they were open: each new one looks at two, which then go
    /// to the back, and at all where there is no room otherwise.
    private static func sweep<Store: KeyValueStore>(
        _ organization: Label, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        let list = try context.decoded(MotionList.self, at: openKey(organization)) ?? MotionList([])
        var standing: [MotionID] = []
        var closed = 0
        for (looked, id) in list.ids.enumerated() {
            let isFull = list.ids.count - closed >= Limits.openProposalsMax
            if looked >= Limits.expiredClosedMax, !isFull { break }
            guard var record = try context.decoded(MotionRecord.self, at: motionKey(id)), record.status == .open,
                record.motion.expires < context.height
            else {
                standing.append(id)
                continue
            }
            try close(&record, id, .void(context.height, .proposalExpired), &context)
            closed += 1
        }
        guard !standing.isEmpty else { return }
        var left = try context.decoded(MotionList.self, at: openKey(organization)) ?? MotionList([])
        left.ids.removeAll { standing.contains($0) }
        left.ids += standing
        try context.put(left.encoded, at: openKey(organization))
    }

    /// Writes what became of a proposal and takes it from the list of open ones.
    private static func close<Store: KeyValueStore>(
        _ record: inout MotionRecord, _ id: MotionID, _ status: MotionStatus, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        record.status = status
        try context.put(record.encoded, at: motionKey(id))
        var list = try context.decoded(MotionList.self, at: openKey(record.organization)) ?? MotionList([])
        list.ids.removeAll { $0 == id }
        try context.put(list.ids.isEmpty ? nil : list.encoded, at: openKey(record.organization))
        try CommitteeContract.dismiss(record.motion, &context)
    }

    private static func drop<Store: KeyValueStore>(
        _ id: MotionID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard var agenda = try context.decoded(Agenda.self, at: agendaKey) else { return }
        agenda.remove(id)
        try context.put(agenda.items.isEmpty ? nil : agenda.encoded, at: agendaKey)
    }

    // MARK: Effects

    /// Lets decided proposals take effect, before the first transaction of a block (GOV-8, GOV-9).
    static func takeEffect<Store: KeyValueStore>(_ context: inout CallContext<Store>) throws(ExecutionTrouble) {
        do {
            guard try context.state.value(for: agendaKey) != nil else { return }
        } catch {
            throw .store(error)
        }
        context.beginEffects()
        do {
            let height = context.height
            let agenda = try context.decoded(Agenda.self, at: agendaKey) ?? Agenda()
            // The longest waiting come first, and nothing is moved where all of them have their turn.
            let isCrowded = agenda.items.count(where: \.waits) > Limits.effectsPerBlockMax
            for item in agenda.turn(at: height) {
                guard try waits(item.id, &context), isCrowded || !item.waits else { continue }
                try postpone(item.id, to: height.next, &context)
            }
            context.state.keepCall()
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .engine(let trouble): throw .engine(trouble)
            case .result: throw .store(.corrupt(what: "the agenda of governance"))
            }
        }
    }

    private static func postpone<Store: KeyValueStore>(
        _ id: MotionID, to height: Height, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard var agenda = try context.decoded(Agenda.self, at: agendaKey) else { return }
        agenda.remove(id)
        agenda.insert(Agenda.Item(due: height, id: id, waits: true))
        try context.put(agenda.encoded, at: agendaKey)
    }

    /// Lets a decided proposal take effect, or says that it has to wait.
    private static func waits<Store: KeyValueStore>(
        _ id: MotionID, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> Bool {
        guard var record = try context.decoded(MotionRecord.self, at: motionKey(id)) else {
            throw .store(.corrupt(what: "a decided proposal"))
        }
        let height = context.height
        let mark = context.state.mark
        switch try outcome(of: record, &context) {
        case .lapsed:
            // It may be approved again until it expires.
            record.status = .open
            try drop(id, &context)
            try context.put(record.encoded, at: motionKey(id))
        case .done:
            try drop(id, &context)
            try close(&record, id, .effective(height), &context)
        case .refused(let code):
            context.undo(to: mark)
            let waits = code == .committeeChangePending || code == .validatorNotReady
            if waits, height < record.motion.expires { return true }
            try drop(id, &context)
            try close(&record, id, .void(height, code), &context)
        }
        return false
    }

    private enum Effect {
        case done
        /// Approvals were taken from it by what happened to who gave them.
        case lapsed
        case refused(ResultCode)
    }

    private static func outcome<Store: KeyValueStore>(
        of record: MotionRecord, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> Effect {
        guard context.height <= record.motion.expires else { return .refused(.proposalExpired) }
        do throws(CallFailure) {
            guard try context.isCarried(record, by: try context.voices(record)) else { return .lapsed }
            try context.apply(record, isRehearsal: false)
            return .done
        } catch {
            guard case .result(let code) = error else { throw error }
            return .refused(code)
        }
    }
}
