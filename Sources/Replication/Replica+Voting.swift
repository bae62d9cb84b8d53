// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Storage

/// What a validator thinks of a proposed block.
private enum Verdict {
    case valid
    case invalid(BlockFlaw)
    /// Something it needs to know has not come yet.
    case unknown
}

// The voter's orders, and its one question: is this block available and valid (R5, CONS-15)?
extension Replica {
    /// Steps the voter and does what it orders; orders that answer at once are stepped in turn.
    mutating func vote(_ event: Voter.Event) throws(StoreError) {
        let wasSilent = voter.record.silence != nil
        for effect in voter.step(event) {
            switch effect {
            case .persist(let record): effects.append(.persist(record))
            case .sign(let statement, let view): effects.append(.sign(statement, view))
            case .signProposal(let header, let entry, let finality):
                effects.append(.signProposal(header, entry, finality: finality))
            case .broadcast(let ballot, let base): tellValidators(.ballot(ballot, base: base))
            case .broadcastProposal(let proposal): broadcast(proposal)
            case .arm(let view, let span): arm(.view(view), after: span)
            case .accuse(let fault): effects.append(.accuse(fault))
            case .judge(let proposal): consider(proposal)
            case .finalized: break  // `linkFinality` looks at the voter's record.
            }
        }
        if wasSilent, voter.record.silence == nil { effects.append(.note(.returned(voter.record.view))) }
    }

    @inline(__always)
    func tellsAnybody() -> Bool { committee.count > 1 || voter.me == nil }

    mutating func tellValidators(_ message: PeerMessage) {
        // A committee of one has nobody to tell.
        if tellsAnybody() { effects.append(.send(.validators, message)) }
    }

    private mutating func consider(_ proposal: Proposal) {
        undecided = proposal
        let id = proposal.header.id
        justifications.append((id, proposal.header.view, proposal.entry))
        if justifications.count > BlockTree.blocksMax { justifications.removeFirst() }
        if let early = earlyBodies.first(where: { $0.id == id }) { admitBody(early) }
    }

    /// Answers the voter's question as soon as it can be answered.
    mutating func decide() throws(StoreError) {
        guard let proposal = undecided else { return }
        guard proposal.header.view == voter.record.view else {
            undecided = nil
            return
        }
        let id = proposal.header.id
        switch try verdict(proposal, id) {
        case .unknown: return
        case .invalid(let flaw):
            undecided = nil
            // Its payload may be mebibytes, and no honest block will ever stand on it.
            if !tree.isKept(id) { tree.remove(id) }
            effects.append(.note(.rejected(id, flaw)))
            try vote(.judged(id, valid: false))
        case .valid:
            undecided = nil
            if let known = tree[id], !tree.isKept(id) {
                if !Mutant.voteWithoutBody.isOn { effects.append(.keep(known.block)) }
                tree.markKept(id)
            }
            try vote(.judged(id, valid: true))
        }
    }

    private mutating func verdict(_ proposal: Proposal, _ id: BlockID) throws(StoreError) -> Verdict {
        let header = proposal.header
        if brokenBodies.contains(id), !Mutant.signaturesUnchecked.isOn { return .invalid(.payload) }
        guard header.height > tip.height else { return .invalid(.branch) }
        // An older final block may still be on its way: its branch decides.
        guard closing == nil, !isBehindFinality else { return .unknown }
        guard let known = tree[id] else {
            if Mutant.voteWithoutBody.isOn { return .valid }
            fetches.want(id)
            return .unknown
        }
        // The node's own draft was made from what it knew to be valid.
        if header.proposer == voter.me, tree.isKept(id) { return .valid }
        let ancestry: [KnownBlock]
        switch tree.branch(from: header.parent, to: tipID, at: tip.height) {
        case .missing(let missing):
            fetches.want(missing)
            return .unknown
        case .elsewhere: return .invalid(.branch)
        case .whole(let path): ancestry = path
        }
        let parent = ancestry.first?.header ?? tip
        guard header.height == parent.height.next,
            header.parent == (proposal.entry.parent?.block ?? epochParentID)
        else { return .invalid(.height) }
        if let verdict = verdictOnTime(header, parent) { return verdict }
        if let verdict = verdictOnExecution(header, parent, ancestry) { return verdict }
        if let flaw = try flaw(inPayloadOf: known) { return .invalid(flaw) }
        guard base != nil, known.block.payload.transactions.contains(where: { isDoubtful($0.body) }) else {
            return .valid
        }
        // The timer runs on: were this node needed for a quorum, the view must still end (CONS-15, SYNC-9).
        doubtfulView = header.view
        return .unknown
    }

