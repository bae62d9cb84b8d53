// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

// Between the acts, and at the end: what is mended, and what a proof of it is worth.
extension Cluster {
    static func validator(_ key: SM2.PublicKey) -> Validator {
        Validator(
            key: key, name: Label(literal: "v"), organization: Label(literal: "o"), failureDomain: Label(literal: "d"))
    }

    func finalHeight(of slot: Int) -> Height { nodes[slot].finalHeight ?? .zero }

    /// Lets retired nodes start again.
    mutating func endRetirement(_ random: inout SeededRandom) {
        for slot in nodes.indices where nodes[slot].isRetired {
            nodes[slot].isRetired = false
            restart(slot, after: random.wait(mean: .milliseconds(500)))
        }
    }

    /// Mends a quorum and the links within it; all else stays broken as it is.
    /// - Returns: the slots that were mended: what is demanded is demanded of them.
    mutating func heal(mayLeaveOut: Bool, _ random: inout SeededRandom) -> [Int] {
        let honest = nodes.filter { $0.loyalty.isHonest }.map(\.slot)
        let spent = Set(nodes.filter { !$0.loyalty.isHonest || $0.mayLoseRing }.map(\.peer)).count
        let spareable = max(0, spec.committee.faultsMax - spent)
        var leftOut: [Int] = []
        if mayLeaveOut, spareable > 0, random.happens(500) {
            let validators = honest.filter { $0 < spec.committee.count && !nodes[$0].mayLoseRing }
            leftOut = random.some(1 + random.below(spareable), of: validators)
        }
        let core = honest.filter { !leftOut.contains($0) }
        let keepsBroken = leftOut.isEmpty && spent == 0
        let broken = core.flatMap { from in core.filter { network[from, $0].isBroken }.map { (from, $0) } }
        network.heal(among: core)
        if keepsBroken { for (from, to) in broken { network[from, to].isBroken = true } }
        for slot in core {
            nodes[slot].isRetired = false
            nodes[slot].pausedUntil = 0
            nodes[slot].effectsLeft = nil
            nodes[slot].clock = SimulatedClock()
            nodes[slot].disk.mend()
            nodes[slot].machine.fail(next: 0)
            nodes[slot].syncing = 100_000...1_000_000
            if !nodes[slot].isUp { restart(slot, after: .milliseconds(random.next() % 2_000)) }
        }
        lossMax = 0
        damaged = 0
        for first in core { for second in core where second < first { link(first, second) } }
        return core
    }

    /// A proof of some final transaction, built by some node, convinces a client; one with a changed byte does not.
    mutating func checkProof(_ random: inout SeededRandom) {
        let settled = clients.wishes.filter { oracles.ledger.place(of: $0.id) != nil }
        let up = nodes.filter { $0.isUp && $0.loyalty.isHonest }
        guard !settled.isEmpty, !up.isEmpty else { return }
        let wish = random.pick(settled)
        let disk = random.pick(up).disk
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
        let seals = spec.committee.validators.indices.map {
            QuorumCertificate.Seal(signer: ValidatorIndex($0), signature: nodes[$0].signer.sign(message))
        }
        let anchor = TrustAnchor(chain: spec.id, name: spec.name, committee: spec.committee, seals: seals)
        do {
            guard let (transaction, proof) = try ProofBuilder(disk).proof(of: wish.id) else { return }
            // Proofs across an end of an epoch come with the handovers that lead there.
            if proof.header.epoch > .zero, proof.handovers.isEmpty { return }
            var client = try LightClient(anchor: anchor, scheme: SimulatedScheme(isReal: isReal))
            _ = try client.verify(transaction, proof)
            coverage.note(.proofVerified)
            var bytes = proof.encoded
            bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
            guard let damagedProof = try? ReceiptProof(decoding: bytes), damagedProof != proof,
                (try? client.verify(transaction, damagedProof)) != nil
            else { return coverage.note(.proofDamagedAndRefused) }
            oracles.violate("PROOF", "a damaged proof convinced a client", at: now)
        } catch StoreError.corrupt where nodes.contains(where: \.mayLoseRing) {
            // The proof lay on a rotten part of the disk; who asks again asks another node.
        } catch {
            oracles.violate("PROOF", "a proof of a final transaction does not hold: \(error)", at: now)
        }
    }
}
