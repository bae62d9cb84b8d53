// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Consensus
import Execution
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
/// takes, and orders everything else through effects. Small questions about it are inlined, always: asked by a call,
/// each would be handed a copy of all five kilobytes (Swift 6.3, measured: a twentieth of a step). Its parts, one file
/// each:
///
/// - `Replica+Voting`: steps the voter, answers whether a block is valid;
/// - `Replica+Proposing`: when and what to propose;
/// - `Replica+Finality`: the ledger, execution in order, the end of an epoch;
/// - `Replica+Submissions`: transactions from clients and from peers;
/// - `Replica+Peers`: where others stand, what they lack, who is silent;
/// - `Replica+Fetching`: bodies that are missing, ranges a node is behind by;
/// - `Replica+Snapshots`: a state in place of all blocks before it;
/// - `Replica+Return`: a validator that lost its record.
/// - Spec: docs/spec/host.md for the contract with its host, docs/spec/consensus.md and docs/spec/peers.md for the
///   rules it keeps.
package struct Replica<Store: KeyValueStore>: Sendable {
    let spec: ChainSpec
    let blocks: BlockStore<Store>
    let key: SM2.PublicKey?
    let instance: UInt64

    // The epoch.
    package internal(set) var committee: Committee
    package internal(set) var voter: Voter
    /// The block this epoch stands on: the last epoch's closing block, genesis in the first.
    var epochParent: Header
    var epochParentID: BlockID
    /// A closing block that is final and waits until this node has computed which committee it names.
    var closing: Closing?

    // The ledger.
    var tree = BlockTree()
    /// The newest final block.
    var tip: Header
    var tipID: BlockID
    package internal(set) var executed: ExecutedTip
    /// The newest executed heights, for judging what others attest; one a height, the newest last.
    var roots: [ExecutedTip] = []
    /// What final headers attest of heights this node has not executed yet.
    var attestations: [(height: Height, root: Digest)] = []
    var isExecuting = false
    /// The newest final block that holds transactions.
    var lastFilled: Height
    /// Why recent proposals may stand where they stand, kept with those that become final.
    var justifications: [(block: BlockID, view: View, entry: EntryCertificate)] = []

    /// The height this store began with, where that was a snapshot: what was executed up to it is not known (SYNC-9).
    let base: Height?

    /// What became final since this process began.
    var recentFinals: RecentFinals

    // What waits.
    var mempool: Mempool
    var door = Doorkeeper<Store>()
    /// Transactions clients gave to this node, said again until they are final.
    var ownTransactions = OwnTransactions()
    /// The proposal of the current view as long as it is neither valid nor invalid.
    var undecided: Proposal?
    /// The newest view whose proposal holds a transaction that may have been executed before the base.
    var doubtfulView: View?
    /// Bodies whose payload holds an unsigned transaction: such a block is invalid whoever proposes it.
    var brokenBodies: [BlockID] = []
    var earlyBodies: [KnownBlock] = []

    // The others.
    var peers: PeerBook
    var viewClock: ViewClock
    /// The view the clock and the relay were last set for.
    var clockedView = View.zero
    var fetches = FetchList()
    var ranges = RangeQuest()
    var quest: SnapshotQuest<Store>
    /// When something asked for is to be looked after; the earliest of all that is, worked out in each step.
    private var fetchingAt: Instant?
    /// Validators that confirmed after a restart that they know of no vote this node does not.
    var confirmations: Set<Int> = []
    /// Answers to a validator that lost its record, by reporter.
    var reports: [Int: View] = [:]

    var effects: [ReplicaEffect] = []
    var now = Moment(instant: Instant(nanoseconds: 0), wall: .zero)
    var heartbeatDue = false
    /// Until when a block on a parent waits for its interval, by the clock that is never set back.
    var pacing: (parent: BlockID, until: Instant)?
    /// Until when a block that would only help an older one to finality waits.
    var helping: (view: View, until: Instant)?
    /// From when on observers may be told again of what is final, and whether that is due.
    var newsFrom: Instant?
    var hasNews = false
    /// Whether this node's clock was last found off from the others'.
    var isClockOff = false
    package internal(set) var isHalted = false

    package init(
        _ recovered: Recovered, store: Store, mempool: Mempool.Bounds,
        snapshots: SnapshotSettings = SnapshotSettings()
    ) throws(StoreError) {
        spec = recovered.spec
        blocks = BlockStore(store)
        key = recovered.key
        instance = recovered.instance
        committee = recovered.committee
        voter = Replica.voter(
            chain: spec.id, committee, key: key, record: Replica.record(recovered))
        epochParent = recovered.epochParent
        epochParentID = epochParent.id
        self.mempool = Mempool(bounds: mempool)
        tip = recovered.tip?.header ?? spec.genesis
        tipID = tip.id
        recentFinals = RecentFinals(above: max(tip.height, recovered.executed.height))
        executed = recovered.executed
        base = recovered.base
        quest = SnapshotQuest(
            snapshots, underWay: try StateAssembly.underWay(in: store, keyspace: BlockStore<Store>.stateKeyspace))
        lastFilled = tip.transactionCount > 0 ? tip.height : .zero
        let start = Instant(nanoseconds: 0)
        peers = PeerBook(committee, own: key.map { AccountID($0) } ?? .zero, at: start)
        viewClock = ViewClock(at: start)
        for block in recovered.blocks where block.header.height > executed.height {
            tree.insert(KnownBlock(block, ids: block.payload.transactions.map(\.id)))
            tree.markKept(block.id)
        }
        roots = try recentRoots()
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

    static func voter(chain: ChainID, _ committee: Committee, key: SM2.PublicKey?, record: SafetyRecord) -> Voter {
        let context = VotingContext(chain: chain, epoch: committee.epoch, committee: committee.id)
        return Voter(
            context: context, committee: committee, me: key.flatMap { committee.index(of: $0) }, record: record)
    }

    /// The record to go on with. One of an earlier epoch says nothing about this one, for none is begun before it is
    /// written down; one of a later epoch means that the store was set back, and so perhaps the ring.
    private static func record(_ recovered: Recovered) -> SafetyRecord {
        var record = SafetyRecord(startOf: recovered.committee.epoch)
        switch recovered.recollection {
        case .fresh: break
        case .intact(let known) where known.epoch == record.epoch: record = known
        case .intact(let known) where known.epoch < record.epoch:
            if known.silence != nil { record.silence = .unbounded }
        case .intact, .lost: record.silence = .unbounded
        }
        return record
    }

    /// Takes one event; never throws, never waits, never reads a clock.
    ///
    /// - Throws: only what reading the store throws; the host then ends this run (HOST-5).
    package mutating func step(_ event: ReplicaEvent, at moment: Moment) throws(StoreError) -> [ReplicaEffect] {
        if isHalted { return [] }
        now = moment
        quest.hasWritten = false
        fetchingAt = nil
        switch event {
        case .started: try start()
        case .submitted(let transactions, let ticket): try submit(transactions, ticket)
        case .received(let peer, let message): try receive(message, from: peer)
        case .proposalSigned(let proposal): try vote(.proposalReceived(proposal))
        case .ballotSigned(let ballot): try vote(.ballotReceived(ballot, base: nil))
        case .executed(let tip): try finishExecution(tip)
        case .rangeRefused(let peer, let start): refuseRange(from: peer, beginning: start)
        case .linked(let peer): try meet(peer)
        case .unlinked(let peer): try part(from: peer)
        case .deadlinePassed(let deadline): try pass(deadline)
        }
        if !isHalted { try settle() }
        defer { effects = [] }
        return effects
    }

    private mutating func start() throws(StoreError) {
        peers = PeerBook(committee, own: peers.own, at: now.instant)
        viewClock = ViewClock(at: now.instant)
        try vote(.started)
        executeNext()
        armHeartbeat()
        for peer in peers.everyone { greet(peer, hello: true) }
        if committee.count > 1 || voter.me == nil { arm(.summary, after: Pacing.summary) }
        if voter.record.silence == .unbounded { effects.append(.note(.recordLost)) }
    }

    private mutating func pass(_ deadline: Deadline) throws(StoreError) {
        switch deadline {
        case .view(let view): try vote(.deadlinePassed(view))
        case .proposing, .judging, .fetching: break
        case .heartbeat:
            heartbeatDue = isHeartbeatDue
            if !heartbeatDue { armHeartbeat() }
        case .summary: try tellEveryone()
        case .relay: relayEntry()
        case .news: tellObservers()
        }
    }

    /// Does everything that what is now known allows: one event may have opened several ways.
    private mutating func settle() throws(StoreError) {
        fetches.begin()
        try linkFinality()
        wantHighest()
        try decide()
        let demand = hasDemand
        if demand != voter.demand { try vote(.demandChanged(demand)) }
        try propose()
        followView()
        askForMissing()
        try pursueSnapshot()
        askForRange()
        if let fetchingAt { effects.append(.arm(.fetching, at: fetchingAt)) }
    }

    /// Wakes this node at the latest then to look after what it has asked for.
    mutating func fetchAgain(at moment: Instant) { fetchingAt = min(fetchingAt ?? moment, moment) }

    mutating func arm(_ deadline: Deadline, after span: Instant.Span) {
        effects.append(.arm(deadline, at: now.instant.advanced(by: span)))
    }

    mutating func halt(_ reason: HaltReason) {
        isHalted = true
        effects.append(.halt(reason))
    }

    // MARK: What others may ask

    package var votingContext: VotingContext { voter.context }
    package var finalHeight: Height { tip.height }
    package var finalTip: Header { tip }
    package var executedTip: ExecutedTip { executed }
    package var attestedHeight: Height { tip.execHeight }
    package var view: View { voter.record.view }
    package var waitingCount: Int { mempool.count }
    package var treeCount: Int { tree.count }
}
