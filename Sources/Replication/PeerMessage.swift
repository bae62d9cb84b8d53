// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
package import Ledger

/// A node as its peers know it: the account of its key. The link layer proves it.
package typealias PeerID = AccountID

/// What one node of a chain says to another.
///
/// What is large and not said many times a view stands beside (`indirect`): every hand a message passes through
/// would copy all its bytes otherwise, whichever case it is.
/// - Spec: PEER-1 to PEER-9 (docs/spec/peers.md).
package enum PeerMessage: Hashable, Sendable {
    case summary(Summary)
    indirect case proposal(Proposal)
    case ballot(Ballot, base: QuorumCertificate?)
    case certificate(Epoch, QuorumCertificate)
    case nullity(Epoch, NullityCertificate)
    /// A proposed block with its payload.
    indirect case body(Block)
    /// A proposed block as the identifiers of its transactions, which the receiver probably holds.
    indirect case outline(Header, [TransactionID])
    case bodyRequest(BlockID)
    /// Transactions a client gave to the sender.
    case transactions([SignedTransaction])
    /// Wants final blocks from a height on.
    case blocksRequest(from: Height)
    indirect case blocks(FinalRange)
    /// From a validator that lost its record: how far may I have voted?
    case returnRequest(Epoch, instance: UInt64)
    case returnReport(ReturnReport)
    /// Wants to know of a snapshot of the state.
    case snapshotRequest
    case snapshotOffer(SnapshotOffer)
    case chunkRequest(SnapshotPlace)
    case chunk(SnapshotPlace, [UInt8])
}

/// Where a node stands, told to every peer each second and when asked (R9).
package struct Summary: Hashable, Sendable, Canonical {
    package let epoch: Epoch
    package let view: View
    /// View of the newest finality known in `epoch`.
    package let finality: View
    package let finalHeight: Height
    package let executedHeight: Height
    /// The sender's wall clock.
    package let clock: Timestamp
    /// Names this run of the sender; drawn at its start.
    package let instance: UInt64
    /// True where the sender waits for an answer: it has just started.
    package let isHello: Bool
    /// Which run of the receiver the sender knows of, and what it holds of its votes; nil before it heard of it.
    package let heard: Heard?

    /// What a validator was heard to say, with its own signatures: a claim without them could silence it (CONS-18).
    package struct Heard: Hashable, Sendable, Canonical {
        package let instance: UInt64
        /// The newest of each kind; empty unless the receiver has just started.
        package let ballots: [Ballot]

        package init(instance: UInt64, ballots: [Ballot]) {
            self.instance = instance
            self.ballots = ballots
        }

        package func encode(into encoder: inout Encoder) {
            encoder.u64(instance)
            encoder.list(ballots)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            instance = try decoder.u64()
            ballots = try decoder.list(of: Ballot.self, max: 3)
        }
    }

    package init(
        epoch: Epoch, view: View, finality: View, finalHeight: Height, executedHeight: Height, clock: Timestamp,
        instance: UInt64, isHello: Bool, heard: Heard?
    ) {
        self.epoch = epoch
        self.view = view
        self.finality = finality
        self.finalHeight = finalHeight
        self.executedHeight = executedHeight
        self.clock = clock
        self.instance = instance
        self.isHello = isHello
        self.heard = heard
    }

    package func encode(into encoder: inout Encoder) {
        epoch.encode(into: &encoder)
        view.encode(into: &encoder)
        finality.encode(into: &encoder)
        finalHeight.encode(into: &encoder)
        executedHeight.encode(into: &encoder)
        clock.encode(into: &encoder)
        encoder.u64(instance)
        encoder.u8(isHello ? 1 : 0)
        encoder.optional(heard)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        epoch = try Epoch(from: &decoder)
        view = try View(from: &decoder)
        finality = try View(from: &decoder)
        finalHeight = try Height(from: &decoder)
        executedHeight = try Height(from: &decoder)
        clock = try Timestamp(from: &decoder)
        instance = try decoder.u64()
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: isHello = false
        case 1: isHello = true
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
        heard = try decoder.optional(Heard.self)
    }
}

/// Final blocks in a row, and why they are final: a certificate about the last of them or a descendant (R8).
package struct FinalRange: Hashable, Sendable, Canonical {
    package static let blocksMax = 64
    package let epoch: Epoch
    package let blocks: [Block]
    /// Headers from the one after the last block to the one the certificate is about, mostly none: what leads from a
    /// closing block to its certificate, or from a part of very many blocks that one certificate made final.
    package let tail: [Header]
    package let certificate: QuorumCertificate

    package init(epoch: Epoch, blocks: [Block], tail: [Header], certificate: QuorumCertificate) {
        self.epoch = epoch
        self.blocks = blocks
        self.tail = tail
        self.certificate = certificate
    }

    /// True where each header follows the one before it, from `parent` to the one the certificate is about.
    package func links(to parent: BlockID) -> Bool {
        guard let first = blocks.first, first.header.parent == parent else { return false }
        let headers = blocks.map(\.header) + tail
        for (upper, lower) in zip(headers.dropFirst(), headers) {
            guard upper.parent == lower.id, upper.height == lower.height.advanced(by: 1) else { return false }
        }
        return headers.allSatisfy { $0.epoch == epoch } && certificate.kind == .finality
            && headers[headers.count - 1].id == certificate.block
    }

    package func encode(into encoder: inout Encoder) {
        epoch.encode(into: &encoder)
        encoder.count(blocks.count)
        for block in blocks {
            block.header.encode(into: &encoder)
            block.payload.encode(into: &encoder)
        }
        encoder.list(tail)
        certificate.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        epoch = try Epoch(from: &decoder)
        let count = try decoder.count(max: FinalRange.blocksMax)
        var blocks: [Block] = []
        for _ in 0..<count { blocks.append(try Block.decode(from: &decoder)) }
        self.blocks = blocks
        tail = try decoder.list(of: Header.self, max: Limits.epochTailMax)
        certificate = try QuorumCertificate(from: &decoder)
    }
}

/// An honest validator's answer to one that lost its record (R12).
package struct ReturnReport: Hashable, Sendable, Canonical {
    package let epoch: Epoch
    /// The run of the asker that this answers: an older answer could know less than the asker forgot since.
    package let instance: UInt64
    /// The reporter's view, proven by `entry`.
    package let view: View
    package let entry: EntryCertificate
    /// True where the epoch may be ending: the reporter's newest notarized branch holds a closing block, or it cannot
    /// tell.
    package let isClosing: Bool

    package init(epoch: Epoch, instance: UInt64, view: View, entry: EntryCertificate, isClosing: Bool) {
        self.epoch = epoch
        self.instance = instance
        self.view = view
        self.entry = entry
        self.isClosing = isClosing
    }

    package func encode(into encoder: inout Encoder) {
        epoch.encode(into: &encoder)
        encoder.u64(instance)
        view.encode(into: &encoder)
        entry.encode(into: &encoder)
        encoder.u8(isClosing ? 1 : 0)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        epoch = try Epoch(from: &decoder)
        instance = try decoder.u64()
        view = try View(from: &decoder)
        entry = try EntryCertificate(from: &decoder)
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: isClosing = false
        case 1: isClosing = true
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }
}
