// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Consensus
package import Ledger
package import Storage

/// Names a caller that waits for an answer; the host's own number.
package struct Ticket: Hashable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }
}

/// A moment the replica asked to be woken at; arming one again replaces it.
package enum Deadline: Hashable, Sendable {
    case view(View)
    case proposing
    case heartbeat
    /// Every second: say where this node stands, look who is silent.
    case summary
    /// A peer may not have heard of the current view yet.
    case relay
    /// Something asked for has not come.
    case fetching
    /// A proposal from the near future may be judged now.
    case judging
    /// Observers may be told again of what is final.
    case news
}

/// What the host tells the replica (HOST-1 to HOST-6, docs/spec/host.md).
package enum ReplicaEvent: Sendable {
    case started
    case submitted([Verified<SignedTransaction>], Ticket)
    /// A message of a peer, checked in the replica's current `votingContext` (`MessageChecker`).
    case received(PeerID, CheckedMessage)
    /// A range of blocks that a peer sent was refused, by `refusal` or by the checker; the height it begins at, if any.
    case rangeRefused(PeerID, beginning: Height?)
    /// This validator's own proposal coming back signed.
    indirect case proposalSigned(Verified<Proposal>)
    /// This validator's own ballot coming back signed.
    case ballotSigned(Verified<Ballot>)
    case deadlinePassed(Deadline)
    indirect case executed(ExecutedTip)
    /// A link to a peer is up: it wants to know where this node stands.
    case linked(PeerID)
    /// The link to a peer has ended, and no other has taken its place.
    case unlinked(PeerID)
}

extension ReplicaEvent {
    /// What a refused message is told as; nil where the replica does not care.
    package static func refused(_ message: PeerMessage, from peer: PeerID) -> ReplicaEvent? {
        guard case .blocks(let range) = message else { return nil }
        return .rangeRefused(peer, beginning: range.blocks.first?.header.height)
    }
}

/// Whom a message is for.
package enum Recipients: Hashable, Sendable {
    /// All validators of the current committee but this node.
    case validators
    case peer(PeerID)
}

/// What the replica orders, to be done in this order. Large payloads stand beside, as in `PeerMessage`.
package enum ReplicaEffect: Sendable {
    /// Durable before any later effect leaves (HOST-1).
    indirect case persist(SafetyRecord)
    /// The block's body, durable before any later effect leaves.
    indirect case keep(Block)
    /// These blocks are final: append them to the ledger. With a handover, durable before any later effect leaves.
    indirect case append([FinalRecord], handover: EpochProof?)
    /// A part of a snapshot, or the deletion of one: in order, not durable by itself (SNAP-5, SNAP-7).
    case install(WriteBatch)
    /// The state of another height, and what makes it this store's newest: durable. It is the replica's last order; the
    /// host then begins a new run from the store (HOST-10).
    case rebase(WriteBatch)
    case answer(Ticket, [Admission])
    case send(Recipients, PeerMessage)
    case arm(Deadline, at: Instant)
    /// Sign in the replica's current voting context, check, answer with `ballotSigned`.
    case sign(Statement, View)
    /// Sign, check, answer with `proposalSigned`.
    indirect case signProposal(Header, EntryCertificate, finality: QuorumCertificate?)
    /// Execute and commit this final block, in order; answer with `executed`.
    indirect case execute(Block, [TransactionID])
    /// Evidence against a validator: keep it for ever.
    indirect case accuse(Fault)
    case note(Observation)
    /// Never go on: continuing could make the books differ. No later event changes anything.
    case halt(HaltReason)
}

/// Why a replica stops for good, for people to look into.
package enum HaltReason: Hashable, Sendable {
    /// Two final blocks on different branches: more than f validators lied.
    case fork(final: BlockID, other: BlockID)
    /// A quorum attested another result of a height than this node computed.
    case divergence(Height)
}

/// Something the host may want to count, log or tell its callers.
package enum Observation: Hashable, Sendable {
    case finalized(Height, [TransactionID])
    /// A final header attests every height up to this one.
    case attested(Height)
    /// A proposal was judged invalid, and why.
    case rejected(BlockID, BlockFlaw)
    /// A peer's message was refused before it cost anything.
    case refused(PeerID, MessageRefusal)
    /// A new committee is in force from its first height on.
    case epochBegan(Epoch, Height)
    /// This validator's record is not the newest it had; it stays silent until it is safe to speak (CONS-23).
    case recordLost
    /// It speaks again.
    case returned(View)
    /// The other validators' clocks are ahead of this node's by so many milliseconds, or behind; nil where they no
    /// longer are (CONS-28).
    case clockOff(millis: Int64?)
}

/// Why a proposed block is invalid. The same on every honest node, but for `timestamp`.
package enum BlockFlaw: Hashable, Sendable {
    case height
    /// It does not descend from the final tip.
    case branch
    case timestamp
    case payload
    case window
    case repeatedTransaction
    /// Its transactions could use more gas than a block may (EXEC-9).
    case gas
    case execution
    case backPressure
    /// It names another next committee than the state does, or carries transactions after a closing block.
    case handover
}
