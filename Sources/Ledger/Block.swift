// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What a block is known by: everything voters agree on before anything of it is executed.
///
/// Execution trails: `execRoot` is the root of the history of all heights up to `execHeight`, which is final
/// already when this header is proposed.
/// - Spec: LED-6; consensus.md 2.2, 2.10.
package struct Header: Hashable, Sendable, Canonical {
    package static let version: UInt8 = 1

    package let chain: ChainID
    package let epoch: Epoch
    package let view: View
    package let height: Height
    package let parent: BlockID
    /// The proposer's clock; strictly rising along a chain.
    package let timestamp: Timestamp
    package let proposer: ValidatorIndex
    /// Root of the Merkle tree over the payload's transactions.
    package let payloadRoot: Digest
    package let payloadBytes: UInt64
    package let transactionCount: UInt64
    package let execHeight: Height
    package let execRoot: Digest
    /// The committee that follows this epoch, once one is decided (consensus.md 2.14).
    package let nextCommittee: CommitteeID?
    /// Digest of all the rest, taken once, where the header is made or read.
    package private(set) var id: BlockID

    package init(
        chain: ChainID, epoch: Epoch, view: View, height: Height, parent: BlockID, timestamp: Timestamp,
        proposer: ValidatorIndex, payload: Payload, execHeight: Height, execRoot: Digest,
        nextCommittee: CommitteeID?
    ) {
        self.chain = chain
        self.epoch = epoch
        self.view = view
        self.height = height
        self.parent = parent
        self.timestamp = timestamp
        self.proposer = proposer
        payloadRoot = payload.root
        payloadBytes = UInt64(payload.bytes.count)
        transactionCount = UInt64(payload.transactions.count)
        self.execHeight = execHeight
        self.execRoot = execRoot
        self.nextCommittee = nextCommittee
        id = .zero
        id = BlockID(SM3.hash(HashDomain.header, encoded.span))
    }

    /// True where `payload` is the one this header names.
    package func names(_ payload: Payload) -> Bool {
        payloadBytes == UInt64(payload.bytes.count) && transactionCount == UInt64(payload.transactions.count)
            && payloadRoot == payload.root
    }

    package func encode(into encoder: inout Encoder) {
        encoder.u8(Header.version)
        chain.encode(into: &encoder)
        epoch.encode(into: &encoder)
        view.encode(into: &encoder)
        height.encode(into: &encoder)
        parent.encode(into: &encoder)
        timestamp.encode(into: &encoder)
        proposer.encode(into: &encoder)
        payloadRoot.encode(into: &encoder)
        encoder.number(payloadBytes)
        encoder.number(transactionCount)
        execHeight.encode(into: &encoder)
        execRoot.encode(into: &encoder)
        encoder.optional(nextCommittee)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let version = try decoder.u8()
        guard version == Header.version else { throw .unknownTag(offset: start, tag: version) }
        chain = try ChainID(from: &decoder)
        epoch = try Epoch(from: &decoder)
        view = try View(from: &decoder)
        height = try Height(from: &decoder)
        parent = try BlockID(from: &decoder)
        timestamp = try Timestamp(from: &decoder)
        proposer = try ValidatorIndex(from: &decoder)
        payloadRoot = try Digest(from: &decoder)
        payloadBytes = try decoder.number(max: UInt64(Limits.payloadBytesMax))
        transactionCount = try decoder.number(max: UInt64(Limits.payloadTransactionsMax))
        execHeight = try Height(from: &decoder)
        execRoot = try Digest(from: &decoder)
        nextCommittee = try decoder.optional(CommitteeID.self)
        id = BlockID(SM3.hash(HashDomain.header, decoder.bytesRead(since: start).span))
    }
}

/// The transactions of a block, in order, and the bytes and the root they make.
package struct Payload: Hashable, Sendable, Canonical {
    package let transactions: [SignedTransaction]
    package let bytes: [UInt8]
    package let root: Digest

    package static let empty = Payload([])

    package init(_ transactions: [SignedTransaction]) {
        self.transactions = transactions
        var encoder = Encoder(reserving: transactions.reduce(8) { $0 + $1.bytes.count })
        encoder.list(transactions)
        bytes = encoder.bytes
        root = Payload.root(of: transactions)
    }

    /// Leaves of the payload tree, in order (LED-10).
    package static func leafDigests(of transactions: [SignedTransaction]) -> [Digest] {
        MerkleTree.leafDigests(transactions.map { $0.bytes })
    }

    private static func root(of transactions: [SignedTransaction]) -> Digest {
        MerkleTree.root(of: leafDigests(of: transactions))
    }

    package func encode(into encoder: inout Encoder) { encoder.raw(bytes) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let count = try decoder.count(max: Limits.payloadTransactionsMax)
        var batch = SignedTransaction.Batch()
        for _ in 0..<count {
            try batch.read(from: &decoder)
            // The payload's own bytes, not all that remain: it may stand within a longer message.
            guard decoder.offset - start <= Limits.payloadBytesMax else {
                throw .outOfRange(offset: start, limit: UInt64(Limits.payloadBytesMax))
            }
        }
        transactions = batch.finish()
        bytes = decoder.bytesRead(since: start)
        root = Payload.root(of: transactions)
    }
}

/// A header and the payload it names.
package struct Block: Hashable, Sendable {
    package let header: Header
    package let payload: Payload
    package var id: BlockID { header.id }

    /// - Returns: nil where the header names another payload.
    package init?(header: Header, payload: Payload) {
        guard header.names(payload) else { return nil }
        self.header = header
        self.payload = payload
    }
}
