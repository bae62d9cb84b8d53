// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import ShangMi
import Storage

// Members, policies and proposals as the gateway asks for them: names from the register (DATA-12), values from the
// executed state.
extension HostedChain {
    typealias State = ConsortiumReader<RocksStore>
    private typealias Reader = ChainReader<RocksStore>

    // MARK: Members and organisations

    func members(
        of organization: Ledger.Label?, after account: AccountID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<MemberEntry> {
        try await read { (reader) throws(StoreError) in
            let keys = try reader.blocks.keys(
                of: .members, after: account.map { MembershipContract.stateKey($0) }, limit: limit)
            var state = state(reader)
            var entries: [MemberEntry] = []
            for (key, bytes) in zip(keys, try reader.tree.values(for: keys)) {
                guard let bytes else { continue }
                guard let record = try? MemberRecord(decoding: bytes), let digest = Digest(Array(key.suffix(32)))
                else { throw .corrupt(what: "a member's record") }
                guard organization == nil || record.member.organization == organization else { continue }
                entries.append(try entry(AccountID(digest), record, &state, reader))
            }
            let last = keys.count == limit ? keys.last.map { Hex.encode(Array($0.suffix(32))) } : nil
            return ConsortiumPage(height: reader.executed.height, elements: entries, cursor: last)
        }
    }

    func member(_ account: AccountID) async throws(AccessError) -> MemberEntry? {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            let proxy = try state.delegation(account)
            let owner = proxy?.record.member ?? account
            guard let record = try state.member(owner) else { return nil }
            return try entry(
                owner, record, &state, reader, delegates: try state.delegates(of: owner),
                delegation: proxy.map {
                    MemberEntry.Delegated(account: account, delegation: $0.record.delegation, callsMade: $0.calls)
                })
        }
    }

    private func entry(
        _ account: AccountID, _ record: MemberRecord, _ state: inout State, _ reader: Reader,
        delegates: [AccountID] = [], delegation: MemberEntry.Delegated? = nil
    ) throws(StoreError) -> MemberEntry {
        let isActive = try state.subject(account)?.isActive(at: state.height) ?? false
        return MemberEntry(
            height: reader.executed.height, account: account, record: record, isActive: isActive,
            delegates: delegates, delegation: delegation)
    }

    func organizations(
        after id: Ledger.Label?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<OrganizationEntry> {
        try await read { (reader) throws(StoreError) in
            let keys = try reader.blocks.keys(
                of: .organizations, after: id.map { MembershipContract.organizationKey($0) }, limit: limit)
            var state = state(reader)
            let voices = try state.electorate().organizations
            var entries: [OrganizationEntry] = []
            for bytes in try reader.tree.values(for: keys) {
                guard let bytes else { continue }
                guard let record = try? OrganizationRecord(decoding: bytes) else {
                    throw .corrupt(what: "an organisation's record")
                }
                entries.append(
                    OrganizationEntry(
                        height: reader.executed.height, record: record,
                        hasVoice: voices.contains(record.organization.id)))
            }
            let last = keys.count == limit ? entries.last?.record.organization.id.text : nil
            return ConsortiumPage(height: reader.executed.height, elements: entries, cursor: last)
        }
    }

    func organization(_ id: Ledger.Label) async throws(AccessError) -> OrganizationEntry? {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            guard let record = try state.organization(id) else { return nil }
            let hasVoice = try state.electorate().organizations.contains(id)
            return OrganizationEntry(height: reader.executed.height, record: record, hasVoice: hasVoice)
        }
    }

    // MARK: Policies

    func policies(after resource: Resource?, limit: Int) async throws(AccessError) -> ConsortiumPage<PolicyEntry> {
        try await read { (reader) throws(StoreError) in
            let keys = try reader.blocks.keys(
                of: .policies, after: resource.map { PermissionsContract.policyKey($0) }, limit: limit)
            let head = Register.policies.prefix.count
            var entries: [PolicyEntry] = []
            for (key, bytes) in zip(keys, try reader.tree.values(for: keys)) {
                guard let bytes else { continue }
                // What a founding wrote may be no resource; nothing asks for it then.
                guard let resource = try? Resource(decoding: Array(key.dropFirst(head))) else { continue }
                entries.append(PolicyEntry(resource: resource, policy: Policy(canonical: bytes), isStandard: false))
            }
            let last = keys.count == limit ? keys.last.map { Hex.encode(Array($0.dropFirst(head))) } : nil
            return ConsortiumPage(height: reader.executed.height, elements: entries, cursor: last)
        }
    }

