// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
package import Ledger
import ShangMi
package import Storage

/// What time it is, twice: a clock that never goes back, for deadlines, and the wall's, for timestamps.
package struct Moment: Hashable, Sendable {
    package let instant: Instant
    package let wall: Timestamp

    package init(instant: Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }
}

/// One node's whole judgement about one chain: what to take in, vote for, order, execute and tell.
///
/// A value: it can be copied, forked and replayed. It reads the store, which gives one answer however long it
/// takes, and orders everything else through effects.
/// - Spec: docs/spec/host.md for the contract with its host, docs/spec/consensus.md for the rules it keeps.
package struct Replica<Store: KeyValueStore>: Sendable {
    private let spec: ChainSpec
    private let blocks: BlockStore<Store>
    private var voter: Voter
    private var mempool: Mempool
    private let members: Set<SM2.PublicKey>
    /// What a proposal of an epoch's first view extends; in the founding epoch that is genesis.
    private let epochParent: BlockID

    private var tree = BlockTree()
    /// The newest final block.
    private var tip: Header
    private var tipID: BlockID
    private var executed: ExecutedTip
    /// Roots of the newest executed heights, for judging what others attest; one a height, the newest last.
    private var roots: [(height: Height, root: ExecutedTip)] = []
    private var isExecuting = false
    /// The newest final block that holds transactions.
    private var lastFilled: Height
    private var effects: [ReplicaEffect] = []
    private var now = Moment(instant: Instant(nanoseconds: 0), wall: .zero)
    private var heartbeatDue = false
    /// Until when a block on a parent waits for its interval, by the clock that is never set back.
    private var pacing: (parent: BlockID, until: Instant)?

    package init(_ recovered: Recovered, store: Store, mempool: Mempool.Bounds) throws(StoreError) {
        spec = recovered.spec
        blocks = BlockStore(store)
        let committee = spec.committee
        let context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
        voter = Voter(
            context: context, committee: committee, me: recovered.me,
            record: recovered.safety ?? SafetyRecord(startOf: committee.epoch))
        self.mempool = Mempool(bounds: mempool)
        members = Set(spec.members.map(\.key))
        tip = recovered.tip?.header ?? spec.genesis
        tipID = tip.id
        epochParent = spec.genesis.id
        executed = recovered.executed
        roots = [(recovered.executed.height, recovered.executed)]
        lastFilled = tip.transactionCount > 0 ? tip.height : .zero
        for block in recovered.blocks where block.header.height > executed.height {
            tree.insert(KnownBlock(block, ids: block.payload.transactions.map(\.id)))
        }
        // Blocks above the attested height are few: at most the execution lag and the voting window.
        var height = tip.height
        while lastFilled == .zero, height > tip.execHeight {
            if let record = try blocks.finalRecord(at: height), record.header.transactionCount > 0 {
                lastFilled = height
            }
            guard let below = height.previous else { break }
            height = below
        }
    }

    /// Takes one event; never throws, never waits, never reads a clock.
    ///
    /// - Throws: only what reading the store throws; the host then ends this run (HOST-5).
    package mutating func step(_ event: ReplicaEvent, at moment: Moment) throws(StoreError) -> [ReplicaEffect] {
        now = moment
        switch event {
        case .started:
            try vote(.started)
            executeNext()
            armHeartbeat()
        case .submitted(let transactions, let ticket): try submit(transactions, ticket)
        case .proposalReceived(let proposal): try vote(.proposalReceived(proposal))
        case .ballotReceived(let ballot, let base): try vote(.ballotReceived(ballot, base: base))
        case .executed(let tip): try finishExecution(tip)
        case .deadlinePassed(.view(let view)): try vote(.deadlinePassed(view))
        case .deadlinePassed(.proposing): break
        case .deadlinePassed(.heartbeat):
            heartbeatDue = isHeartbeatDue
            if !heartbeatDue { armHeartbeat() }
        }
        try vote(.demandChanged(hasDemand))
        try propose()
        defer { effects = [] }
        return effects
    }

    // MARK: What others may ask

    package var finalHeight: Height { tip.height }
    package var finalTip: Header { tip }
    package var executedTip: ExecutedTip { executed }
    package var attestedHeight: Height { tip.execHeight }
    package var view: View { voter.view }
    package var waitingCount: Int { mempool.count }
    package var waitingBytes: Int { mempool.byteCount }

    // MARK: Submissions

    private mutating func submit(
        _ transactions: [Verified<SignedTransaction>], _ ticket: Ticket
    ) throws(StoreError) {
        let known = try blocks.areKnown(transactions.map(\.id))
        var admissions: [Admission] = []
        for (transaction, isKnown) in zip(transactions, known) {
            if isKnown, let place = try blocks.place(of: transaction.id) {
                admissions.append(.final(place))
            } else {
                admissions.append(admit(transaction))
            }
        }
        effects.append(.answer(ticket, admissions))
    }

    private mutating func admit(_ transaction: Verified<SignedTransaction>) -> Admission {
        let body = transaction.value.body
        let tipHeight = tip.height
        guard body.chain == voter.context.chain else { return .refused(.otherChain) }
        guard body.validUntil > tipHeight else { return .refused(.expired(tip: tipHeight)) }
        guard body.validUntil >= body.validFrom,
            body.validUntil.value - body.validFrom.value <= Limits.validityWindowMax
        else { return .refused(.windowTooLong) }
        // Kept only if it could stand in the very next block: what waits must be reason enough to make one.
        guard body.validFrom <= tipHeight.next else { return .refused(.tooEarly(tip: tipHeight)) }
        guard members.contains(body.sender) else { return .refused(.unknownSender) }
        let branch = voter.record.highQC?.block ?? tipID
        if let known = tree.block(with: transaction.id, onBranchOf: branch) {
            guard known.header.height <= tipHeight, let index = known.ids.firstIndex(of: transaction.id)
            else {
                return .waiting
            }
            return .final(EvidenceNumber(height: known.header.height, index: UInt64(index)))
        }
        if mempool.contains(transaction.id) { return .waiting }
        if let refusal = mempool.admit(transaction) { return .refused(refusal) }
        return .admitted
    }

    // MARK: Voting

    /// Steps the voter and does what it orders; orders that answer at once are stepped in turn.
    private mutating func vote(_ event: Voter.Event) throws(StoreError) {
        for effect in voter.step(event) {
            switch effect {
            case .persist(let record): effects.append(.persist(record))
            case .sign(let statement, let view): effects.append(.sign(statement, view))
            case .signProposal(let header, let entry, let finality):
                effects.append(.signProposal(header, entry, finality: finality))
            case .broadcast(let ballot, let base): effects.append(.send(.ballot(ballot, base: base)))
            case .broadcastProposal(let proposal): effects.append(.send(.proposal(proposal)))
            case .arm(let view, let span):
                effects.append(.arm(.view(view), at: now.instant.advanced(by: span)))
            case .accuse(let fault): effects.append(.accuse(fault))
            case .judge(let proposal): try judge(proposal)
            case .finalized(let certificate): try finalize(certificate)
            }
        }
    }

    private mutating func judge(_ proposal: Proposal) throws(StoreError) {
        let id = proposal.header.id
        guard let known = tree[id] else { return }
        if let flaw = try flaw(in: known, proposal: proposal) {
            effects.append(.note(.rejected(id, flaw)))
            return try vote(.judged(id, valid: false))
        }
        if proposal.header.proposer != voter.me { effects.append(.keep(known.block)) }
        try vote(.judged(id, valid: true))
    }

    /// Rules 1 to 6 of consensus.md 2.10 (CONS-15).
    private func flaw(in known: KnownBlock, proposal: Proposal) throws(StoreError) -> BlockFlaw? {
        let header = known.header
        guard let parent = self.header(of: header.parent), header.height == parent.height.next,
            header.parent == (proposal.entry.parent?.block ?? epochParent)
        else { return .height }
        guard header.timestamp > parent.timestamp else { return .timestamp }
        guard header.execHeight >= parent.execHeight, header.execHeight < header.height,
            root(at: header.execHeight) == header.execRoot
        else { return .execution }
        if header.height.value - header.execHeight.value > Limits.executionLagMax, header.transactionCount > 0 {
            return .backPressure
        }
        if known.members.count != known.ids.count { return .repeatedTransaction }
        for transaction in known.block.payload.transactions {
            let body = transaction.body
            guard body.chain == voter.context.chain else { return .payload }
            guard body.validFrom <= header.height, header.height <= body.validUntil,
                body.validUntil.value - body.validFrom.value <= Limits.validityWindowMax
            else { return .window }
        }
        // This node's own draft was made from what the store does not know; others' are looked up.
        guard header.proposer != voter.me else { return nil }
        for (id, isKnown) in zip(known.ids, try blocks.areKnown(known.ids)) {
            if isKnown || tree.contains(id, onBranchOf: header.parent) { return .repeatedTransaction }
        }
        return nil
    }

    /// The header of a block this node holds: one in the tree, or the final tip.
    private func header(of id: BlockID) -> Header? { id == tipID ? tip : tree[id]?.header }

    private func root(at height: Height) -> Digest? { roots.last { $0.height == height }?.root.root }

    // MARK: Finality and execution

    /// Appends a final block and its ancestors to the ledger, lowest first (R8).
    private mutating func finalize(_ certificate: QuorumCertificate) throws(StoreError) {
        guard certificate.block != tipID, let path = tree.branch(from: certificate.block, downTo: tip.height)
        else {
            return
        }
        // Two final blocks on different branches would be a broken proof of safety: never continue past it.
        precondition(path.last?.header.parent == tipID, "final blocks form one chain")
        var records: [FinalRecord] = []
        for known in path.reversed() {
            let isTop = known.block.id == certificate.block
            records.append(
                FinalRecord(
                    header: known.header, certificate: certificate, entry: isTop ? voter.record.entry : nil))
            tree.keepOnly(known.block.id, at: known.header.height)
            mempool.remove(known.ids)
            if known.header.transactionCount > 0 { lastFilled = known.header.height }
            tip = known.header
            tipID = known.block.id
        }
        heartbeatDue = false
        effects.append(.append(records))
        for known in path.reversed() { effects.append(.note(.finalized(known.header.height, known.ids))) }
        effects.append(.note(.attested(tip.execHeight)))
        armHeartbeat()
        executeNext()
    }

    private mutating func executeNext() {
        guard !isExecuting, executed.height < tip.height,
            let next = tree.branch(from: tipID, downTo: executed.height)?.last
        else { return }
        isExecuting = true
        effects.append(.execute(next.block, next.ids))
    }

    private mutating func finishExecution(_ tip: ExecutedTip) throws(StoreError) {
        precondition(tip.height == executed.height.next, "heights are executed in order")
        isExecuting = false
        executed = tip
        roots.append((tip.height, tip))
        if roots.count > Pacing.rootsKept { roots.removeFirst() }
        tree.prune(upTo: tip.height)
        executeNext()
    }

    // MARK: Proposing (R3)

    /// Why a block should come now, if at all.
    private var hasDemand: Bool {
        !mempool.isEmpty || hasUnfinishedBranch || lastFilled > tip.execHeight || tip.height == .zero
            || heartbeatDue
    }

    /// A block above the final tip is notarized and holds transactions (consensus.md 2.8, D2).
    private var hasUnfinishedBranch: Bool {
        guard let high = voter.record.highQC, high.block != tipID, let known = tree[high.block] else {
            return false
        }
        return known.header.height > tip.height
    }

    private mutating func propose() throws(StoreError) {
        guard voter.mayPropose, hasDemand, !tree.isFull else { return }
        let parentID = voter.justification.parent?.block ?? epochParent
        guard let parent = header(of: parentID), executed.height >= parent.execHeight else { return }
        let due = parent.timestamp.value + voter.committee.parameters.blockIntervalMillis
        if now.wall.value < due, parent.height != .zero, isEarly(on: parentID, by: due - now.wall.value) {
            return
        }
        let height = parent.height.next
        let payload = draftPayload(at: height, on: parentID)
        guard !payload.transactions.isEmpty || isEmptyBlockUseful(on: parent) else { return }
        let header = Header(
            chain: voter.context.chain, epoch: voter.committee.epoch, view: voter.view, height: height,
            parent: parentID, timestamp: Swift.max(now.wall, parent.timestamp.next),
            proposer: voter.committee.leader(of: voter.view), payload: payload.payload,
            execHeight: executed.height, execRoot: executed.root, nextCommittee: nil)
        guard let block = Block(header: header, payload: payload.payload) else {
            preconditionFailure("a header made for a payload names it")
        }
        tree.insert(KnownBlock(block, ids: payload.transactions.map(\.id)))
        effects.append(.keep(block))
        try vote(.drafted(header))
    }

    /// True until a block on `parent` has waited as long as the wall clock asked for when it was first asked.
    ///
    /// A wall clock set back must not stop the chain for longer than an interval, and later events must not
    /// put the end of the wait off.
    private mutating func isEarly(on parent: BlockID, by millis: UInt64) -> Bool {
        if let pacing, pacing.parent == parent { return now.instant < pacing.until }
        let wait = min(millis, voter.committee.parameters.blockIntervalMillis)
        let until = now.instant.advanced(by: .milliseconds(wait))
        pacing = (parent, until)
        effects.append(.arm(.proposing, at: until))
        return now.instant < until
    }

    private mutating func draftPayload(
        at height: Height, on parent: BlockID
    ) -> (transactions: [Verified<SignedTransaction>], payload: Payload) {
        guard height.value - executed.height.value <= Limits.executionLagMax else { return ([], .empty) }
        let tree = tree
        let drafted = mempool.draft(
            at: height, transactionsMax: voter.committee.parameters.blockTransactionsMax,
            bytesMax: Limits.payloadBytesMax, except: { tree.contains($0, onBranchOf: parent) })
        return (drafted, drafted.isEmpty ? .empty : Payload(drafted.map(\.value)))
    }

    /// An empty block is worth making to attest the last results, to start a chain, or as a sign of life.
    private func isEmptyBlockUseful(on parent: Header) -> Bool {
        let attests = executed.height >= lastFilled && lastFilled > parent.execHeight
        return attests || parent.height == .zero || heartbeatDue
    }

    private var isHeartbeatDue: Bool {
        now.wall.value >= tip.timestamp.value + voter.committee.parameters.heartbeatMillis
    }

    private mutating func armHeartbeat() {
        let wait = voter.committee.parameters.heartbeatMillis
        effects.append(.arm(.heartbeat, at: now.instant.advanced(by: .milliseconds(wait))))
    }
}
