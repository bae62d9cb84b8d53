// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A value as a tree of named fields with the bytes each takes, to read or to print as JSON.
struct ReceiptTree: Sendable {
    let name: String
    let value: String?
    let bytes: Int?
    let children: [ReceiptTree]

    init(_ name: String, _ value: String? = nil, bytes: Int? = nil, _ children: [ReceiptTree] = []) {
        self.name = name
        self.value = value
        self.bytes = bytes
        self.children = children
    }

    /// The tree as indented lines.
    func lines(indent: Int = 0) -> [String] {
        let size = bytes.map { "  (\($0) B)" } ?? ""
        let head = String(repeating: "  ", count: indent) + name + (value.map { ": \($0)" } ?? "") + size
        return [head] + children.flatMap { $0.lines(indent: indent + 1) }
    }

    var json: JSONText {
        var members: [JSONText.Member] = []
        if let bytes { members.append(.init(key: "bytes", value: .whole(bytes))) }
        if let value { members.append(.init(key: "value", value: .text(value))) }
        for child in children {
            members.append(.init(key: child.name, value: child.isLeaf ? .text(child.value ?? "") : child.json))
        }
        return .object(members)
    }

    private var isLeaf: Bool { children.isEmpty }
}

extension ReceiptTree {
    init(_ receipt: EvidenceReceipt) {
        self.init(
            "receipt", bytes: receipt.encoded.count,
            [ReceiptTree(receipt.transaction), ReceiptTree(receipt.proof)])
    }

    private init(_ transaction: SignedTransaction) {
        let body = transaction.body
        var children = [
            ReceiptTree("id", transaction.id.hex), ReceiptTree("chain", body.chain.hex),
            ReceiptTree("window", "\(body.validFrom.value) to \(body.validUntil.value)"),
            ReceiptTree("call", "\(body.contract.text).\(body.method.text)"),
            ReceiptTree("salt", "\(body.salt)"),
            ReceiptTree("sender", Hex.encode(body.sender.bytes)),
            ReceiptTree("account", AccountID(body.sender).hex),
        ]
        if body.contract == Deposit.contract, let deposit = try? Deposit(decoding: body.arguments) {
            children.append(ReceiptTree(deposit))
        } else {
            children.append(ReceiptTree("arguments", Hex.encode(body.arguments), bytes: body.arguments.count))
        }
        children.append(ReceiptTree("signature", Hex.encode(transaction.signature.encoded)))
        self.init("transaction", bytes: transaction.bytes.count, children)
    }

    private init(_ deposit: Deposit) {
        self.init(
            "deposit", bytes: deposit.encoded.count,
            [
                ReceiptTree("title", deposit.title.text), ReceiptTree("businessType", deposit.businessType.text),
                ReceiptTree("mediaType", deposit.mediaType.text), ReceiptTree("size", "\(deposit.size)"),
                ReceiptTree("sm3", deposit.digest.hex), ReceiptTree("capture", "\(deposit.capture)"),
            ])
    }

    private init(_ proof: ReceiptProof) {
        self.init(
            "proof", bytes: proof.encoded.count,
            [
                ReceiptTree(proof.receipt), ReceiptTree("receiptPath", proof.receiptPath),
                ReceiptTree(proof.leaf), ReceiptTree("historyPath", proof.historyPath),
                ReceiptTree("header", proof.header), ReceiptTree("certificate", proof.certificate),
                ReceiptTree(
                    "handovers", "\(proof.handovers.count)", bytes: proof.handovers.reduce(0) { $0 + $1.encoded.count },
                    proof.handovers.enumerated().map { ReceiptTree($0.offset, $0.element) }),
            ])
    }

    private init(_ receipt: Receipt) {
        let outcome = receipt.outcome
        let result = outcome.code.isSuccess ? "success" : outcome.code.stable?.label ?? "\(outcome.code.value)"
        var children = [
            ReceiptTree("transaction", receipt.transaction.hex), ReceiptTree("height", "\(receipt.height.value)"),
            ReceiptTree("index", "\(receipt.index)"), ReceiptTree("result", result),
            ReceiptTree("gasUsed", "\(outcome.gasUsed.value)"),
        ]
        if let reply = try? DepositReply(decoding: outcome.output) {
            children.append(
                ReceiptTree(
                    "reply", bytes: outcome.output.count,
                    [
                        ReceiptTree("number", reply.number.text), ReceiptTree("time", reply.recorded.rfc3339),
                        ReceiptTree("repeated", "\(reply.repeated)"),
                    ]))
        } else {
            children.append(ReceiptTree("output", Hex.encode(outcome.output), bytes: outcome.output.count))
        }
        children += outcome.events.map {
            ReceiptTree("event", "\($0.contract.text).\($0.name.text)", bytes: $0.encoded.count)
        }
        self.init("result", bytes: receipt.encoded.count, children)
    }

    private init(_ name: String, _ path: MerklePath) {
        self.init(
            name, "leaf \(path.index) of \(path.count), \(path.siblings.count) siblings", bytes: path.encoded.count)
    }

    private init(_ leaf: HistoryLeaf) {
        self.init(
            "leaf", bytes: leaf.encoded.count,
            [
                ReceiptTree("height", "\(leaf.height.value)"), ReceiptTree("block", leaf.block.hex),
                ReceiptTree("payloadRoot", leaf.payloadRoot.hex), ReceiptTree("receiptsRoot", leaf.receiptsRoot.hex),
                ReceiptTree("stateRoot", leaf.stateRoot.hex),
            ])
    }

    init(_ name: String, _ header: Header) {
        self.init(
            name, bytes: header.encoded.count,
            [
                ReceiptTree("id", header.id.hex), ReceiptTree("height", "\(header.height.value)"),
                ReceiptTree("epoch", "\(header.epoch.value)"), ReceiptTree("view", "\(header.view.value)"),
                ReceiptTree("time", header.timestamp.rfc3339), ReceiptTree("proposer", "\(header.proposer.value)"),
                ReceiptTree("parent", header.parent.hex),
                ReceiptTree("transactions", "\(header.transactionCount)"),
                ReceiptTree("execHeight", "\(header.execHeight.value)"), ReceiptTree("execRoot", header.execRoot.hex),
                ReceiptTree("nextCommittee", header.nextCommittee?.hex ?? "none"),
            ])
    }

    init(_ name: String, _ certificate: QuorumCertificate) {
        let signers = certificate.signatures.map { "\($0.signer.value)" }.joined(separator: ", ")
        self.init(
            name, bytes: certificate.encoded.count,
            [
                ReceiptTree("kind", "\(certificate.kind)"), ReceiptTree("view", "\(certificate.view.value)"),
                ReceiptTree("block", certificate.block.hex), ReceiptTree("signers", signers),
            ])
    }

    private init(_ place: Int, _ handover: EpochProof) {
        self.init(
            "handover \(place)", bytes: handover.encoded.count,
            [
                ReceiptTree("closing", handover.closing),
                ReceiptTree("descendants", "\(handover.descendants.count)"),
                ReceiptTree("certificate", handover.certificate),
                ReceiptTree("nextEpoch", "\(handover.committee.epoch.value)"),
                ReceiptTree("nextCommittee", "\(handover.committee.count) validators"),
            ])
    }
}
