// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Replication
import ShangMi
import Storage

/// A keyed hash in a signature's clothes, which anybody can make for any key.
struct PaperScheme: SignatureScheme {
    static func sign(_ message: [UInt8], by key: SM2.PublicKey) -> SM2.Signature {
        let digest = SM3.hash(key.bytes + message)
        return SM2.Signature(r: digest, s: digest)
    }

    func verify(_ claims: [SM2.Claim]) -> [Bool] {
        claims.map { PaperScheme.sign($0.message, by: $0.key) == $0.signature }
    }
}

/// A chain in a store, executed for real and voted for on paper, that changes its committee twice.
///
/// | Epoch | Blocks | Closed by |
/// |---|---|---|
/// | 0 | 1 deposit and proposal, 2 notes | 3, directly |
/// | 1 | 4 deposit and proposal, 5 notes | 6, by way of two blocks that are dropped |
/// | 2 | 7 deposit (final by 8), 8, 9 | |
struct PaperChain {
    let spec: ChainSpec
    let committees: [Committee]
    let store = MemoryStore()
    var blocks: BlockStore<MemoryStore> { BlockStore(store) }
    private(set) var lane: ExecutionLane<MemoryStore>
    /// Final headers by height.
    private(set) var headers: [Header]
    /// What execution said after each height.
    private(set) var tips: [ExecutedTip]
    private(set) var deposits: [SignedTransaction] = []
    private let member: SM2.PublicKey

    private static let keys: [SM2.PublicKey] = {
        var random = SeededRandom(seed: 21)
        return (0..<8).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }()

    /// Four of the keys, one further on in each epoch.
    static func committee(_ epoch: UInt64, from first: Int) -> Committee {
        let validators = (first..<first + 4).map {
            Validator(
                key: keys[$0], name: Label(literal: "v"), organization: Label(literal: "o"),
                failureDomain: $0 % 2 == 0 ? Label(literal: "east") : Label(literal: "west"))
        }
        guard
            let committee = Committee(
                epoch: Epoch(epoch), validators: validators, parameters: ConsensusParameters())
        else { preconditionFailure("four keys make a committee") }
        return committee
    }

    init() throws {
        committees = (0..<3).map { PaperChain.committee(UInt64($0), from: $0) }
        member = PaperChain.keys[7]
        let label = Label(literal: "paper")
        guard
            let spec = ChainSpec(
                name: label, founded: Timestamp(1), rules: .first, committee: committees[0],
                members: [
                    Member(key: member, name: label, organization: label, roles: RoleSet(.user, .orgAdmin))
                ])
        else { preconditionFailure("a committee of epoch 0 founds a chain") }
        self.spec = spec
        try ExecutionLane.found(spec, in: store)
        guard let tip = try BlockStore(store).executedTip() else { preconditionFailure("a founded store has a tip") }
        (headers, tips) = ([spec.genesis], [tip])
        lane = try ExecutionLane(store, tip: tip, cacheBytes: 1 << 20, versionsKept: 64)
        for epoch in 0..<2 {
            deposits.append(deposit())
            try grow([deposits[epoch]] + change(from: epoch))
            // The proposal takes effect here.
            try grow((0..<3).map { note(UInt64($0)) })
            try grow([], tail: epoch * 2)
        }
        deposits.append(deposit())
        try grow([deposits[2]], isFinalByNext: true)
        try grow([])
        try grow([])
    }

