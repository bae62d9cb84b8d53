// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Ledger
import ShangMi

/// A chain, as people and programs see it.
enum ChainView {
    static func json(_ chain: ChainAnswer, node: NodeAnswer, url: String) -> JSONText {
        [
            "node": [
                "url": .text(url), "id": .text(node.id), "version": .text(node.version),
                "roles": .list(node.roles.map { .text($0) }),
                "peersConnected": .whole(node.peers.filter(\.connected).count),
                "peers": .whole(node.peers.count), "clockSkewMs": node.clockSkewMillis.map { .whole($0) } ?? .null,
            ],
            "name": .text(chain.name), "id": .text(chain.id.hex), "height": .whole(chain.height.value),
            "tip": .text(chain.tip.hex), "lastBlockTime": .text(chain.lastBlock.rfc3339),
            "executedHeight": .whole(chain.executed.value), "attestedHeight": .whole(chain.attested.value),
            "stateRoot": .text(chain.stateRoot.hex), "historyRoot": .text(chain.historyRoot.hex),
            "rules": .whole(chain.rules), "waiting": .whole(chain.waiting), "inStep": .flag(chain.inStep),
            "halted": .maybe(chain.halted), "daysLeft": chain.daysLeft.map { .whole($0) } ?? .null,
            "archivedThrough": chain.archivedThrough.map { .whole($0.value) } ?? .null,
            "committee": json(chain.committee),
            "survivesAnyCloud": .flag(FailureDomains(of: chain.committee).survivesAnyCloud),
            "because": .text(because(FailureDomains(of: chain.committee))),
        ]
    }

    /// Why the chain does, or does not, survive the loss of any one cloud.
    static func because(_ domains: FailureDomains) -> String {
        let (cloud, quorum, count) = (domains.largest, domains.quorum, domains.count)
        let left = count - cloud.validators
        return domains.survivesAnyCloud
            ? phrase(
                "no cloud holds more than \(cloud.validators) of \(count) validators, and \(quorum) are a quorum",
                zh: "任一云至多有 \(count) 个验证者中的 \(cloud.validators) 个，法定多数为 \(quorum)")
            : phrase(
                "without \(cloud.name) \(left) of \(count) validators are left, and \(quorum) are needed",
                zh: "若失去 \(cloud.name)，\(count) 个验证者只剩 \(left) 个，而法定多数为 \(quorum)")
    }

    static func json(_ committee: Committee) -> JSONText {
        [
            "id": .text(committee.id.hex), "epoch": .whole(committee.epoch.value), "quorum": .whole(committee.quorum),
            "validators": .list(
                committee.validators.map {
                    [
                        "name": .text($0.name.text), "organization": .text($0.organization.text),
                        "failureDomain": .text($0.failureDomain.text),
                        "publicKey": .text("04" + Hex.encode($0.key.bytes)),
                    ]
                }),
        ]
    }

    static func pairs(_ chain: ChainAnswer, node: NodeAnswer, url: String) -> [(name: String, value: String)] {
        let connected = node.peers.filter(\.connected).count
        let committee = chain.committee
        var pairs = [
            (phrase("node", zh: "节点"), "\(url)  \(node.id)  \(node.version)"),
            (phrase("peers", zh: "对等节点"), "\(connected)/\(node.peers.count)"),
            (phrase("chain", zh: "链"), "\(chain.name)@\(chain.id.hex.shortened)"),
            (phrase("height", zh: "高度"), "\(chain.height.value)"),
            (phrase("executed", zh: "已执行"), "\(chain.executed.value)"),
            (phrase("attested", zh: "已确认"), "\(chain.attested.value)"),
            (phrase("last block", zh: "最新区块时间"), chain.lastBlock.localAndUniversal()),
            (phrase("state root", zh: "状态根"), chain.stateRoot.hex),
            (phrase("waiting", zh: "待处理交易"), "\(chain.waiting)"),
            (
                phrase("committee", zh: "委员会"),
                phrase(
                    "\(committee.count) validators, \(committee.quorum) make a quorum, epoch \(committee.epoch.value)",
                    zh: "\(committee.count) 个验证者，法定多数 \(committee.quorum)，第 \(committee.epoch.value) 届")
            ),
            (
                phrase("survives the loss of any one cloud", zh: "任一云失效仍可运行"),
                (FailureDomains(of: committee).survivesAnyCloud ? phrase("yes", zh: "是") : phrase("no", zh: "否"))
                    + phrase(": ", zh: "：") + because(FailureDomains(of: committee))
            ),
            (phrase("in step", zh: "同步"), chain.inStep ? phrase("yes", zh: "是") : phrase("no", zh: "否")),
        ]
        if let days = chain.daysLeft {
            pairs.append((phrase("disk full in", zh: "磁盘写满"), phrase("\(days) days", zh: "约 \(days) 天后")))
        }
        if let height = chain.archivedThrough {
            pairs.append((phrase("blocks archived up to", zh: "区块已归档至"), "\(height.value)"))
        }
        if let halted = chain.halted { pairs.append((phrase("halted", zh: "已停止"), halted)) }
        return pairs.map { (name: $0.0, value: $0.1) }
    }

