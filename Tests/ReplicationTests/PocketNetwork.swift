// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// Some nodes of one chain, a network with one delay and a clock: small enough to read, for telling single stories.
///
/// Thousands of random ones are the simulator's matter.
struct PocketNetwork {
    struct Node {
        let key: SM2.PublicKey
        let store: MemoryStore
        var safety: SafetyRecord?
        var hasLostRing = false
        var replica: Replica<MemoryStore>
        var lane: ExecutionLane<MemoryStore>
        var isUp = true
        var run: UInt64 = 1
        var observations: [Observation] = []
        var faults: [Fault] = []
        var halted: HaltReason?
        var sent = 0
        /// Heights of the snapshots it went on from.
        var bases: [UInt64] = []
        var admissions: [Admission] = []
    }

    private enum Happening {
        case message(from: PeerID, to: Int, PeerMessage)
        case deadline(Int, Deadline, run: UInt64)
        case event(Int, ReplicaEvent, run: UInt64)
        case restart(Int, run: UInt64)
    }

    let spec: ChainSpec
    private(set) var nodes: [Node] = []
    private var agenda: [(at: UInt64, sequence: Int, what: Happening)] = []
    private var sequence = 0
    /// Milliseconds since the start.
    private(set) var millis: UInt64 = 0
    var now: Instant { Instant(nanoseconds: millis * 1_000_000) }
    private var checker: MessageChecker<PaperScheme>
    private var signatures = SignatureChecker(PaperScheme())
    private var armed: [Int: [Deadline: UInt64]] = [:]
    /// True where a message may pass; false loses it.
    var passes: (_ from: Int, _ to: Int, PeerMessage) -> Bool = { _, _, _ in true }
    /// What a liar makes of its messages; nil says nothing.
    var lie: (_ from: Int, _ to: Int, PeerMessage) -> PeerMessage? = { _, _, message in message }
    var delay: UInt64 = 10
    /// So many milliseconds more for some.
    var lateness: (_ to: Int, PeerMessage) -> UInt64 = { _, _ in 0 }
    /// How far apart the snapshots lie that every node keeps.
    static let snapshotEvery: UInt64 = 16
    private let snapshots: SnapshotSettings
    /// A node that computes another result than the others, from a height on.
    var miscalculates: (node: Int, from: UInt64)?

    static func keys(_ count: Int) -> [SM2.PublicKey] {
        var random = SeededRandom(seed: 11)
        return (0..<count).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }

    static let member = keys(40)[39]

    static func committee(_ keys: [SM2.PublicKey], epoch: UInt64 = 0) -> Committee {
        let validators = keys.enumerated().map { index, key in
            Validator(
                key: key, name: Label(literal: "v"), organization: Label(literal: "org"),
                failureDomain: Label(literal: "cloud"))
        }
        guard
            let committee = Committee(
                epoch: Epoch(epoch), validators: validators, parameters: ConsensusParameters(blockIntervalMillis: 20))
        else { preconditionFailure("distinct keys make a committee") }
        return committee
    }

    /// - Parameters:
    ///   - observers: nodes with keys outside the committee.
    ///   - snapshotGap: who lags further behind looks for a snapshot.
    init(validators: Int, observers: Int = 0, snapshotGap: UInt64 = 1_000) throws {
        let keys = PocketNetwork.keys(validators + observers)
        guard
            let spec = ChainSpec(
                name: Label(literal: "main"), founded: Timestamp(1_600_000_000_000), rules: .first,
                committee: PocketNetwork.committee(Array(keys.prefix(validators))),
                members: [
                    Member(
                        key: PocketNetwork.member, name: Label(literal: "m"), organization: Label(literal: "o"),
                        roles: RoleSet(.user, .orgAdmin))
                ])
        else { preconditionFailure("a spec of four is a spec") }
        self.spec = spec
        // Small parts, so that even a small state has several.
        snapshots = SnapshotSettings(gap: snapshotGap, chunkWeightMax: 1 << 10)
        checker = MessageChecker(PaperScheme(), spec: spec)
        for key in keys {
            let store = MemoryStore()
            try ExecutionLane.found(spec, in: store)
            let opened = try open(key, store, .fresh, run: 1)
            nodes.append(Node(key: key, store: store, replica: opened.0, lane: opened.1))
        }
        for index in nodes.indices { try take(.started, index) }
    }

