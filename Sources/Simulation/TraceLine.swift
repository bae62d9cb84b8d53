// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import Storage

/// One line of a trace: when, who, what happened, and the particulars.
package struct TraceLine: Sendable {
    package let instant: UInt64
    /// -1 for the world itself.
    package let node: Int
    package let kind: String
    package let text: String
    package let view: UInt64
    package let height: UInt64
}

extension Cluster {
    func trace(_ slot: Int, _ kind: String, _ text: @autoclosure () -> String) {
        guard let tracer else { return }
        let standing = slot >= 0 ? oracles.view(of: slot).view.value : 0
        let height = slot >= 0 ? nodes[slot].finalHeight?.value ?? 0 : 0
        tracer(TraceLine(instant: now, node: slot, kind: kind, text: text(), view: standing, height: height))
    }

    func describe(_ event: ReplicaEvent) -> String {
        switch event {
        case .started: "started"
        case .submitted(let transactions, _): "submitted \(transactions.count)"
        case .received(let peer, let message): "from \(name(peer)): \(describe(message.content))"
        case .proposalSigned(let proposal): "signed proposal \(short(proposal.value.header))"
        case .ballotSigned(let ballot): "signed \(ballot.value.short)"
        case .deadlinePassed(let deadline): "deadline \(deadline)"
        case .executed(let tip): "executed \(tip.height.value)"
        case .linked(let peer): "linked \(name(peer))"
        case .unlinked(let peer): "unlinked \(name(peer))"
        case .rangeRefused(let peer, _): "refused the range of \(name(peer))"
        }
    }

    private func name(_ peer: PeerID) -> String { slots(of: peer).map { "\($0)" }.joined(separator: "/") }

    private func short(_ header: Header) -> String {
        "\(header.id.hex.prefix(8)) v\(header.view.value) h\(header.height.value) on \(header.parent.hex.prefix(8))"
            + " \(header.transactionCount) tx, attests \(header.execHeight.value)"
    }

    private func describe(_ content: CheckedMessage.Content) -> String {
        switch content {
        case .summary(let summary): describe(PeerMessage.summary(summary))
        case .proposal(let proposal): describe(PeerMessage.proposal(proposal.value))
        case .ballot(let ballot, let base): describe(PeerMessage.ballot(ballot.value, base: base?.value))
        case .certificate(let certificate): describe(PeerMessage.certificate(.zero, certificate.value))
        case .nullity(let certificate): describe(PeerMessage.nullity(.zero, certificate.value))
        case .body(let block, _): describe(PeerMessage.body(block.value))
        case .brokenBody(let header): "broken body \(header.id.hex.prefix(8))"
        case .bodyRequest(let id): describe(PeerMessage.bodyRequest(id))
        case .transactions(let transactions): "\(transactions.count) transactions"
        case .blocksRequest(let height): describe(PeerMessage.blocksRequest(from: height))
        case .blocks(let range, _, _): describe(PeerMessage.blocks(range))
        case .returnRequest: "return request"
        case .returnReport(let report): describe(PeerMessage.returnReport(report))
        default: "other"
        }
    }

    private func describe(_ message: PeerMessage) -> String {
        switch message {
        case .summary(let summary):
            "summary v\(summary.view.value) f\(summary.finality.value) h\(summary.finalHeight.value)"
                + (summary.isHello ? " hello" : "")
        case .proposal(let proposal): "proposal \(short(proposal.header))"
        case .ballot(let ballot, let base): "\(ballot.signer.value) says \(ballot.short)" + describe(base)
        case .certificate(_, let certificate): "\(certificate.kind)" + describe(certificate)
        case .nullity(_, let certificate): "nullity v\(certificate.view.value)" + describe(certificate.base)
        case .body(let block): "body \(block.id.hex.prefix(8))"
        case .outline(let header, _): "outline \(short(header))"
        case .bodyRequest(let id): "wants body \(id.hex.prefix(8))"
        case .transactions(let transactions): "\(transactions.count) transactions"
        case .blocksRequest(let height): "wants blocks from \(height.value)"
        case .blocks(let range):
            "blocks \(range.blocks.first?.header.height.value ?? 0) and \(range.blocks.count - 1) more"
        case .returnRequest: "return request"
        case .returnReport(let report):
            "return report v\(report.view.value)\(report.isClosing ? " closing" : "")"
        default: "other"
        }
    }

    private func describe(_ base: QuorumCertificate?) -> String {
        base.map { " [v\($0.view.value) \($0.block.hex.prefix(8))]" } ?? ""
    }

    func describe(_ effect: ReplicaEffect) -> String {
        switch effect {
        case .persist(let record):
            "persist v\(record.view.value) not \(record.notarized?.hex.prefix(8) ?? "-") "
                + "nul \(record.nullified.map { "\($0.value)" } ?? "-") "
                + "fin \(record.lastFinalize.map { "\($0.view.value)" } ?? "-")"
        case .keep(let block): "keep \(short(block.header))"
        case .append(let records, let handover):
            "append to \(records.last?.header.height.value ?? 0)\(handover == nil ? "" : " and end the epoch")"
        case .answer(_, let admissions): "answer \(admissions)"
        case .send(.validators, let message): "to all: \(describe(message))"
        case .send(.peer(let peer), let message): "to \(name(peer)): \(describe(message))"
        case .arm(let deadline, let instant):
            "arm \(deadline) in \(instant.since(Instant(nanoseconds: now)).nanoseconds / Span.millisecond) ms"
        case .sign(let statement, let view): "sign \(statement.short) in view \(view.value)"
        case .signProposal(let header, _, _): "sign proposal \(short(header))"
        case .execute(let block, _): "execute \(block.header.height.value)"
        case .accuse(let fault): "accuse \(fault.culprit.value)"
        case .note(let observation): "note \(observation)"
        case .halt(let reason): "HALT \(reason)"
        case .install(let batch): "install \(batch.byteCount) B"
        case .rebase(let batch): "rebase \(batch.byteCount) B"
        }
    }
}
