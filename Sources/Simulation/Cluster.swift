// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Replication
import ShangMi
import Storage

/// All nodes of a chain, what lies between them and who watches them: everything of a world but its story.
///
/// - Spec: SIM-1, SIM-2.
package struct Cluster {
    let spec: ChainSpec
    let isReal: Bool
    var now: UInt64 = 0
    var agenda = Agenda<Occurrence>()
    var nodes: [SimulatedNode] = []
    var network: SimulatedNetwork
    var oracles: Oracles
    var auditor = Auditor()
    var coverage = Coverage()
    var clients: Clients
    var timings = Timings()
    var schemeChecker: MessageChecker<SimulatedScheme>
    var signatures: SignatureChecker<SimulatedScheme>
    /// Durations of the hosts' work.
    var random: SeededRandom
    /// How many messages in a thousand cross as bytes, and how many of those are damaged on the way.
    var asBytes = 60
    var damaged = 100
    /// The highest state any honest node went on from.
    var highestBase: Height?
    /// How many non-durable batches a crash may take.
    var lossMax = 0
    /// How long a node that crashed within a step stays down.
    var restartMean = Instant.Span.seconds(1)
    /// Snapshots near enough to each other that a world sees some, in small parts.
    static let snapshotEvery: UInt64 = 8
    private let snapshots: SnapshotSettings
    /// Slots of those that are validators or wait to become some.
    let validatorSlots: Int
    /// Slots of those and of observers, which governance may promote; twins come after.
    let seatableSlots: Int
    var founded: MemoryStore
    var tracer: ((TraceLine) -> Void)?
    /// The machine's own clock, in nanoseconds, where somebody wants to know what a step costs. Decides nothing.
    var stopwatch: (() -> UInt64)?
    private var slotsByKey: [SM2.PublicKey: [Int]] = [:]
    /// There are few, and looking through them is faster than hashing one's name.
    private var slotsByPeer: [(peer: PeerID, slots: [Int])] = []

    init(_ plan: WorldPlan, spec: ChainSpec, founded: MemoryStore) {
        self.spec = spec
        self.founded = founded
        isReal = plan.isReal
        snapshots = plan.snapshotGap.map { SnapshotSettings(gap: $0, chunkWeightMax: 1 << 10) } ?? SnapshotSettings()
        validatorSlots = plan.nodes + plan.spares
        seatableSlots = validatorSlots + plan.observers
        var dice = SeededRandom(seed: plan.seed)
        let count = plan.nodes + plan.spares + plan.observers + plan.twins
        network = SimulatedNetwork(count: count, random: dice.split())
        let observers = (validatorSlots..<seatableSlots).map {
            AccountID(KeyPool.node($0, isReal: plan.isReal).publicKey)
        }
        oracles = Oracles(spec, nodes: count, observers: Set(observers), isReal: isReal)
        clients = Clients(spec.id, isReal: isReal)
        let scheme = SimulatedScheme(isReal: isReal)
        schemeChecker = MessageChecker(scheme, spec: spec)
        signatures = SignatureChecker(scheme)
        random = dice.split()
        for slot in 0..<count {
            // Twins share the keys of the last validators.
            let key = slot < count - plan.twins ? slot : plan.nodes - 1 - (slot - (count - plan.twins))
            add(
                SimulatedNode(
                    slot: slot, signer: KeyPool.node(key, isReal: isReal),
                    disk: SimulatedDisk(founded.fork(), readsAhead: plan.seed % 8 == 0)))
        }
    }

    private mutating func add(_ node: SimulatedNode) {
        slotsByKey[node.signer.publicKey, default: []].append(node.slot)
        if let place = slotsByPeer.firstIndex(where: { $0.peer == node.peer }) {
            slotsByPeer[place].slots.append(node.slot)
        } else {
            slotsByPeer.append((node.peer, [node.slot]))
        }
        nodes.append(node)
    }

    // MARK: The agenda

    /// Takes the next thing from the agenda and does it; false where there is none before `end`.
    ///
    /// Deeds of workloads and faults are handed back, for they are the world's.
    mutating func advance(until end: UInt64, _ part: inout Int?) -> Bool {
        guard let next = agenda.next, next <= end, let (instant, entry) = agenda.pop() else { return false }
        now = max(now, instant)
        switch entry {
        case .part(let number): part = number
        case .start(let slot, let run): if nodes[slot].run == run { start(slot) }
        case .arrival(let slot, let letter):
            if !postpone(slot, entry) { receive(letter, at: slot) }
        case .event(let slot, let run, let event):
            if nodes[slot].run == run, !postpone(slot, entry) { step(slot, event) }
        case .deadline(let slot, let run, let deadline, let arming):
            guard nodes[slot].run == run, nodes[slot].armings[deadline.kind] == arming else { break }
            if !postpone(slot, entry) { step(slot, .deadlinePassed(deadline)) }
        case .execution(let slot, let run, let block, let ids):
            if nodes[slot].run == run, !postpone(slot, entry) { execute(slot, block, ids) }
        }
        return true
    }

    /// True where a node cannot take an event now and will be asked again.
    private mutating func postpone(_ slot: Int, _ entry: Occurrence) -> Bool {
        let free = max(nodes[slot].busyUntil, nodes[slot].pausedUntil)
        guard free > now, nodes[slot].isUp else { return false }
        agenda.add(entry, at: free)
        return true
    }

    // MARK: Starting and ending runs

    /// Starts a node from its disk and its ring alone (HOST-6).
    mutating func start(_ slot: Int) {
        guard !nodes[slot].isUp, !nodes[slot].isRetired else { return }
        let node = nodes[slot]
        oracles.noteStart(slot, node.ring.newest, &coverage)
        do throws(StoreError) {
            let recovered = try Recovered.read(
                from: BlockStore(node.disk), spec: spec, key: node.signer.publicKey,
                recollection: node.ring.recollection, instance: node.run << 8 | UInt64(slot))
            let lane = try ExecutionLane(
                node.disk, tip: recovered.executed, cacheBytes: 1 << 18, versionsKept: 16,
                snapshotEvery: Cluster.snapshotEvery, engine: node.machine)
            let replica = try Replica(
                recovered, store: node.disk, mempool: Clients.bounds, snapshots: snapshots)
            node.engine = Engine(replica, lane)
        } catch {
            return endRun(slot, error)
        }
        nodes[slot].armings = Array(repeating: 0, count: Deadline.kinds)
        nodes[slot].effectsLeft = nil
        nodes[slot].audience = (nil, [])
        trace(slot, "start", "")
        step(slot, .started)
        for other in nodes where other.slot != slot && other.isUp && other.peer != node.peer {
            link(slot, other.slot)
        }
    }

    /// Tells two nodes that they can reach each other, where they can.
    mutating func link(_ first: Int, _ second: Int) {
        for (from, to) in [(first, second), (second, first)] where network[from, to].passes && nodes[from].isUp {
            let event = ReplicaEvent.linked(nodes[to].peer)
            agenda.add(.event(from, run: nodes[from].run, event), at: now + network[from, to].latency)
        }
    }

    /// Ends a run as a power cut would: what was not durable may be gone.
    mutating func crash(_ slot: Int) {
        guard nodes[slot].isUp else { return }
        let lost = lossMax == 0 ? 0 : random.below(lossMax + 1)
        if lost > 0, nodes[slot].disk.progress.written > nodes[slot].disk.progress.durable {
            coverage.note(.lostBatchesAtCrash)
        }
        nodes[slot].disk.crash(losing: lost)
        oracles.noteCrash(slot, durable: nodes[slot].disk.progress.written)
        trace(slot, "crash", "losing \(lost)")
        putAway(slot)
        // A process that dies closes its links; a machine without power does not.
        if random.below(2) == 0 { unlink(slot) }
    }

    /// Tells all others that their link to a node has ended.
    private mutating func unlink(_ slot: Int) {
        for other in nodes where other.slot != slot && other.isUp && network[slot, other.slot].passes {
            agenda.add(.event(other.slot, run: other.run, .unlinked(nodes[slot].peer)), at: now)
        }
    }

    private mutating func putAway(_ slot: Int) {
        nodes[slot].engine = nil
        nodes[slot].run += 1
        nodes[slot].effectsLeft = nil
    }

    mutating func restart(_ slot: Int, after wait: Instant.Span) {
        let start = max(now, nodes[slot].busyUntil) + wait.nanoseconds
        agenda.add(.start(slot, run: nodes[slot].run), at: start)
    }

    /// A failed write or read ends the run at once (HOST-5); what may heal is tried again (HOST-8).
    mutating func endRun(_ slot: Int, _ error: StoreError) {
        trace(slot, "ended", "\(error)")
        coverage.note(.runEndedByDisk)
        nodes[slot].disk.crash(losing: 0)
        oracles.noteCrash(slot, durable: nodes[slot].disk.progress.written)
        putAway(slot)
        if case .corrupt = error {
            // Rotten for good: a new machine without a ring takes over.
            wipe(slot)
        }
        restart(slot, after: .seconds(2))
    }

    /// A new machine: an empty store, and no ring.
    mutating func wipe(_ slot: Int) {
        nodes[slot].disk = SimulatedDisk(founded.fork(), readsAhead: nodes[slot].disk.gainsByReadingAhead)
        nodes[slot].ring.lose()
        nodes[slot].ringWasLost = true
        oracles.noteWipe(slot)
        trace(slot, "wiped", "")
    }

    // MARK: Stepping

    var moment: Moment { Moment(instant: Instant(nanoseconds: now), wall: .zero) }

    mutating func step(_ slot: Int, _ event: ReplicaEvent) {
        guard let engine = nodes[slot].engine else { return }
        let mark = event.mark
        auditor.note(slot, mark.kind, at: now, mark.content)
        let wall = Timestamp(nodes[slot].clock.wall(at: now))
        if tracer != nil { trace(slot, "event", describe(event)) }
        let effects: [ReplicaEffect]
        do throws(StoreError) {
            // The clock of deadlines counts from the world's first moment on every node.
            let moment = Moment(instant: Instant(nanoseconds: now), wall: wall)
            let began = stopwatch?()
            effects = try engine.replica.step(event, at: moment)
            if let began, let stopwatch { timings.steps.append(stopwatch() - began) }
        } catch {
            return endRun(slot, error)
        }
        perform(effects, of: slot, wall: wall)
        observe(slot)
    }

    private mutating func observe(_ slot: Int) {
        guard nodes[slot].loyalty.isHonest, let engine = nodes[slot].engine else { return }
        engine.ask { oracles.observe(slot, &$0, at: now, &coverage) }
    }

    private mutating func execute(_ slot: Int, _ block: Block, _ ids: [TransactionID]) {
        let tip: ExecutedTip
        do throws(ExecutionTrouble) {
            guard let done = try nodes[slot].engine?.lane.run(block, ids: ids) else { return }
            tip = done
        } catch {
            switch error {
            case .store(let error): return endRun(slot, error)
            // As a node does (CTR-21): the run ends, and a new one executes the block again.
            case .engine(let trouble):
                coverage.note(.engineFailed)
                return endRun(slot, .failed(what: trouble.what))
            }
        }
        do throws(StoreError) {
            if nodes[slot].loyalty.isHonest {
                let record = try BlockStore(nodes[slot].disk).heightRecord(at: tip.height)
                oracles.noteExecuted(slot, block, ids, tip, record?.outcomes ?? [], at: now)
                Contracts.note(block, record?.outcomes ?? [], &coverage)
                for sight in oracles.governance.takeSights() { coverage.note(sight) }
            }
            step(slot, .executed(tip))
        } catch {
            endRun(slot, error)
        }
    }

    // MARK: Messages

    /// A letter at its receiver: decoded, refused where that is cheap, checked, taken in.
    private mutating func receive(_ letter: Letter, at slot: Int) {
        guard let engine = nodes[slot].engine else { return }
        guard let message = letter.open() else { return coverage.refuse(.malformed) }
        let sender = nodes[letter.from].peer
        if let refusal = engine.ask({ $0.refusal(of: message, from: sender) }) {
            return refuse(message, from: sender, refusal, at: slot)
        }
        let context = engine.replica.voter.context
        let arrival = letter.arrival(from: sender, in: context) {
            schemeChecker.check(message, in: context, committee: engine.replica.committee)
        }
        if let event = arrival.event { return step(slot, event) }
        if let refusal = arrival.refusal { refuse(message, from: sender, refusal, at: slot) }
    }

    private mutating func refuse(_ message: PeerMessage, from sender: PeerID, _ refusal: MessageRefusal, at slot: Int) {
        coverage.refuse(refusal)
        if let event = ReplicaEvent.refused(message, from: sender) { step(slot, event) }
    }

    /// Slots that hold a key.
    func slots(of peer: PeerID) -> [Int] { slotsByPeer.first { $0.peer == peer }?.slots ?? [] }

    /// The slots a node's words to all validators go to.
    mutating func audience(of slot: Int) -> [Int] {
        guard let engine = nodes[slot].engine else { return [] }
        if nodes[slot].audience.epoch == engine.replica.voter.context.epoch { return nodes[slot].audience.slots }
        let committee = engine.replica.committee
        let own = nodes[slot].signer.publicKey
        var slots: [Int] = []
        for validator in committee.validators where validator.key != own {
            slots += slotsByKey[validator.key] ?? []
        }
        nodes[slot].audience = (committee.epoch, slots)
        return slots
    }

    mutating func post(_ letter: Letter, to slots: [Int], at instant: UInt64) {
        for slot in slots where slot != letter.from {
            coverage.messages += 1
            let delays = network.delays(from: letter.from, to: slot)
            if let first = delays.first { agenda.add(.arrival(to: slot, letter), at: instant + first) }
            if let second = delays.second { agenda.add(.arrival(to: slot, letter), at: instant + second) }
        }
    }

    /// A message with one byte changed must be refused wherever a signature covers it (SIM-4).
    mutating func damage(_ message: PeerMessage, of slot: Int) {
        guard message.isSigned, let engine = nodes[slot].engine else { return }
        var bytes = message.encoded
        bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
        guard let read = try? PeerMessage(decoding: bytes), read != message, read.isSigned else { return }
        if case .success = schemeChecker.check(
            read, in: engine.replica.voter.context, committee: engine.replica.committee)
        {
            oracles.violate("SIM-4", "a damaged message of kind \(message.kind) passed the checks", at: now)
        }
    }
}

extension PeerMessage {
    /// True where every byte is covered by signatures.
    var isSigned: Bool {
        switch self {
        case .proposal, .ballot, .certificate, .nullity: true
        default: false
        }
    }
}
