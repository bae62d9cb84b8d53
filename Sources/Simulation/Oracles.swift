// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// A rule that a world saw broken: which, where and when.
package struct Violation: Hashable, Sendable {
    package let rule: String
    package let text: String
    package let instant: UInt64
}

/// Watches a world and says what must never be, from the rules alone and with its own books.
///
/// Liars and the deceived are not watched; whatever they do, the honest must keep all of this.
/// - Spec: SIM-8; consensus.md section 3, A1 to A10.
struct Oracles {
    private(set) var violation: Violation?
    let spec: ChainSpec
    var statements = StatementBook()
    var ledger: LedgerBook
    var governance: GovernanceBook
    /// Committees that were in force, one an epoch.
    private var committees: [Committee]
    /// Durable bodies a node: which batch of its disk each block was kept in.
    private var kept: [[BlockID: UInt64]]
    /// The highest place each node has stood at since it was made.
    private var heights: [Place]
    /// Keys whose holders are not watched.
    var dishonest: [SM2.PublicKey] = []
    private var checks: UInt64 = 0
    /// True where the last blocks noted were final nowhere before.
    private(set) var isNews = false

    private struct Place {
        var epoch = Epoch.zero
        var view = View.zero
        var executed = Height.zero
    }

    /// - Parameter observers: keys of nodes that only watch, until governance promotes one.
    init(_ spec: ChainSpec, nodes: Int, observers: Set<AccountID>, isReal: Bool) {
        self.spec = spec
        ledger = LedgerBook(spec, isReal: isReal)
        governance = GovernanceBook(spec, observers: observers)
        committees = [spec.committee]
        kept = Array(repeating: [:], count: nodes)
        heights = Array(repeating: Place(), count: nodes)
    }

    mutating func violate(_ rule: String, _ text: String, at instant: UInt64) {
        if violation == nil { violation = Violation(rule: rule, text: text, instant: instant) }
    }

    private mutating func demand(_ rule: String, at instant: UInt64, _ broken: String?) {
        if let broken { violate(rule, broken, at: instant) }
    }

    // MARK: A4, A10: one node at a time

    /// Looks at a replica after each of its steps and changes nothing there. It is `inout`, and only what is stored in
    /// it is asked for, because all five kilobytes of it would be copied otherwise.
    mutating func observe(
        _ slot: Int, _ replica: inout Replica<SimulatedDisk>, at now: UInt64, _ coverage: inout Coverage
    ) {
        let before = heights[slot]
        let epoch = replica.committee.epoch
        let view = replica.voter.record.view
        if epoch < before.epoch || epoch == before.epoch && view < before.view {
            violate("A4", "node \(slot) went back from view \(before.view.value) to \(view.value)", at: now)
        }
        if epoch == before.epoch, view > before.view {
            coverage.views += 1
            let isJump = view.value - before.view.value >= 3 && before.view > .zero
            if isJump { coverage.note(.jumpOfThreeViews) }
            if case .nullity(let certificate) = replica.voter.record.entry, certificate.base != nil {
                coverage.note(.nullityAboveLevelZero)
            }
        }
        heights[slot].epoch = epoch
        heights[slot].view = view
        heights[slot].executed = replica.executed.leaf.height
        if let broken = replica.voter.brokenInvariant { violate("A4", "node \(slot): not so: \(broken)", at: now) }
        checks += 1
        if checks % 16 == 0 { observeBounds(slot, &replica, at: now) }
    }

    private mutating func observeBounds(_ slot: Int, _ replica: inout Replica<SimulatedDisk>, at now: UInt64) {
        let n = replica.committee.count
        let bounds = [
            ("ballots", replica.voter.rememberedBallots, 27 * n + 32 * n), ("views", replica.voter.rememberedViews, 10),
            ("blocks in the tree", replica.treeCount, 64 + FinalRange.blocksMax),
            ("waiting transactions", replica.waitingCount, Clients.bounds.transactionsMax),
        ]
        for (what, count, bound) in bounds where count > bound {
            violate("A10", "node \(slot) remembers \(count) \(what), more than \(bound)", at: now)
        }
    }

    /// Where a node has got to, for who waits for it.
    func view(of slot: Int) -> (epoch: Epoch, view: View) { (heights[slot].epoch, heights[slot].view) }

    // MARK: Runs

    mutating func noteStart(_ slot: Int, _ record: SafetyRecord?, _ coverage: inout Coverage) {
        guard let record else { return }
        let votes = (record.notarized == nil ? 0 : 1) + (record.nullified == nil ? 0 : 1)
        coverage.note([.restartWithoutVotes, .restartWithOneVote, .restartWithTwoVotes][votes])
    }

    mutating func noteCrash(_ slot: Int, durable: UInt64) {
        kept[slot] = kept[slot].filter { $0.value <= durable }
        // Entering a view needs no write of its own; only what was voted in must never be left behind.
        heights[slot].view = .zero
        heights[slot].epoch = .zero
    }

    mutating func noteWipe(_ slot: Int) { kept[slot] = [:] }

    // MARK: A2, A3: what is said

