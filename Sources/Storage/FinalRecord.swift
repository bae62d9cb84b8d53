// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// A block that is final, with what makes it so and what justified its proposal; kept for ever (consensus.md
/// 2.4).
package struct FinalRecord: Hashable, Sendable, Canonical {
    package let header: Header
    /// Of this block or of the descendant that was finalized directly.
    package let certificate: QuorumCertificate
    /// Nil where this node learned of the block by its certificate and not from the proposal.
    package let entry: EntryCertificate?

    package init(header: Header, certificate: QuorumCertificate, entry: EntryCertificate?) {
        self.header = header
        self.certificate = certificate
        self.entry = entry
    }

    package func encode(into encoder: inout Encoder) {
        header.encode(into: &encoder)
        certificate.encode(into: &encoder)
        encoder.optional(entry)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        header = try Header(from: &decoder)
        certificate = try QuorumCertificate(from: &decoder)
        entry = try decoder.optional(EntryCertificate.self)
    }
}

/// How far execution has come: the newest executed height and the history up to it.
package struct ExecutedTip: Hashable, Sendable, Canonical {
    package let leaf: HistoryLeaf
    package let history: History
    /// Transactions executed since genesis.
    package let transactionCount: UInt64
    /// The committee that is decided to follow, in the state after this height; nil mostly (COMM-1).
    package let pending: Committee?
    /// Leaf 0's block is the genesis block, whatever the height here.
    package var height: Height { leaf.height }
    /// The root of the history: what headers attest of this height, taken once.
    package let root: Digest

    package init(leaf: HistoryLeaf, history: History, transactionCount: UInt64, pending: Committee?) {
        self.leaf = leaf
        self.history = history
        root = history.root
        self.transactionCount = transactionCount
        self.pending = pending
    }

    package func encode(into encoder: inout Encoder) {
        leaf.encode(into: &encoder)
        history.encode(into: &encoder)
        encoder.number(transactionCount)
        encoder.optional(pending)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        leaf = try HistoryLeaf(from: &decoder)
        history = try History(from: &decoder)
        root = history.root
        transactionCount = try decoder.number()
        pending = try decoder.optional(Committee.self)
    }
}

/// What executing one height left behind: the leaf it added and the outcome of each transaction, in order.
package struct HeightRecord: Hashable, Sendable, Canonical {
    package let leaf: HistoryLeaf
    package let outcomes: [Outcome]

    package init(leaf: HistoryLeaf, outcomes: [Outcome]) {
        self.leaf = leaf
        self.outcomes = outcomes
    }

    package func encode(into encoder: inout Encoder) {
        leaf.encode(into: &encoder)
        encoder.list(outcomes)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        leaf = try HistoryLeaf(from: &decoder)
        outcomes = try decoder.list(of: Outcome.self, max: Limits.payloadTransactionsMax)
    }

    /// The outcomes' codes, in order, from the bytes of a record: some thirty nanoseconds each, where decoding them
    /// whole would allocate for every output and event.
    package static func codes(in bytes: [UInt8]) throws(DecodeError) -> [ResultCode] {
        var decoder = Decoder(bytes)
        _ = try HistoryLeaf(from: &decoder)
        let count = try decoder.count(max: Limits.payloadTransactionsMax)
        var codes: [ResultCode] = []
        codes.reserveCapacity(count)
        for _ in 0..<count {
            codes.append(try ResultCode(from: &decoder))
            _ = try Gas(from: &decoder)
            try decoder.skipBytes(max: Limits.outputBytesMax)
            for _ in 0..<(try decoder.count(max: Limits.eventsMax)) {
                try decoder.skipBytes(max: Limits.labelBytesMax)
                try decoder.skipBytes(max: Limits.labelBytesMax)
                try decoder.skipBytes(max: Limits.eventBytesMax)
            }
        }
        try decoder.finish()
        return codes
    }
}

/// A block as it was proposed: under its height and identifier, whether final or not.
struct BodyRecord: Canonical {
    let header: Header
    let payload: Payload

    init(_ block: Block) {
        header = block.header
        payload = block.payload
    }

    func encode(into encoder: inout Encoder) {
        header.encode(into: &encoder)
        payload.encode(into: &encoder)
    }

    init(from decoder: inout Decoder) throws(DecodeError) {
        header = try Header(from: &decoder)
        payload = try Payload(from: &decoder)
    }
}
