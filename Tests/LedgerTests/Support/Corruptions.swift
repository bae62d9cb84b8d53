// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A receipt file, the trust file it is judged by, the content it is said to be for, and the code it must
/// end with; zero where it must verify.
struct ReceiptCase: Sendable {
    let name: String
    let receipt: [UInt8]
    let trust: [UInt8]
    let content: [UInt8]
    let code: Int
}

/// Good receipts and one of every way to be wrong, each said from the specification and not from the code.
struct Corruptions<Scheme: SigningScheme> {
    typealias Chain = SyntheticChain<Scheme>

    let plain: Chain
    let moved: Chain
    let lone: Chain
    private(set) var cases: [ReceiptCase] = []

    init() {
        plain = Chain(.init(blocksPerEpoch: 4))
        moved = Chain(.init(handovers: 3, blocksPerEpoch: 3, transactionsPerBlock: 2, tail: 1))
        lone = Chain(.init(validators: 1, transactionsPerBlock: 1, name: "lone", firstKey: 300))
        addGood()
        addBytes()
        addTransactions()
        addStatements()
        addPaths()
        addCertificates()
        addHandovers()
    }

    private var content: [UInt8] { plain.contents[0] }
    private var base: EvidenceReceipt { plain.receipt(height: 2, index: 0) }

    private mutating func add(
        _ name: String, _ receipt: [UInt8], _ code: Int, trust: [UInt8]? = nil, content: [UInt8]? = nil
    ) {
        cases.append(
            ReceiptCase(
                name: name, receipt: receipt, trust: trust ?? plain.anchor.encoded,
                content: content ?? self.content,
                code: code))
    }

    mutating func record(_ one: ReceiptCase) { cases.append(one) }

    private mutating func addGood() {
        add("good", base.encoded, 0)
        add("good-repeat", plain.receipt(height: 2, index: 2).encoded, 0)
        add("good-lone", lone.receipt(height: 1, index: 0).encoded, 0, trust: lone.anchor.encoded)
        add("good-moved", moved.receipt(height: 2, index: 1).encoded, 0, trust: moved.anchor.encoded)
        add("good-moved-last", moved.receipt(height: 10, index: 0).encoded, 0, trust: moved.anchor.encoded)
        let late = moved.receipt(height: 1, index: 0, from: 2)
        add("good-later-anchor", late.encoded, 0, trust: moved.anchor(epoch: 2).encoded)
        let all = plain.certificate(of: base.proof.header, signers: [0, 1, 2, 3])
        add("good-all-signed", base.with(certificate: all).encoded, 0)
    }

    private mutating func addBytes() {
        add("empty", [], 2101)
        add("zeros", [UInt8](repeating: 0, count: 4_096), 2101)
        add("trailing", base.encoded + [0], 2101)
        add("cut", Array(base.encoded.dropLast()), 2101)
        add("other-format", [0x4a, 0x44, 0x52, 0x43, 2] + base.encoded.dropFirst(5), 2101)
        add("trust-cut", base.encoded, 2101, trust: Array(plain.anchor.encoded.dropLast()))
        add("trust-as-receipt", plain.anchor.encoded, 2101)
        let anchor = plain.anchor
        let few = TrustAnchor(
            chain: anchor.chain, name: anchor.name, committee: anchor.committee,
            seals: Array(anchor.seals.dropLast()))
        add("trust-unsealed", base.encoded, 2102, trust: few.encoded)
        let renamed = TrustAnchor(
            chain: anchor.chain, name: Label("mine")!, committee: anchor.committee, seals: anchor.seals)
        add("trust-renamed", base.encoded, 2102, trust: renamed.encoded)
        add("other-chain", base.encoded, 2103, trust: lone.anchor.encoded)
    }

    private mutating func addTransactions() {
        add("other-transaction", base.with(transaction: plain.transactions[1][0]).encoded, 2104)
        let unsigned = SignedTransaction(base.transaction.body, signature: plain.transactions[1][0].signature)
        add("sender-signature", base.with(transaction: unsigned).encoded, 2105)
        for (name, contract, method, arguments) in [
            ("other-contract", "witness", "deposit", base.transaction.body.arguments),
            ("other-method", "evidence", "annotate", base.transaction.body.arguments),
            ("argument-trailing", "evidence", "deposit", base.transaction.body.arguments + [0]),
        ] {
            let body = base.transaction.body
            let other = Transaction(
                chain: body.chain, validFrom: body.validFrom, validUntil: body.validUntil,
                contract: Label(contract)!,
                method: Label(method)!, arguments: arguments, salt: body.salt, sender: body.sender)
            add(name, base.with(transaction: plain.signed(other)).encoded, 2115)
        }
    }