    private func open(
        _ key: SM2.PublicKey, _ store: MemoryStore, _ recollection: Recollection, run: UInt64
    ) throws -> (Replica<MemoryStore>, ExecutionLane<MemoryStore>) {
        let recovered = try Recovered.read(
            from: BlockStore(store), spec: spec, key: key, recollection: recollection, instance: run)
        let lane = try ExecutionLane(
            store, tip: recovered.executed, cacheBytes: 1 << 20, versionsKept: 16,
            snapshotEvery: PocketNetwork.snapshotEvery)
        return (try Replica(recovered, store: store, mempool: Mempool.Bounds(), snapshots: snapshots), lane)
    }

    // MARK: What a story does

    mutating func stop(_ index: Int) { nodes[index].isUp = false }

    /// As a process dies whose host lives on: the others' links to it end.
    mutating func kill(_ index: Int) throws {
        stop(index)
        for other in nodes.indices where other != index { try take(.unlinked(PeerID(nodes[index].key)), other) }
    }

    mutating func start(_ index: Int) throws {
        var node = nodes[index]
        node.run += 1
        let recollection: Recollection =
            node.hasLostRing ? .lost : node.safety.map { .intact($0) } ?? .fresh
        (node.replica, node.lane) = try open(node.key, node.store, recollection, run: node.run)
        node.isUp = true
        nodes[index] = node
        armed[index] = [:]
        try take(.started, index)
    }

    /// A link between two nodes that the committee does not bring together.
    mutating func link(_ index: Int, to other: Int) throws {
        try take(.linked(PeerID(nodes[other].key)), index)
    }

    mutating func loseRing(of index: Int) {
        nodes[index].safety = nil
        nodes[index].hasLostRing = true
    }

    /// Hands a node a message as if a peer had sent it.
    mutating func hand(_ message: PeerMessage, from: Int, to: Int) throws {
        try deliver(message, from: PeerID(nodes[from].key), to: to)
    }

    mutating func submit(_ transactions: [SignedTransaction], at index: Int) throws {
        let checked = signatures.check(transactions).compactMap { $0 }
        try take(.submitted(checked, Ticket(millis)), index)
    }

    mutating func submit(deposits numbers: Range<Int>, at index: Int) throws {
        try submit(numbers.map { deposit($0) }, at: index)
    }

    /// Whether a deposit is final at a node.
    func has(_ number: Int, _ index: Int) throws -> Bool {
        try BlockStore(nodes[index].store).place(of: deposit(number).id) != nil
    }

    mutating func run(millis span: UInt64) throws {
        let end = millis + span
        while let next = agenda.first, next.at <= end {
            agenda.removeFirst()
            millis = next.at
            switch next.what {
            case .message(let from, let to, let message): try deliver(message, from: from, to: to)
            case .deadline(let index, let deadline, let run):
                guard nodes[index].isUp, nodes[index].run == run, armed[index]?[deadline] == next.at else { continue }
                armed[index]?[deadline] = nil
                try take(.deadlinePassed(deadline), index)
            case .event(let index, let event, let run):
                guard nodes[index].isUp, nodes[index].run == run else { continue }
                try take(event, index)
            case .restart(let index, let run):
                guard nodes[index].isUp, nodes[index].run == run else { continue }
                try start(index)
            }
        }
        millis = end
    }