    func standardPolicies() async throws(AccessError) -> [PolicyEntry] {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            var entries: [PolicyEntry] = []
            for resource in [Resource.calls, .reads] + ActClass.allCases.map(Resource.acts) {
                guard try state.ownPolicy(of: resource) == nil else { continue }
                entries.append(PolicyEntry(resource: resource, policy: resource.standard, isStandard: true))
            }
            return entries
        }
    }

    // MARK: Proposals

    func proposals(
        areOpen: Bool, after id: MotionID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<ProposalEntry> {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            var probe = try probe(reader)
            let ids = try areOpen ? openIDs(&state) : madeIDs(after: id, limit: limit, reader)
            // At most eight an organisation are open: few enough to sort them all.
            let page = ids.filter { id == nil || $0 > id! }.prefix(limit)
            var entries: [ProposalEntry] = []
            var last: MotionID?
            // The rest is on the next page also where looking at these has come to enough (GOV-20).
            for id in page where last == nil || probe.spent < MotionProbe<RocksStore>.answerGasMax {
                last = id
                guard let record = try state.motion(id) else { continue }
                if areOpen, record.status == .open, record.motion.expires <= reader.executed.height { continue }
                entries.append(try entry(id, record, &state, &probe, reader))
            }
            let isMore = last != page.last || (areOpen ? last != ids.last : page.count == limit)
            return ConsortiumPage(height: reader.executed.height, elements: entries, cursor: isMore ? last?.hex : nil)
        }
    }

    private func openIDs(_ state: inout State) throws(StoreError) -> [MotionID] {
        var ids: [MotionID] = []
        for organization in try state.organizations() { ids += try state.openMotions(of: organization) }
        return ids.sorted()
    }

    private func madeIDs(after id: MotionID?, limit: Int, _ reader: Reader) throws(StoreError) -> [MotionID] {
        let keys = try reader.blocks.keys(
            of: .proposals, after: id.map { GovernanceContract.motionKey($0) }, limit: limit)
        return keys.compactMap { Digest(Array($0.suffix(32))).map { MotionID($0) } }
    }

    func proposal(_ id: MotionID) async throws(AccessError) -> ProposalEntry? {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            guard let record = try state.motion(id) else { return nil }
            var probe = try probe(reader)
            var code = ProposedCode(reader.tree)
            let about = record.status.isClosed ? [] : try code.lines(of: record.motion)
            return try entry(id, record, &state, &probe, reader, code: about)
        }
    }

    private func entry(
        _ id: MotionID, _ record: MotionRecord, _ state: inout State, _ probe: inout MotionProbe<RocksStore>,
        _ reader: Reader, code: [EffectPreview.Line] = []
    ) throws(StoreError) -> ProposalEntry {
        let approvals = try probe.voices(record.approvals, for: record).map {
            ProposalEntry.Approval(account: $0.account, member: $0.member, counts: $0.counts)
        }
        var waitsFor = ResultCode.success
        if case .decided = record.status { waitsFor = try probe.obstacle(to: record) }
        let isClosed = record.status.isClosed
        let committee = try state.committee() ?? host.settings.spec.committee
        return ProposalEntry(
            height: reader.executed.height, id: id, record: record, approvals: approvals,
            needs: isClosed ? [] : try probe.needs(of: record), waitsFor: waitsFor,
            preview: isClosed
                ? nil
                : EffectPreview(
                    of: record.motion, on: committee, knowing: try state.register(for: record.motion), code: code))
    }

    func preview(_ motion: Motion, by account: AccountID) async throws(AccessError) -> ProposalPreview {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            var probe = try probe(reader)
            let (code, made) = try probe.rehearse(motion, by: account)
            let organization = made?.organization ?? Ledger.Label(literal: "")
            // What it would take is worth knowing also where something else is in the way.
            let record =
                made
                ?? MotionRecord(
                    motion: motion, proposer: account, organization: organization, proposed: state.height,
                    approvals: [account])
            var proposed = ProposedCode(reader.tree)
            let committee = try state.committee() ?? host.settings.spec.committee
            var isDecided = false
            if case .decided = made?.status { isDecided = true }
            return ProposalPreview(
                height: reader.executed.height, id: motion.id(by: account), code: code, isDecided: isDecided,
                needs: try probe.needs(of: record),
                preview: EffectPreview(
                    of: motion, on: committee, knowing: try state.register(for: motion),
                    code: try proposed.lines(of: motion)),
                possibleFrom: code == .rotationsSpent ? try probe.possibleFrom(motion) : nil)
        }
    }

    // MARK: One decision

    func verdict(_ phrase: ActPhrase, by account: AccountID) async throws(AccessError) -> Verdict {
        try await read { (reader) throws(StoreError) in
            var state = state(reader)
            let verdict = try state.verdict(phrase, by: account)
            guard case .approve(let id) = phrase, verdict.decision.isAllowed else { return verdict }
            // Whether a person has spoken already by another key is the contract's to say.
            var probe = try probe(reader)
            return verdict.judged(try probe.rehearse(approving: id, by: account))
        }
    }

    /// Decisions are for the next block.
    private func state(_ reader: Reader) -> State { State(reader.tree, next: reader.executed.height.next) }

    private func probe(_ reader: Reader) throws(StoreError) -> MotionProbe<RocksStore> {
        MotionProbe(reader.tree, header: try headerAfter(reader))
    }

    /// A header for the block after the executed height, as far as what is tried out depends on it.
    func headerAfter(_ reader: ChainReader<RocksStore>) throws(StoreError) -> Header {
        let tip = reader.executed
        let last =
            tip.height == .zero ? host.settings.spec.genesis : try reader.blocks.finalRecord(at: tip.height)?.header
        guard let last else { throw .corrupt(what: "the header of the executed height") }
        return Header(
            chain: last.chain, epoch: last.epoch, view: last.view, height: tip.height.next, parent: last.id,
            timestamp: last.timestamp, proposer: last.proposer, payload: Payload([]), execHeight: tip.height,
            execRoot: tip.root, nextCommittee: nil)
    }
}
