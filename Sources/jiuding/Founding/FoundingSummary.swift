// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi

/// What organisations read to each other before they sign: who founds which chain, and what it would survive.
/// - Spec: FOUND-11, FOUND-12 (docs/spec/founding.md).
struct FoundingSummary {
    let draft: GenesisDraft

    private var consortium: Consortium { draft.consortium }
    private var committee: Committee { draft.spec.committee }
    private var domains: FailureDomains { FailureDomains(of: committee) }

    private var waived: [String] {
        Consortium.Waivers.words.filter { consortium.waivers.contains($0.waiver) }.map(\.word)
    }

    var json: [JSONText.Member] {
        [
            .init(key: "chain", value: .text(draft.spec.name.text)), .init(key: "id", value: .text(draft.spec.id.hex)),
            .init(key: "fingerprint", value: .text(draft.fingerprint.text)),
            .init(key: "consortium", value: .text(consortium.digest.hex)),
            .init(key: "founded", value: .text(consortium.founded.rfc3339)),
            .init(key: "validators", value: .whole(committee.count)),
            .init(key: "quorum", value: .whole(committee.quorum)),
            .init(
                key: "clouds",
                value: .list(
                    domains.clouds.map { ["name": .text($0.name), "validators": .whole($0.validators)] })),
            .init(key: "survivesAnyCloud", value: .flag(domains.survivesAnyCloud)),
            .init(key: "because", value: .text(ChainView.because(domains))),
            .init(key: "waived", value: .list(waived.map { .text($0) })),
            .init(key: "organizations", value: .list(organizations)),
        ]
    }

    private var organizations: [JSONText] {
        zip(consortium.parties, draft.contributions).map { party, contribution in
            [
                "id": .text(party.id.text), "name": .text(party.organization.name.text),
                "creditCode": .maybe(party.organization.creditCode?.text),
                "region": .maybe(party.organization.region?.text),
                "validators": .list(party.validators.map { .text($0.name.text) }),
                "observers": .list(party.nodes.filter { !$0.isValidator }.map { .text($0.name.text) }),
                "members": .list(party.seats.map { .text($0.name.text) }),
                "contribution": .text(contribution.fingerprint.text),
            ]
        }
    }

    func say(on terminal: Terminal) {
        let clouds = domains.clouds.map { "\($0.name) \($0.validators)" }.joined(separator: phrase(", ", zh: "，"))
        var pairs: [(name: String, value: String)] = [
            (phrase("chain", zh: "链"), "\(draft.spec.name.text)@\(draft.spec.id.hex.shortened)"),
            (phrase("founded", zh: "建链时间"), consortium.founded.rfc3339),
            (
                phrase("committee", zh: "委员会"),
                phrase(
                    "\(committee.count) validators, \(committee.quorum) make a quorum, \(committee.faultsMax) may fail",
                    zh: "\(committee.count) 个验证者，法定多数 \(committee.quorum)，容许 \(committee.faultsMax) 个失效")
            ),
            (phrase("clouds", zh: "云"), clouds),
            (
                phrase("survives the loss of any one cloud", zh: "任一云失效仍可运行"),
                (domains.survivesAnyCloud ? phrase("yes", zh: "是") : phrase("no", zh: "否"))
                    + phrase(": ", zh: "：") + ChainView.because(domains)
            ),
        ]
        if !waived.isEmpty {
            pairs.append((phrase("left out by agreement", zh: "各方同意免除"), waived.joined(separator: ", ")))
        }
        terminal.say(pairs: pairs)
        terminal.say(table)
        FoundingSummary.say(draft.fingerprint, on: terminal)
    }

    private var table: TableLayout {
        var table = TableLayout([
            .init(phrase("organisation", zh: "单位")), .init(phrase("name", zh: "名称")),
            .init(phrase("credit code", zh: "统一社会信用代码")), .init(phrase("validators", zh: "验证节点")),
            .init(phrase("members", zh: "成员")),
        ])
        for party in consortium.parties {
            table.add([
                party.id.text, party.organization.name.text, party.organization.creditCode?.text ?? "-",
                party.validators.map(\.name.text).joined(separator: " "),
                party.seats.map(\.name.text).joined(separator: " "),
            ])
        }
        return table
    }

    /// The fingerprint in three lines of four groups: what one breath reads.
    static func say(_ fingerprint: SpokenFingerprint, on terminal: Terminal) {
        let groups = fingerprint.text.split(separator: " ")
        terminal.say(phrase("fingerprint, to be read aloud:", zh: "指纹（请宣读核对）："))
        for start in stride(from: 0, to: groups.count, by: 4) {
            terminal.say("    " + terminal.paint(groups[start..<start + 4].joined(separator: "  "), .bold))
        }
    }
}

extension JSONText {
    /// An object of members that were put together.
    static func members(_ lists: [JSONText.Member]...) -> JSONText { .object(lists.flatMap { $0 }) }
}
