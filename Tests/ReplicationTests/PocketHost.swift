// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// A host small enough to read: one validator, one store in memory, one clock moved by hand.
///
/// It keeps the promises of HOST-1 to HOST-6 by doing every effect at once, in order.
struct PocketHost {
    let spec: ChainSpec
    let signer: SM2.ThrowAwaySigner
    let store: MemoryStore
    private(set) var replica: Replica<MemoryStore>
    private var lane: ExecutionLane<MemoryStore>
    private(set) var safety: SafetyRecord?
    private(set) var admissions: [Ticket: [Admission]] = [:]
    private(set) var observations: [Observation] = []
    private(set) var orders: [String] = []
    private(set) var deadlines: [Deadline: Instant] = [:]
    private var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 1 << 20))
    private(set) var millis: UInt64 = 1_700_000_000_000
    private var context: VotingContext {
        VotingContext(chain: spec.id, epoch: .zero, committee: spec.committee.id)
    }

    static func spec(_ signer: SM2.ThrowAwaySigner, members: [SM2.PublicKey]) -> ChainSpec {
        let validator = Validator(
            key: signer.publicKey, name: Label(literal: "v0"), organization: Label(literal: "org"),
            failureDomain: Label(literal: "cloud"))
        guard
            let committee = Committee(
                epoch: .zero, validators: [validator], parameters: ConsensusParameters()),
            let spec = ChainSpec(
                name: Label(literal: "main"), founded: Timestamp(1_600_000_000_000), rules: .first,
                committee: committee,
                members: members.map {
                    Member(key: $0, name: Label(literal: "m"), organization: Label(literal: "o"))
                })
        else { preconditionFailure("a committee of one is a committee") }
        return spec
    }

    init(_ signer: SM2.ThrowAwaySigner, members: [SM2.PublicKey]) throws {
        spec = PocketHost.spec(signer, members: members)
        self.signer = signer
        store = MemoryStore()
        try ExecutionLane.found(spec, in: store)
        (replica, lane) = try PocketHost.open(spec, store, safety: nil)
    }

    private static func open(
        _ spec: ChainSpec, _ store: MemoryStore, safety: SafetyRecord?
    ) throws -> (Replica<MemoryStore>, ExecutionLane<MemoryStore>) {
        let recollection = safety.map { Recollection.intact($0) } ?? .fresh
        let recovered = try Recovered.read(
            from: BlockStore(store), spec: spec, key: spec.committee.validators[0].key, recollection: recollection,
            instance: 1)
        let executed = recovered.executed
        let lane = try ExecutionLane(store, tip: executed, cacheBytes: 1 << 20, versionsKept: 16)
        return (try Replica(recovered, store: store, mempool: Mempool.Bounds()), lane)
    }

    /// Forgets everything that was not durable and starts again from the store and the safety record.
    mutating func restart() throws {
        (replica, lane) = try PocketHost.open(spec, store, safety: safety)
        admissions = [:]
        observations = []
        try take(.started)
    }

    /// How far the wall clock was set back, in milliseconds; the clock of deadlines never is.
    var wallBehind: UInt64 = 0

    mutating func pass(millis span: UInt64) throws {
        millis += span
        let now = Instant(nanoseconds: millis * 1_000_000)
        for (deadline, _) in deadlines.filter({ $0.value <= now }).sorted(by: { $0.value < $1.value }) {
            deadlines[deadline] = nil
            try take(.deadlinePassed(deadline))
        }
    }

    /// Performs one event and everything that follows from it. Returns after `stopAfter` effects, as a
    /// crash would.
    mutating func take(_ event: ReplicaEvent, stopAfter limit: Int = .max) throws {
        var inbox = [event]
        var left = limit
        while !inbox.isEmpty {
            let moment = Moment(
                instant: Instant(nanoseconds: millis * 1_000_000), wall: Timestamp(millis - wallBehind))
            for effect in try replica.step(inbox.removeFirst(), at: moment) {
                if left == 0 { return }
                left -= 1
                try perform(effect, &inbox)
            }
        }
    }

    private mutating func perform(_ effect: ReplicaEffect, _ inbox: inout [ReplicaEvent]) throws {
        orders.append("\(effect)".prefix { $0 != "(" }.description)
        switch effect {
        case .persist(let record): safety = try SafetyRecord(decoding: record.encoded)
        case .keep(let block): try BlockStore(store).keep(block)
        case .append(let records, let handover):
            try BlockStore(store).append(records, handover: handover, durably: true)
        case .answer(let ticket, let answer): admissions[ticket] = answer
        case .send, .accuse, .halt: break
        case .install, .rebase: preconditionFailure("a committee of one has nobody to fetch a snapshot from")
        case .arm(let deadline, let instant): deadlines[deadline] = instant
        case .sign(let statement, let view):
            let ballot = Ballot(
                epoch: .zero, view: view, statement: statement, signer: ValidatorIndex(0),
                signature: try signer.sign(context.signedMessage(statement, view: view)))
            if let checked = checker.check([ballot], in: context, committee: spec.committee)[0] {
                inbox.append(.ballotSigned(checked))
            }
        case .signProposal(let header, let entry, let finality):
            let proposal = Proposal(
                header: header, entry: entry, finality: finality,
                signature: try signer.sign(context.signedProposal(header.id)))
            inbox.append(
                .proposalSigned(try checker.check(proposal, in: context, committee: spec.committee)))
        case .execute(let block, let ids): inbox.append(.executed(try lane.run(block, ids: ids)))
        case .note(let observation): observations.append(observation)
        }
    }

    mutating func submit(_ transactions: [SignedTransaction], ticket: UInt64) throws -> [Admission] {
        let checked = checker.check(transactions).compactMap { $0 }
        try take(.submitted(checked, Ticket(ticket)))
        return admissions[Ticket(ticket)] ?? []
    }

    /// A deposit by a member, distinct for each `number`.
    func deposit(
        _ number: UInt8, by sender: SM2.ThrowAwaySigner, from: UInt64 = 0, until: UInt64 = 1_000,
        salt: UInt64 = 0,
        chain: ChainID? = nil
    ) throws -> SignedTransaction {
        let deposit = Deposit(
            businessType: Label(literal: "contract"), title: Label(literal: "采购合同"),
            digest: SM3.hash([number]),
            size: 1, mediaType: Label(literal: "text/plain"), capture: .upload)
        let body = Transaction(
            chain: chain ?? spec.id, validFrom: Height(from), validUntil: Height(until),
            contract: Deposit.contract,
            method: Deposit.method, arguments: deposit.encoded, salt: salt, sender: sender.publicKey)
        return try SignedTransaction(body, by: sender)
    }
}
