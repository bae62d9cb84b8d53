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

/// What one node of a chain says to another.
package enum PeerMessage: Hashable, Sendable {
    case proposal(Proposal)
    case ballot(Ballot, base: QuorumCertificate?)
}

/// A moment the replica asked to be woken at; arming one again replaces it.
package enum Deadline: Hashable, Sendable {
    case view(View)
    case proposing
    case heartbeat
}

/// What the host tells the replica (HOST-1 to HOST-6, docs/spec/host.md).
package enum ReplicaEvent: Sendable {
    case started
    case submitted([Verified<SignedTransaction>], Ticket)
    /// A proposal, or this validator's own one coming back signed.
    case proposalReceived(Verified<Proposal>)
    /// A ballot, or this validator's own one coming back signed.
    case ballotReceived(Verified<Ballot>, base: Verified<QuorumCertificate>?)
    case deadlinePassed(Deadline)
    case executed(ExecutedTip)
}

/// What the replica orders, to be done in this order.
package enum ReplicaEffect: Sendable {
    /// Durable before any later effect leaves (HOST-1).
    case persist(SafetyRecord)
    /// The block's body, durable before any later effect leaves.
    case keep(Block)
    /// These blocks are final: append them to the ledger.
    case append([FinalRecord])
    case answer(Ticket, [Admission])
    case send(PeerMessage)
    case arm(Deadline, at: Instant)
    /// Sign, check, answer with `ballotReceived`.
    case sign(Statement, View)
    /// Sign, check, answer with `proposalReceived`.
    case signProposal(Header, EntryCertificate, finality: QuorumCertificate?)
    /// Execute and commit this final block, in order; answer with `executed`.
    case execute(Block, [TransactionID])
    case accuse(Fault)
    case note(Observation)
}

/// Something the host may want to count, log or tell its callers.
package enum Observation: Hashable, Sendable {
    case finalized(Height, [TransactionID])
    /// A final header attests every height up to this one.
    case attested(Height)
    /// A proposal was judged invalid, and why.
    case rejected(BlockID, BlockFlaw)
}

/// Why a proposed block is invalid. The same on every honest node.
package enum BlockFlaw: Hashable, Sendable {
    case height
    case timestamp
    case payload
    case window
    case repeatedTransaction
    case execution
    case backPressure
}

/// What a restart knows, read from the store and the safety ring before the first step.
package struct Recovered: Sendable {
    package let spec: ChainSpec
    package let me: ValidatorIndex?
    /// Nil for a fresh key that has never voted.
    package let safety: SafetyRecord?
    /// The newest final block, nil where only genesis is.
    package let tip: FinalRecord?
    package let executed: ExecutedTip
    /// Bodies above the executed height, final or not, lowest first.
    package let blocks: [Block]

    package init(
        spec: ChainSpec, me: ValidatorIndex?, safety: SafetyRecord?, tip: FinalRecord?, executed: ExecutedTip,
        blocks: [Block]
    ) {
        self.spec = spec
        self.me = me
        self.safety = safety
        self.tip = tip
        self.executed = executed
        self.blocks = blocks
    }
}
