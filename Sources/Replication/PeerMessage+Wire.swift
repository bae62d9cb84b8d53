// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger

// The bytes of a message between peers (PEER-1 to PEER-3, docs/spec/peers.md): one tag, then its parts.
extension PeerMessage: Canonical {
    private enum Tag {
        static let summary: UInt8 = 1
        static let proposal: UInt8 = 2
        static let ballot: UInt8 = 3
        static let certificate: UInt8 = 4
        static let nullity: UInt8 = 5
        static let body: UInt8 = 6
        static let outline: UInt8 = 7
        static let bodyRequest: UInt8 = 8
        static let transactions: UInt8 = 9
        static let blocksRequest: UInt8 = 10
        static let blocks: UInt8 = 11
        static let returnRequest: UInt8 = 12
        static let returnReport: UInt8 = 13
        static let snapshotRequest: UInt8 = 14
        static let snapshotOffer: UInt8 = 15
        static let chunkRequest: UInt8 = 16
        static let chunk: UInt8 = 17
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .summary(let summary): encoder.tagged(Tag.summary, summary)
        case .proposal(let proposal): encoder.tagged(Tag.proposal, proposal)
        case .ballot(let ballot, let base):
            encoder.tagged(Tag.ballot, ballot)
            encoder.optional(base)
        case .certificate(let epoch, let certificate):
            encoder.tagged(Tag.certificate, epoch)
            certificate.encode(into: &encoder)
        case .nullity(let epoch, let certificate):
            encoder.tagged(Tag.nullity, epoch)
            certificate.encode(into: &encoder)
        case .body(let block):
            encoder.tagged(Tag.body, block.header)
            block.payload.encode(into: &encoder)
        case .outline(let header, let ids):
            encoder.tagged(Tag.outline, header)
            encoder.list(ids)
        case .bodyRequest(let block): encoder.tagged(Tag.bodyRequest, block)
        case .transactions(let transactions):
            encoder.u8(Tag.transactions)
            encoder.list(transactions)
        case .blocksRequest(let height): encoder.tagged(Tag.blocksRequest, height)
        case .blocks(let range): encoder.tagged(Tag.blocks, range)
        case .returnRequest(let epoch, let instance):
            encoder.tagged(Tag.returnRequest, epoch)
            encoder.u64(instance)
        case .returnReport(let report): encoder.tagged(Tag.returnReport, report)
        case .snapshotRequest: encoder.u8(Tag.snapshotRequest)
        case .snapshotOffer(let offer): encoder.tagged(Tag.snapshotOffer, offer)
        case .chunkRequest(let place): encoder.tagged(Tag.chunkRequest, place)
        case .chunk(let place, let bytes):
            encoder.tagged(Tag.chunk, place)
            encoder.bytes(bytes)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case Tag.summary: self = .summary(try Summary(from: &decoder))
        case Tag.proposal: self = .proposal(try Proposal(from: &decoder))
        case Tag.ballot:
            self = .ballot(try Ballot(from: &decoder), base: try decoder.optional(QuorumCertificate.self))
        case Tag.certificate:
            self = .certificate(try Epoch(from: &decoder), try QuorumCertificate(from: &decoder))
        case Tag.nullity: self = .nullity(try Epoch(from: &decoder), try NullityCertificate(from: &decoder))
        case Tag.body: self = .body(try Block.decode(from: &decoder))
        case Tag.outline:
            let header = try Header(from: &decoder)
            self = .outline(header, try decoder.list(of: TransactionID.self, max: Limits.payloadTransactionsMax))
        case Tag.bodyRequest: self = .bodyRequest(try BlockID(from: &decoder))
        case Tag.transactions:
            self = .transactions(
                try SignedTransaction.list(from: &decoder, max: Limits.payloadTransactionsMax))
        case Tag.blocksRequest: self = .blocksRequest(from: try Height(from: &decoder))
        case Tag.blocks: self = .blocks(try FinalRange(from: &decoder))
        case Tag.returnRequest: self = .returnRequest(try Epoch(from: &decoder), instance: try decoder.u64())
        case Tag.returnReport: self = .returnReport(try ReturnReport(from: &decoder))
        case Tag.snapshotRequest: self = .snapshotRequest
        case Tag.snapshotOffer: self = .snapshotOffer(try SnapshotOffer(from: &decoder))
        case Tag.chunkRequest: self = .chunkRequest(try SnapshotPlace(from: &decoder))
        case Tag.chunk:
            let place = try SnapshotPlace(from: &decoder)
            self = .chunk(place, try decoder.bytes(max: PeerMessage.chunkBytesMax))
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }

    /// A part of a snapshot: about a mebibyte of leaves and the way to them.
    package static let chunkBytesMax = 2 << 20
    /// No message is longer: a range of one oversized block still fits (PEER-2).
    package static let bytesMax = 8 << 20
    /// Nor one that must never wait behind a payload: certificates of a hundred validators fit.
    package static let urgentBytesMax = 256 << 10

    /// A message from its bytes, as they came over a link.
    /// - Returns: `.oversized` before anything is read, `.malformed` where they are no canonical message.
    package static func decode(_ bytes: [UInt8]) -> Result<PeerMessage, MessageRefusal> {
        var limit = urgentBytesMax
        let long = [Tag.body, Tag.transactions, Tag.blocks, Tag.snapshotOffer, Tag.chunk, Tag.outline]
        if let tag = bytes.first, long.contains(tag) { limit = bytesMax }
        if bytes.count > limit { return .failure(.oversized) }
        guard let message = try? PeerMessage(decoding: bytes) else { return .failure(.malformed) }
        return .success(message)
    }
}

extension Encoder {
    fileprivate mutating func tagged(_ tag: UInt8, _ value: some Canonical) {
        u8(tag)
        value.encode(into: &self)
    }
}

extension Block {
    /// A header and the payload it names.
    static func decode(from decoder: inout Decoder) throws(DecodeError) -> Block {
        let start = decoder.offset
        let header = try Header(from: &decoder)
        guard let block = Block(header: header, payload: try Payload(from: &decoder)) else {
            throw .notCanonical(offset: start)
        }
        return block
    }
}