    private mutating func addStatements() {
        let failed = Outcome(code: .evidenceNotesFull, gasUsed: Gas(1), output: [], events: [])
        add("failed", base.with(outcome: failed).encoded, 2114)
        func reply(_ height: UInt64, _ index: UInt64, _ repeated: Bool) -> Outcome {
            let number = EvidenceNumber(height: Height(height), index: index)
            return success(DepositReply(number: number, recorded: Timestamp(1), repeated: repeated).encoded)
        }
        add("output-garbage", base.with(outcome: success([1, 2, 3])).encoded, 2116)
        add("first-elsewhere", base.with(outcome: reply(1, 0, false)).encoded, 2116)
        add("repeat-of-itself", base.with(outcome: reply(2, 0, true)).encoded, 2116)
        add("repeat-of-later", base.with(outcome: reply(2, 1, true)).encoded, 2116)
        // Sensible, but not what was executed: only the path can tell.
        add("repeat-invented", base.with(outcome: reply(1, 1, true)).encoded, 2106)
        add("other-file", base.encoded, 2117, content: [UInt8]("一言七鼎\n".utf8))
        add("other-file-empty", base.encoded, 2117, content: [])
        add("other-size", wrongSize.encoded, 2118)
    }

    private func success(_ output: [UInt8]) -> Outcome {
        Outcome(code: .success, gasUsed: Gas(412), output: output, events: base.proof.receipt.outcome.events)
    }

    private var wrongSize: EvidenceReceipt {
        let body = base.transaction.body
        let deposit = Deposit(
            businessType: Label("检测报告")!, title: Label("t")!, digest: SM3.hash(content),
            size: UInt64(content.count) + 1, mediaType: Label("text/plain")!, capture: .webPage)
        return base.with(
            transaction: plain.signed(
                Transaction(
                    chain: body.chain, validFrom: body.validFrom, validUntil: body.validUntil,
                    contract: body.contract,
                    method: body.method, arguments: deposit.encoded, salt: body.salt, sender: body.sender)))
    }

    private mutating func addPaths() {
        let path = base.proof.receiptPath
        let history = base.proof.historyPath
        var wrong = path.siblings
        wrong[0] = SM3.hash([1])
        func receiptPath(_ index: UInt64, _ count: UInt64, _ siblings: [Digest]) -> [UInt8] {
            base.with(receiptPath: MerklePath(index: index, count: count, siblings: siblings)).encoded
        }
        add("receipt-sibling", receiptPath(0, 3, wrong), 2106)
        add("receipt-count-same-shape", receiptPath(0, 4, path.siblings), 2106)
        add("receipt-index", receiptPath(1, 3, path.siblings), 2106)
        add("receipt-path-short", receiptPath(0, 3, Array(path.siblings.dropLast())), 2106)
        add("receipt-path-long", receiptPath(0, 3, path.siblings + [.zero]), 2106)
        add("receipt-path-outside", receiptPath(0, 0, []), 2106)
        func historyPath(_ index: UInt64, _ count: UInt64, _ siblings: [Digest]) -> [UInt8] {
            base.with(historyPath: MerklePath(index: index, count: count, siblings: siblings)).encoded
        }
        var late = history.siblings
        late[late.count - 1] = .zero
        add("history-sibling", historyPath(2, history.count, late), 2108)
        add("history-index", historyPath(1, history.count, history.siblings), 2108)
        add("history-count", historyPath(2, history.count + 1, history.siblings), 2108)
        let later = plain.leaves[1]
        let moved = HistoryLeaf(
            height: base.proof.leaf.height, block: later.block, payloadRoot: later.payloadRoot,
            receiptsRoot: base.proof.leaf.receiptsRoot, stateRoot: later.stateRoot)
        add("history-leaf", base.with(leaf: moved).encoded, 2108)
    }
}
