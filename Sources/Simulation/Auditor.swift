// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// A running fingerprint of everything that went into a replica and came out of it: one number a run.
///
/// Two runs of one seed must give the same, whatever the process, its hash seed and the machine. Entries are small:
/// who, when, what kind, and eight bytes that tell most values of a kind apart. Nobody chooses them to collide, so two
/// words mixed apart are enough, and a tenth of what SM3 costs: a mixing step loses nothing of the word it is mixed
/// into, so two runs that differ in one entry never meet in either word by that entry alone.
/// - Spec: SIM-11.
struct Auditor: Sendable {
    private var high: UInt64 = 0x6a69_7564_696e_6721
    private var low: UInt64 = 0x6175_6469_746f_7221
    private(set) var count: UInt64 = 0

    mutating func note(_ node: Int, _ kind: UInt8, at instant: UInt64, _ content: UInt64) {
        mix(content)
        // A world's nanoseconds take 40 bits, the number of a node seven.
        mix(instant << 16 | UInt64(node) << 8 | UInt64(kind))
        count += 1
    }

    /// Wrapping is the arithmetic of a mix modulo 2^64.
    private mutating func mix(_ word: UInt64) {
        high = (high ^ word) &* 0x9e37_79b9_7f4a_7c15
        high ^= high >> 32
        low = (low &+ word) &* 0xd6e8_feb8_6659_fd93
        low ^= low >> 29
    }

    func finish() -> Digest {
        var last = self
        last.mix(count)
        last.mix(~count)
        return Digest(words: (last.high, last.low, count, 0))
    }
}

extension ReplicaEvent {
    /// A number of its kind and eight bytes of its content.
    var mark: (kind: UInt8, content: UInt64) {
        switch self {
        case .started: (1, 0)
        case .submitted(let transactions, let ticket): (2, ticket.value << 16 ^ UInt64(transactions.count))
        case .received(_, let message): (3, message.content.mark)
        case .proposalSigned(let proposal): (4, proposal.digest.words.0)
        case .ballotSigned(let ballot): (5, ballot.value.signature.r.words.0)
        case .deadlinePassed(let deadline): (6, UInt64(deadline.kind))
        case .executed(let tip): (7, tip.root.words.0)
        case .linked(let peer): (8, peer.digest.words.0)
        case .unlinked(let peer): (9, peer.digest.words.0)
        case .rangeRefused(let peer, _): (10, peer.digest.words.0)
        }
    }
}

extension CheckedMessage.Content {
    var mark: UInt64 {
        switch self {
        case .summary(let summary): summary.view.value << 20 ^ summary.finalHeight.value
        case .proposal(let proposal): proposal.digest.words.0
        case .ballot(let ballot, _): ballot.value.signature.r.words.0
        case .certificate(let certificate): certificate.digest.words.0 ^ certificate.value.view.value
        case .nullity(let certificate): certificate.value.view.value
        case .body(let block, _): block.digest.words.0
        case .brokenBody(let header): header.payloadRoot.words.0
        case .bodyRequest(let id): id.digest.words.0
        case .outline(let header, let ids): header.payloadRoot.words.0 ^ UInt64(ids.count)
        case .transactions(let transactions): transactions.first?.digest.words.0 ?? 0
        case .blocksRequest(let height): height.value
        case .blocks(let range, _, _): range.certificate.block.digest.words.0
        default: 0
        }
    }
}

extension ReplicaEffect {
    /// A number of its kind and eight bytes of its content.
    var mark: (kind: UInt8, content: UInt64) {
        switch self {
        case .persist(let record): (33, record.view.value << 8 ^ (record.notarized?.digest.words.0 ?? 0))
        case .keep(let block): (34, block.id.digest.words.0)
        case .append(let records, let handover):
            (35, (records.last?.header.height.value ?? 0) << 1 ^ (handover == nil ? 0 : 1))
        case .answer(let ticket, let admissions): (36, ticket.value << 16 ^ UInt64(admissions.count))
        case .send(let recipients, let message): (37, recipients.mark ^ message.kind)
        case .arm(let deadline, let instant): (38, instant.nanoseconds ^ UInt64(deadline.kind) << 56)
        case .sign(let statement, let view): (39, view.value << 8 ^ statement.mark)
        case .signProposal(let header, _, _): (40, header.payloadRoot.words.0 ^ header.timestamp.value)
        case .execute(let block, _): (41, block.id.digest.words.0)
        case .accuse(let fault): (42, UInt64(fault.culprit.value))
        case .note: (43, 0)
        case .halt: (44, 0)
        case .install(let batch): (45, UInt64(batch.byteCount))
        case .rebase(let batch): (46, UInt64(batch.byteCount))
        }
    }
}

extension Recipients {
    fileprivate var mark: UInt64 {
        switch self {
        case .validators: 0
        case .peer(let id): id.digest.words.0
        }
    }
}

extension Statement {
    fileprivate var mark: UInt64 {
        switch self {
        case .notarize(let block): block.digest.words.0
        case .finalize(let block): ~block.digest.words.0
        case .nullify(let level): level.value
        }
    }
}

extension Deadline {
    /// Which of the eight kinds this is.
    var kind: Int {
        switch self {
        case .view: 0
        case .proposing: 1
        case .heartbeat: 2
        case .summary: 3
        case .relay: 4
        case .fetching: 5
        case .judging: 6
        case .news: 7
        }
    }

    static let kinds = 8
}

extension PeerMessage {
    /// Which kind of message this is, for marks and traces.
    var kind: UInt64 {
        switch self {
        case .summary: 1
        case .proposal: 2
        case .ballot: 3
        case .certificate: 4
        case .nullity: 5
        case .body: 6
        case .outline: 7
        case .bodyRequest: 8
        case .transactions: 9
        case .blocksRequest: 10
        case .blocks: 11
        case .returnRequest: 12
        case .returnReport: 13
        case .snapshotRequest: 14
        case .snapshotOffer: 15
        case .chunkRequest: 16
        case .chunk: 17
        }
    }
}