    /// Whether a transaction may have been executed where this node cannot know of it (SYNC-9).
    @inline(__always)
    func isDoubtful(_ body: Transaction) -> Bool { base.map { body.validFrom <= $0 } ?? false }

    /// Rule 2.11. Alone among the rules its answer depends on the clock of who judges.
    private mutating func verdictOnTime(_ header: Header, _ parent: Header) -> Verdict? {
        if Mutant.timestampUnchecked.isOn { return nil }
        guard header.timestamp > parent.timestamp else { return .invalid(.timestamp) }
        let wall = now.wall.value
        let ahead = wall + committee.parameters.clockToleranceMillis
        if header.timestamp.value > ahead {
            arm(.judging, after: .milliseconds(min(header.timestamp.value - ahead, Timing.viewMillisMax)))
            return .unknown
        }
        // Looser as views grow longer: bad clocks slow the chain and cannot stop it for ever.
        let age = Pacing.timestampAgeMillis + voter.timerMillis
        if header.timestamp.value + age < wall { return .invalid(.timestamp) }
        return nil
    }

    /// Rules 3, 4 and 6 of 2.10: what it attests, how far execution lags, whom it names next.
    private func verdictOnExecution(_ header: Header, _ parent: Header, _ ancestry: [KnownBlock]) -> Verdict? {
        let floor = Mutant.closeTwice.isOn ? .zero : max(parent.execHeight, epochParent.height)
        guard header.execHeight >= floor, header.execHeight < header.height else { return .invalid(.execution) }
        guard header.execHeight <= executed.height, let attested = result(at: header.execHeight) else {
            return .unknown
        }
        if attested.root != header.execRoot, !Mutant.attestedRootUnchecked.isOn { return .invalid(.execution) }
        if header.height.value - header.execHeight.value > Limits.executionLagMax, header.transactionCount > 0 {
            return .invalid(.backPressure)
        }
        guard header.nextCommittee == attested.pending?.id else { return .invalid(.handover) }
        let isClosed = ancestry.contains { $0.header.nextCommittee != nil }
        if isClosed, header.transactionCount > 0 { return .invalid(.handover) }
        return nil
    }

    /// Rule 1 of 2.10 for a payload whose senders have signed.
    private func flaw(inPayloadOf known: KnownBlock) throws(StoreError) -> BlockFlaw? {
        let header = known.header
        if known.members.count != known.ids.count { return .repeatedTransaction }
        guard known.block.payload.fitsItsGas else { return .gas }
        for transaction in known.block.payload.transactions where !Mutant.windowUnchecked.isOn {
            let body = transaction.body
            guard body.chain == voter.context.chain else { return .payload }
            guard body.validFrom <= header.height, header.height <= body.validUntil,
                body.validUntil.value - body.validFrom.value <= Limits.validityWindowMax
            else { return .window }
        }
        if Mutant.repeatedTransactions.isOn { return nil }
        let transactions = zip(known.ids, known.block.payload.transactions).map { ($0, $1.body.validFrom) }
        for (id, isExecuted) in zip(known.ids, try areExecuted(transactions)) {
            if isExecuted || tree.contains(id, onBranchOf: header.parent) { return .repeatedTransaction }
        }
        return nil
    }

    @inline(__always)
    func result(at height: Height) -> ExecutedTip? { roots.last { $0.height == height } }

    /// The newest results a restarted node can judge by, rebuilt from the history (LED-13): down to what the tip
    /// attests, for no block above it attests less.
    func recentRoots() throws(StoreError) -> [ExecutedTip] {
        // A pending committee is remembered with the newest height only, so at which it arose is not known.
        guard executed.pending == nil else { return [executed] }
        var found = [executed]
        while found.count < Pacing.rootsKept, let below = found[found.count - 1].height.previous,
            below >= max(epochParent.height, base ?? .zero, tip.execHeight), let leaf = try leaf(at: below),
            let history = try blocks.history(upTo: below, executed: executed)
        {
            found.append(ExecutedTip(leaf: leaf, history: history, transactionCount: 0, pending: nil))
        }
        return found.reversed()
    }

    private func leaf(at height: Height) throws(StoreError) -> HistoryLeaf? {
        if height == base { return try blocks.base()?.leaf }
        return try blocks.heightRecord(at: height)?.leaf
    }
}