    /// The first of these nodes has final and executed all up to a height, and the others have the same.
    func expectSameBooks(upTo height: UInt64, of indices: [Int]) throws {
        for index in indices {
            let node = nodes[index]
            #expect(node.replica.finalHeight.value >= height, "node \(index): \(node.replica.finalHeight.value)")
            #expect(node.replica.executedTip.height == node.replica.finalHeight, "node \(index) has executed all")
            #expect(node.halted == nil)
            for below in 1...max(1, height) {
                let mine = try BlockStore(node.store).finalRecord(at: Height(below))?.header
                let first = try BlockStore(nodes[indices[0]].store).finalRecord(at: Height(below))?.header
                #expect(mine != nil && mine == first, "height \(below) of node \(index)")
            }
        }
    }

    // MARK: The world

    private mutating func deliver(_ sent: PeerMessage, from: PeerID, to: Int) throws {
        guard nodes[to].isUp else { return }
        let message = try PeerMessage.decode(sent.encoded).get()
        let replica = nodes[to].replica
        if replica.verdict(on: message, from: from) == nil,
            case .success(let good) = checker.check(
                message, in: replica.votingContext, committee: replica.committee)
        {
            return try take(.received(from, good), to)
        }
        if let refused = ReplicaEvent.refused(message, from: from) { try take(refused, to) }
    }

    private mutating func take(_ event: ReplicaEvent, _ index: Int) throws {
        var inbox = [event]
        while !inbox.isEmpty {
            let moment = Moment(
                instant: Instant(nanoseconds: millis * 1_000_000), wall: Timestamp(1_700_000_000_000 + millis))
            let effects = try nodes[index].replica.step(inbox.removeFirst(), at: moment)
            for effect in effects { try perform(effect, index, &inbox) }
        }
    }

    private mutating func plan(_ at: UInt64, _ what: Happening) {
        sequence += 1
        let place = agenda.firstIndex { $0.at > at } ?? agenda.count
        agenda.insert((at, sequence, what), at: place)
    }

    private mutating func perform(
        _ effect: ReplicaEffect, _ index: Int, _ inbox: inout [ReplicaEvent]
    ) throws {
        let node = nodes[index]
        let blocks = BlockStore(node.store)
        let context = node.replica.votingContext
        let committee = node.replica.committee
        switch effect {
        case .persist(let record):
            nodes[index].safety = try SafetyRecord(decoding: record.encoded)
            nodes[index].hasLostRing = false
        case .keep(let block): try blocks.keep(block)
        case .append(let records, let handover): try blocks.append(records, handover: handover, durably: true)
        case .install(let batch): try node.store.write(batch, durably: false)
        case .rebase(let batch):
            try node.store.write(batch, durably: true)
            nodes[index].bases.append(try blocks.base()?.height.value ?? 0)
            precondition(node.replica.isHalted, "a run that has ordered a new base orders nothing else (HOST-10)")
            plan(millis, .restart(index, run: node.run))
        case .answer(_, let admissions): nodes[index].admissions += admissions
        case .send(let recipients, let message): send(message, recipients, index)
        case .arm(let deadline, let instant):
            let at = max(millis, (instant.nanoseconds + 999_999) / 1_000_000)
            armed[index, default: [:]][deadline] = at
            plan(at, .deadline(index, deadline, run: node.run))
        case .sign(let statement, let view):
            guard let me = committee.index(of: node.key) else { return }
            let ballot = Ballot(
                epoch: committee.epoch, view: view, statement: statement, signer: me,
                signature: PaperScheme.sign(context.signedMessage(statement, view: view), by: node.key))
            if let good = signatures.check([ballot], in: context, committee: committee)[0] {
                inbox.append(.ballotSigned(good))
            }
        case .signProposal(let header, let entry, let finality):
            let proposal = Proposal(
                header: header, entry: entry, finality: finality,
                signature: PaperScheme.sign(context.signedProposal(header.id), by: node.key))
            inbox.append(.proposalSigned(try signatures.check(proposal, in: context, committee: committee)))
        case .execute(let block, let ids):
            let tip = miscalculated(try nodes[index].lane.run(block, ids: ids), index)
            plan(millis + 1, .event(index, .executed(tip), run: node.run))
        case .accuse(let fault): nodes[index].faults.append(fault)
        case .note(let observation): nodes[index].observations.append(observation)
        case .halt(let reason): nodes[index].halted = reason
        }
    }