    static func table(_ committee: Committee) -> TableLayout {
        var table = TableLayout([
            .init("#", .right), .init(phrase("validator", zh: "验证者")), .init(phrase("organisation", zh: "机构")),
            .init(phrase("failure domain", zh: "故障域")), .init(phrase("key", zh: "公钥")),
        ])
        for (index, validator) in committee.validators.enumerated() {
            table.add([
                "\(index)", validator.name.text, validator.organization.text, validator.failureDomain.text,
                validator.key.x.hex.shortened,
            ])
        }
        return table
    }
}

/// A block, for programs.
enum BlockView {
    static func json(_ block: BlockAnswer) -> JSONText {
        let header = block.header
        let signers = block.certificate?.signatures.map { JSONText.whole($0.signer.value) } ?? []
        return [
            "height": .whole(header.height.value), "id": .text(block.id.hex), "time": .text(header.timestamp.rfc3339),
            "parent": .text(header.parent.hex), "epoch": .whole(header.epoch.value), "view": .whole(header.view.value),
            "proposer": .whole(header.proposer.value), "transactionCount": .whole(header.transactionCount),
            "payloadBytes": .whole(header.payloadBytes), "execHeight": .whole(header.execHeight.value),
            "execRoot": .text(header.execRoot.hex), "signers": .list(signers),
            "transactions": .list(block.transactions.map { .text($0.hex) }),
            "stateRoot": .maybe(block.leaf?.stateRoot.hex), "receiptsRoot": .maybe(block.leaf?.receiptsRoot.hex),
        ]
    }
}

/// A transaction and how far it has got.
enum TransactionView {
    static func json(_ answer: TransactionAnswer) -> JSONText {
        [
            "id": .text(answer.id.hex), "status": .text(answer.status.rawValue), "chainId": .text(answer.chain.hex),
            "contract": .text(answer.contract.text), "method": .text(answer.method.text),
            "sender": .text(answer.sender.hex), "validFrom": .whole(answer.validFrom.value),
            "validUntil": .whole(answer.validUntil.value),
            "height": answer.position.map { .whole($0.height.value) } ?? .null,
            "index": answer.position.map { .whole($0.index) } ?? .null,
            "time": .maybe(answer.position?.time.rfc3339),
            "result": answer.outcome.map { .whole($0.code.value) } ?? .null,
            "gasUsed": answer.outcome.map { .whole($0.gasUsed.value) } ?? .null,
            "withheld": .list(answer.withheld.map { .text($0) }),
        ]
    }

    static func pairs(_ answer: TransactionAnswer) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = [
            (phrase("transaction", zh: "交易"), answer.id.hex), (phrase("status", zh: "状态"), word(answer.status)),
            (phrase("call", zh: "调用"), "\(answer.contract.text).\(answer.method.text)"),
            (phrase("sender", zh: "发送者"), answer.sender.hex),
            (phrase("window", zh: "有效高度"), "\(answer.validFrom.value) – \(answer.validUntil.value)"),
        ]
        if let position = answer.position {
            pairs.append((phrase("place", zh: "位置"), "\(position.height.value), \(position.index)"))
            pairs.append((phrase("time", zh: "时间"), position.time.localAndUniversal()))
        }
        if let outcome = answer.outcome {
            let result =
                outcome.code.isSuccess
                ? phrase("success", zh: "成功")
                : outcome.code.stable.map { "\($0.label) \($0.sentence)" } ?? "\(outcome.code.value)"
            pairs.append((phrase("result", zh: "结果"), "\(result), \(outcome.gasUsed.value) gas"))
        }
        if answer.contract == Deposit.contract, let arguments = answer.transaction?.body.arguments,
            let deposit = try? Deposit(decoding: arguments)
        {
            pairs.append((phrase("title", zh: "名称"), deposit.title.text))
            pairs.append(("SM3", deposit.digest.hex))
        }
        if !answer.withheld.isEmpty { pairs.append(EvidenceView.withheld(answer.withheld)) }
        return pairs
    }

    private static func word(_ status: TransactionAnswer.Status) -> String {
        switch status {
        case .waiting: phrase("waiting", zh: "等待中")
        case .final: phrase("final", zh: "已最终确认")
        case .executed: phrase("executed", zh: "已执行")
        case .attested: phrase("attested", zh: "已证明")
        }
    }
}