    var anchor: TrustAnchor {
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: committees[0])
        return TrustAnchor(
            chain: spec.id, name: spec.name, committee: committees[0], seals: seals(message, by: committees[0]))
    }

    // MARK: Growing

    /// Adds a block; where the state before it holds a pending committee the block closes its epoch.
    private mutating func grow(
        _ transactions: [SignedTransaction], tail: Int = 0, isFinalByNext: Bool = false
    ) throws {
        let payload = Payload(transactions)
        let header = next(payload: payload)
        guard let block = Block(header: header, payload: payload) else {
            preconditionFailure("a header names its payload")
        }
        try blocks.keep(block)
        let dropped = descendants(of: header, count: tail)
        var certificate = certificate(of: dropped.last ?? header)
        if isFinalByNext {
            // The certificate of the empty block that comes next, at the same clock.
            certificate = self.certificate(of: self.header(on: header, executed: try execute(block)))
        } else {
            _ = try execute(block)
        }
        let handover = header.nextCommittee.map { _ in
            EpochProof(
                closing: header, descendants: dropped, certificate: certificate,
                committee: committees[Int(header.epoch.value) + 1])
        }
        try blocks.append(
            [FinalRecord(header: header, certificate: certificate, entry: nil)], handover: handover, durably: true)
        headers.append(header)
    }

    private mutating func execute(_ block: Block) throws -> ExecutedTip {
        let tip = try lane.run(block, ids: block.payload.transactions.map(\.id))
        tips.append(tip)
        return tip
    }

    private func next(payload: Payload) -> Header {
        header(on: headers[headers.count - 1], executed: lane.tip, payload: payload)
    }

    /// The header after `parent`, attesting `executed` and naming what is pending there.
    func header(
        on parent: Header, executed: ExecutedTip, payload: Payload = .empty, epoch: UInt64? = nil, view: UInt64? = nil
    ) -> Header {
        let startsEpoch = parent.nextCommittee != nil
        let epoch = epoch ?? parent.epoch.value + (startsEpoch ? 1 : 0)
        let view = View(view ?? (startsEpoch ? 1 : parent.view.value + 1))
        return Header(
            chain: spec.id, epoch: Epoch(epoch), view: view, height: parent.height.next, parent: parent.id,
            timestamp: Timestamp(parent.timestamp.value + 1_000),
            proposer: committees[Int(epoch)].leader(of: view), payload: payload, execHeight: executed.height,
            execRoot: executed.root, nextCommittee: executed.pending?.id)
    }

    /// Empty blocks after a closing block in its own epoch.
    func descendants(of closing: Header, count: Int) -> [Header] {
        var headers: [Header] = []
        for _ in 0..<count {
            let parent = headers.last ?? closing
            headers.append(
                header(
                    on: parent, executed: lane.tip, epoch: closing.epoch.value, view: parent.view.value + 1))
        }
        return headers
    }

    // MARK: Signing

    private func deposit() -> SignedTransaction {
        let number = UInt8(headers.count)
        let deposit = Deposit(
            businessType: Label(literal: "contract"), title: Label(literal: "t"), digest: SM3.hash([number]),
            size: 1, mediaType: Label(literal: "text/plain"), capture: .upload)
        return call(Deposit.contract, Deposit.method, deposit.encoded, by: member)
    }

    private func note(_ salt: UInt64) -> SignedTransaction {
        let digest = SM3.hash([UInt8(headers.count - 1)])
        let note = Annotation(digest: digest, text: [0x6e])
        return call(Deposit.contract, EvidenceNote.method, note.encoded, salt: salt, by: member)
    }

    /// The only admin proposes the next committee, which decides it, and who joins is ready.
    private func change(from epoch: Int) -> [SignedTransaction] {
        let joining = PaperChain.committee(0, from: epoch + 1).validators[3]
        let motion = Motion(
            [.removeValidator(PaperChain.keys[epoch]), .addValidator(joining)], expires: Height(900),
            salt: UInt64(epoch))
        let height = Height(UInt64(headers.count) - 1)
        return [
            call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: member),
            call(CommitteeContract.contract, CommitteeContract.ready, height.encoded, by: joining.key),
        ]
    }

    private func call(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], salt: UInt64 = 0, by sender: SM2.PublicKey
    ) -> SignedTransaction {
        let body = Transaction(
            chain: spec.id, validFrom: .zero, validUntil: Height(1_000), contract: contract, method: method,
            arguments: arguments, salt: salt, sender: sender)
        return SignedTransaction(body, signature: PaperScheme.sign(Transaction.signedMessage(body.id), by: sender))
    }

    func seals(_ message: [UInt8], by committee: Committee) -> [QuorumCertificate.Seal] {
        committee.validators.prefix(committee.quorum).enumerated().map { place, validator in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(place), signature: PaperScheme.sign(message, by: validator.key))
        }
    }

    /// A finality of a header by a quorum of its epoch's committee, or of the committee named.
    func certificate(of header: Header, by signing: Committee? = nil) -> QuorumCertificate {
        let committee = committees[Int(header.epoch.value)]
        let context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
        let message = context.signedMessage(.finalize(header.id), view: header.view)
        return QuorumCertificate(
            kind: .finality, view: header.view, block: header.id, signatures: seals(message, by: signing ?? committee))
    }
}