    private func miscalculated(_ tip: ExecutedTip, _ index: Int) -> ExecutedTip {
        guard let wrong = miscalculates, wrong.node == index, tip.height.value >= wrong.from else { return tip }
        var history = tip.history
        _ = history.append(.zero)
        return ExecutedTip(
            leaf: tip.leaf, history: history, transactionCount: tip.transactionCount, pending: tip.pending)
    }

    private mutating func send(_ message: PeerMessage, _ recipients: Recipients, _ index: Int) {
        let own = PeerID(nodes[index].key)
        let targets: [PeerID] =
            switch recipients {
            case .validators: nodes[index].replica.committee.validators.map { PeerID($0.key) }
            case .peer(let peer): [peer]
            }
        nodes[index].sent += 1
        for target in targets where target != own {
            guard let to = nodes.firstIndex(where: { PeerID($0.key) == target }), passes(index, to, message),
                let message = lie(index, to, message)
            else { continue }
            plan(millis + delay + lateness(to, message), .message(from: own, to: to, message))
        }
    }

    // MARK: What a story sends

    /// A deposit by the chain's one member, distinct for each `number`.
    func deposit(_ number: Int, from: UInt64 = 0, until: UInt64 = 1_000) -> SignedTransaction {
        let deposit = Deposit(
            businessType: Label(literal: "contract"), title: Label(literal: "采购合同"),
            digest: SM3.hash(Array("\(number)".utf8)), size: 1, mediaType: Label(literal: "text/plain"),
            capture: .upload)
        return signed(
            Deposit.contract, Deposit.method, deposit.encoded, by: PocketNetwork.member, from: from, until: until)
    }

    /// A call of the member's that no contract takes, of about so many bytes.
    func call(_ number: Int, bytes: Int) -> SignedTransaction {
        let arguments = Array("\(number)".utf8) + [UInt8](repeating: 0, count: bytes)
        return signed(
            Deposit.contract, Deposit.method, arguments, by: PocketNetwork.member, from: 0, until: 1_000)
    }

    /// The only admin decides on the next committee, and who joins says that it is ready.
    mutating func change(to next: Committee, at index: Int, from tip: UInt64 = 0) throws {
        let old = nodes[index].replica.committee
        let leaving = old.validators.filter { next.index(of: $0.key) == nil }
        let joining = next.validators.filter { old.index(of: $0.key) == nil }
        let motion = Motion(
            leaving.map { .removeValidator($0.key) } + joining.map { .addValidator($0) }, expires: Height(tip + 500),
            salt: next.epoch.value)
        let proposal = signed(
            GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: PocketNetwork.member,
            from: tip, until: tip + 1_000)
        try submit([proposal], at: index)
        try run(millis: 1_000)
        try submit(joining.map { ready($0.key, from: tip) }, at: index)
    }

    func ready(_ key: SM2.PublicKey, from tip: UInt64 = 0) -> SignedTransaction {
        signed(
            CommitteeContract.contract, CommitteeContract.ready, Height(tip).encoded, by: key, from: tip,
            until: tip + 1_000)
    }

    private func signed(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], by key: SM2.PublicKey, from: UInt64, until: UInt64
    ) -> SignedTransaction {
        let body = Transaction(
            chain: spec.id, validFrom: Height(from), validUntil: Height(until), contract: contract, method: method,
            arguments: arguments, salt: 0, sender: key)
        return SignedTransaction(body, signature: PaperScheme.sign(Transaction.signedMessage(body.id), by: key))
    }
}

extension Replica {
    /// What it would say of a message now; what it remembers by that stays as it was.
    func verdict(on message: PeerMessage, from peer: PeerID) -> MessageRefusal? {
        var copy = self
        return copy.refusal(of: message, from: peer)
    }
}
