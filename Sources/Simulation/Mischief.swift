// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// A liar's own initiative: what it sends without having been asked (SIM-6).
package struct Mischief: FaultSource {
    package let slot: Int
    package let tricks: Tricks
    private var memory: [PeerMessage] = []

    package init(slot: Int, tricks: Tricks) {
        self.slot = slot
        self.tricks = tricks
    }

    package var name: String { "liar(\(slot), \(tricks.rawValue))" }
    /// Liars do not mend.
    package var outlastsHealing: Bool { true }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.nodes[slot].loyalty = .liar(tricks)
        return .milliseconds(300)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        guard let voter = cluster.nodes[slot].replica?.voter, let me = voter.me else { return .seconds(1) }
        let slots = cluster.audience(of: slot)
        for message in lies(voter, me, cluster.nodes[slot].signer, &random) {
            cluster.post(Letter(from: slot, message, asBytes: true), to: slots, at: cluster.now)
        }
        if tricks.contains(.garbage) {
            let length = random.below(300)
            cluster.post(Letter(from: slot, bytes: random.bytes(count: length)), to: slots, at: cluster.now)
            if !memory.isEmpty {
                var bytes = random.pick(memory).encoded
                bytes[random.below(bytes.count)] ^= 1
                cluster.post(Letter(from: slot, bytes: bytes), to: slots, at: cluster.now)
            }
        }
        if tricks.contains(.replay), !memory.isEmpty {
            for _ in 0..<4 {
                // Often to some only: what one honest node knows and the others do not is a liar's best tool.
                let some = random.happens(500) ? slots : random.some(1, of: slots)
                cluster.post(Letter(from: slot, random.pick(memory), asBytes: true), to: some, at: cluster.now)
            }
        }
        remember(voter)
        return random.wait(mean: .milliseconds(tricks.contains(.flood) ? 40 : 400))
    }

    /// Keeps certificates and proposals of the past, to bring them up again.
    private mutating func remember(_ voter: Voter) {
        let epoch = voter.committee.epoch
        if let high = voter.record.highQC { memory.append(.certificate(epoch, high)) }
        if let final = voter.record.finality { memory.append(.certificate(epoch, final)) }
        if case .nullity(let certificate) = voter.record.entry { memory.append(.nullity(epoch, certificate)) }
        if let pending = voter.pending { memory.append(.proposal(pending.value)) }
        if memory.count > 64 { memory.removeFirst(memory.count - 64) }
    }

    private func lies(
        _ voter: Voter, _ me: ValidatorIndex, _ signer: SimulatedSigner, _ random: inout SeededRandom
    ) -> [PeerMessage] {
        var lies: [PeerMessage] = []
        let view = voter.view
        let high = voter.record.highQC
        let block = high?.block ?? BlockID(Digest(words: (random.next(), 0, 0, 1)))
        func say(_ statement: Statement, _ view: View, base: QuorumCertificate? = nil) {
            lies.append(.ballot(signer.ballot(statement, view, in: voter.context, as: me), base: base))
        }
        if tricks.contains(.farViews) {
            for _ in 0..<8 {
                let far = View(view.value + 9 + random.next() % 10_000)
                say(random.happens(500) ? .finalize(block) : .notarize(block), far)
            }
            say(.finalize(block), View(1 + random.next() % view.value))
        }
        if tricks.contains(.flood) {
            for ahead in 0..<8 { say(.finalize(block), View(view.value + UInt64(ahead))) }
            say(.nullify(level: high?.view ?? .zero), View(view.value + random.next() % 8), base: high)
        }
        if tricks.contains(.falseLevel) { say(.nullify(level: .zero), view, base: nil) }
        if tricks.contains(.equivocate), let pending = voter.pending { say(.notarize(pending.value.header.id), view) }
        if tricks.contains(.otherEpochs) {
            let other = VotingContext(
                chain: voter.context.chain, epoch: Epoch(voter.context.epoch.value + 1),
                committee: voter.context.committee)
            lies.append(
                .ballot(signer.ballot(.notarize(block), view, in: other, as: me), base: nil))
            if let high { lies.append(.certificate(Epoch(voter.context.epoch.value + 1), high)) }
        }
        if tricks.contains(.forge) {
            let other = ValidatorIndex(random.below(voter.committee.count))
            let forged = signer.ballot(.notarize(block), view, in: voter.context, as: other)
            lies.append(.ballot(forged, base: nil))
            lies.append(
                .ballot(signer.ballot(.nullify(level: .zero), view, in: voter.context, as: other), base: high))
            lies.append(.certificate(voter.context.epoch, oneVoiceAsMany(voter, me, signer, block, view)))
        }
        return lies
    }

    /// A certificate in which the liar's own good signature stands as often as a quorum has members.
    private func oneVoiceAsMany(
        _ voter: Voter, _ me: ValidatorIndex, _ signer: SimulatedSigner, _ block: BlockID, _ view: View
    ) -> QuorumCertificate {
        let own = signer.ballot(.finalize(block), view, in: voter.context, as: me)
        let seal = QuorumCertificate.Seal(signer: me, signature: own.signature)
        return QuorumCertificate(
            kind: .finality, view: view, block: block,
            signatures: Array(repeating: seal, count: voter.committee.quorum))
    }
}
