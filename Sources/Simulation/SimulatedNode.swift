// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// A validator's safety ring, as a crash leaves it (RING-1 to RING-6).
///
/// The production ring has 64 slots in two files; what can be told apart from outside is only which record counts as
/// the newest, so it keeps that one and whether it was lost.
struct SimulatedRing: Sendable {
    private(set) var newest: SafetyRecord?
    private var isLost = false

    mutating func write(_ record: SafetyRecord) {
        if Mutant.persistNothing.isOn { return }
        newest = record
        isLost = false
    }

    mutating func lose() {
        newest = nil
        isLost = true
    }

    /// What a start finds, read back from its bytes.
    var recollection: Recollection {
        if isLost { return Mutant.lostRingIsFresh.isOn ? .fresh : .lost }
        guard let newest else { return .fresh }
        guard let read = try? SafetyRecord(decoding: newest.encoded) else { return .lost }
        return .intact(read)
    }
}

/// How far a node may be believed. At most f validators of a committee are not `honest` (SIM-6).
enum Loyalty: Sendable {
    case honest
    /// Says whatever it likes, by its tricks.
    case liar(Tricks)
    /// Honest code that is one of two with one key, or whose disk goes back in time.
    case deceived

    var isHonest: Bool {
        if case .honest = self { return true }
        return false
    }
}

/// What lives from one start of a node to its next crash.
///
/// A class, so that asking the replica something copies nothing.
final class Engine {
    var replica: Replica<SimulatedDisk>
    var lane: ExecutionLane<SimulatedDisk>

    /// Asks the replica in place: reading it through the property would copy it, which is some hundred references.
    func ask<Answer>(_ question: (inout Replica<SimulatedDisk>) -> Answer) -> Answer { question(&replica) }

    init(_ replica: Replica<SimulatedDisk>, _ lane: ExecutionLane<SimulatedDisk>) {
        self.replica = replica
        self.lane = lane
    }
}

/// One node: the replica under test and the host around it (HOST-1 to HOST-6).
final class SimulatedNode {
    let slot: Int
    let signer: SimulatedSigner
    let peer: PeerID
    var loyalty = Loyalty.honest
    /// Runs its contracts.
    let machine = SimulatedEngine()
    var disk: SimulatedDisk
    var ring = SimulatedRing()
    /// Nil while the node is down.
    var engine: Engine?
    /// Counts starts; what a run asked for does not reach the next one.
    var run: UInt64 = 0
    var clock = SimulatedClock()
    /// Until when effects of the last step keep the host busy, and until when the machine stands still.
    var busyUntil: UInt64 = 0
    var pausedUntil: UInt64 = 0
    /// Which arming of each kind of deadline counts.
    var armings: [UInt64] = Array(repeating: 0, count: Deadline.kinds)
    /// Crashes after so many more effects.
    var effectsLeft: Int?
    /// Durations of a durable write and of a signature, in nanoseconds.
    var syncing: ClosedRange<UInt64> = 100_000...1_000_000
    var signing: UInt64 = 0
    /// Slots of the committee the node last spoke to, but itself.
    var audience: (epoch: Epoch?, slots: [Int]) = (nil, [])
    /// Never starts again in act one: its operator waits for a new machine.
    var isRetired = false
    var ringWasLost = false
    /// Its ring may be lost: one of the f.
    var mayLoseRing = false

    init(slot: Int, signer: SimulatedSigner, disk: SimulatedDisk) {
        self.slot = slot
        self.signer = signer
        self.disk = disk
        peer = PeerID(signer.publicKey)
    }

    var isUp: Bool { engine != nil }
    /// Nil while the node is down.
    var finalHeight: Height? { engine?.ask { $0.finalHeight } }
    /// A copy of the replica, for a look at it: some hundred references.
    var replica: Replica<SimulatedDisk>? { engine?.replica }
}

/// Something under way between two nodes. Shared by all copies of one sending, so that it is read and checked once.
final class Letter {
    let from: Int
    /// Nil where the message crosses as bytes and was not read yet, or is none.
    private var message: PeerMessage?
    /// Set where the message crosses as bytes, until it is read.
    private var bytes: [UInt8]?
    private var arrival: Arrival?

    init(from: Int, _ message: PeerMessage, asBytes: Bool) {
        self.from = from
        self.message = asBytes ? nil : message
        bytes = asBytes ? message.encoded : nil
    }

    init(from: Int, bytes: [UInt8]) {
        self.from = from
        message = nil
        self.bytes = bytes
    }

    /// What the checks came to in a context; they are made once for all receivers in it.
    func arrival(
        from sender: PeerID, in context: VotingContext, by check: () -> Result<CheckedMessage, MessageRefusal>
    ) -> Arrival {
        if let arrival, arrival.context == context { return arrival }
        let made = Arrival(context, check().map { .received(sender, $0) })
        arrival = made
        return made
    }

    /// - Returns: nil where its bytes are no message.
    func open() -> PeerMessage? {
        if let bytes {
            message = try? PeerMessage(decoding: bytes)
            self.bytes = nil
        }
        return message
    }
}

/// What the checks of a letter came to. Never changed, so that its receivers take the event without a copy of it.
final class Arrival {
    /// The context the checks were made in.
    let context: VotingContext
    let event: ReplicaEvent?
    let refusal: MessageRefusal?

    init(_ context: VotingContext, _ result: Result<ReplicaEvent, MessageRefusal>) {
        self.context = context
        switch result {
        case .success(let event): (self.event, refusal) = (event, nil)
        case .failure(let refusal): (event, self.refusal) = (nil, refusal)
        }
    }
}

/// What stands on the agenda.
enum Occurrence {
    case arrival(to: Int, Letter)
    case deadline(Int, run: UInt64, Deadline, arming: UInt64)
    /// An answer to an effect: a signature that was asked for, a client's transactions.
    /// Kept beside: in the agenda's heap they would make every entry hundreds of bytes long.
    indirect case event(Int, run: UInt64, ReplicaEvent)
    indirect case execution(Int, run: UInt64, Block, [TransactionID])
    case start(Int, run: UInt64)
    /// The next deed of a workload or of a fault.
    case part(Int)
}