    mutating func notePersisted(_ slot: Int, _ record: SafetyRecord, wall: Timestamp, at now: UInt64) {
        guard let block = record.notarized, let header = statements.header(block) else { return }
        let isNew = statements.firstSeen(block, by: slot)
        guard isNew, record.proposed == nil else { return }
        let tolerance = spec.committee.parameters.clockToleranceMillis
        if header.timestamp.value > wall.value + tolerance {
            let ahead = header.timestamp.value - wall.value
            violate("CONS-15", "node \(slot) notarizes a block \(ahead) ms ahead of its clock", at: now)
        }
    }

    mutating func noteKept(_ slot: Int, _ block: Block, _ progress: (written: UInt64, durable: UInt64)) {
        statements.note(block.header)
        kept[slot][block.id] = progress.written
    }

    mutating func noteHeader(_ header: Header) { statements.note(header) }

    mutating func noteProposed(_ slot: Int, _ header: Header, record: SafetyRecord?, at now: UInt64) {
        if record?.proposed != header { violate("A3", "node \(slot) proposes what no durable record holds", at: now) }
        demand("A2", at: now, statements.propose(header, by: slot))
    }

    mutating func noteSigned(
        _ spoken: Spoken, _ committee: Committee, record: SafetyRecord?,
        disk: (written: UInt64, durable: UInt64), at now: UInt64, _ coverage: inout Coverage
    ) {
        var who: String { "node \(spoken.slot)" }
        if record?.silence != nil { violate("A4", "\(who) speaks though it lost its record", at: now) }
        guard let record, record.epoch == spoken.epoch else {
            return violate("A3", "\(who) says \(spoken.short) with no durable record of its epoch", at: now)
        }
        var isWritten: Bool
        switch spoken.statement {
        case .notarize(let block):
            isWritten = record.view == spoken.view && record.notarized == block
            let isKept = kept[spoken.slot][block].map { $0 <= disk.durable } ?? false
            if !isKept { violate("A3", "\(who) notarizes a block that is not durable there", at: now) }
        case .nullify(let level): isWritten = record.view == spoken.view && record.nullified == level
        case .finalize(let block):
            isWritten = record.lastFinalize?.view == spoken.view && record.lastFinalize?.block == block
            if spoken.view > heights[spoken.slot].view, heights[spoken.slot].view > .zero {
                coverage.note(.finalizedOnAJump)
            }
        }
        if !isWritten { violate("A3", "\(who) says \(spoken.short), and no durable record holds it", at: now) }
        demand("A2", at: now, statements.hear(spoken, committee, dishonest: dishonest))
    }

    // MARK: A1, A6, A8, A9: the ledger

    mutating func noteAppended(
        _ slot: Int, _ records: [FinalRecord], _ handover: EpochProof?, _ nodes: [SimulatedNode], at now: UInt64,
        _ coverage: inout Coverage
    ) {
        isNews = false
        for record in records {
            let id = record.header.id
            let isFirst = ledger.isNext(record.header.height)
            demand("A1", at: now, ledger.append(record.header, id, by: slot))
            guard isFirst else { continue }
            isNews = true
            coverage.blocks += 1
            coverage.transactions += record.header.transactionCount
            coverage.note(.blockFinal)
            var holders = 0
            for node in nodes where node.loyalty.isHonest {
                if let batch = kept[node.slot][id], batch <= node.disk.progress.durable { holders += 1 }
            }
            let needed = ledger.faultsMax(in: record.header.epoch) + 1
            if holders < needed {
                violate(
                    "A6", "final block \(record.header.height.value) is durable on \(holders) honest disks", at: now)
            }
        }
        if let handover, !handover.descendants.isEmpty { coverage.note(.closingBlockFinalByDescendant) }
    }

    mutating func noteAnswer(_ ids: [TransactionID], _ admissions: [Admission], at now: UInt64) {
        for (id, admission) in zip(ids, admissions) {
            guard case .final(let place) = admission, let known = ledger.place(of: id) else { continue }
            if known != place { violate("A1", "a client was told another place of its transaction", at: now) }
        }
    }

    mutating func noteExecuted(
        _ slot: Int, _ block: Block, _ ids: [TransactionID], _ tip: ExecutedTip, _ outcomes: [Outcome], at now: UInt64
    ) {
        let isFirst = !ledger.wasExecuted(block.header.height)
        demand("A8", at: now, ledger.execute(block, ids, tip, by: slot))
        if isFirst { demand("GOV", at: now, governance.execute(block, outcomes)) }
    }

    /// A node goes on from a state it did not compute: it must be the one that was computed.
    mutating func noteRebased(_ slot: Int, _ tip: ExecutedTip, at now: UInt64) {
        demand("A8", at: now, ledger.jump(to: tip, by: slot))
    }

    mutating func noteEpoch(_ slot: Int, _ epoch: Epoch, from height: Height, _ committee: Committee, at now: UInt64) {
        if committees.last?.epoch.next == epoch, let old = committees.last {
            demand("GOV", at: now, governance.begin(committee, after: old, at: height))
            committees.append(committee)
        }
        demand("A9", at: now, ledger.begin(epoch, from: height, committee, by: slot))
    }

    /// A block that became final was not invalid; the one answer that may differ is that of the clock.
    mutating func noteRejected(_ slot: Int, _ block: BlockID, _ flaw: BlockFlaw, at now: UInt64) {
        if flaw == .timestamp || flaw == .branch { return }
        demand("CONS-15", at: now, ledger.reject(block, flaw))
    }
}
