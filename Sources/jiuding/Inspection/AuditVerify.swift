// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import ClientKit
import Foundation
import Ledger
import ShangMi

/// Says which row was changed, deleted or moved, and compares the log with what the chain has on record.
/// - Spec: AUD-5, AUD-6, AUD-10, AUD-12.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: phrase("Check every row of the logs, and the anchors on the chain.", zh: "核验日志的每一行以及链上锚定。"),
        discussion: phrase(
            """
            Without --node nothing but the files is read: a changed, deleted or moved row is named. With --node the log
            is compared with its anchors on the chain as well, which also shows a cut tail and a log that was written
            anew. --data may be an authority's folder too. The anchors are proven against the chain's trust anchor, not
            believed; a node could only keep some to itself, so ask two of other organisations.

            Example: jiuding audit verify --data data/node-0 --trust main.trust --node http://127.0.0.1:8601
            Example: jiuding audit verify --data ca
            """,
            zh: """
                不带 --node 时只读取文件：指出被改、被删或被移的行。带 --node 时还与链上锚定比对，可发现尾部截断与整体重写。\
                --data 也可为证书机构目录。\
                锚定按链的信任锚核验而非轻信节点；节点至多隐瞒部分锚定，请询问其他机构的两个节点。

                示例：jiuding audit verify --data data/node-0 --trust main.trust --node http://127.0.0.1:8601
                示例：jiuding audit verify --data ca
                """))

    @Option(
        help: ArgumentHelp(
            phrase(
                "Compare with the anchors this node knows; may be said several times.", zh: "与该节点所知的链上锚定比对，可重复。"),
            valueName: "url"))
    var node: [String] = []

    @Option(help: ArgumentHelp(phrase("The chain with the anchors.", zh: "锚定所在的链。"), valueName: "name"))
    var chain = "main"

    @Option(
        help: ArgumentHelp(
            phrase(
                "The chain's trust anchor; default $JIUDING_TRUST, else trust/CHAIN.trust in DATA or beside it.",
                zh: "链的信任锚；默认取 $JIUDING_TRUST，否则为 DATA 之内或其旁的 trust/CHAIN.trust。"), valueName: "file"))
    var trust: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "The account that anchors; default: those the log itself names, which proves less.",
                zh: "执行锚定的账户；默认取日志自身所载，证明力较弱。"), valueName: "account"))
    var account: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "What the log is called in its anchors: the node, or the name given to `anchor`; default: what its "
                    + "directory says.", zh: "锚定中的日志名称：节点名称，或锚定时所用名称；默认取其目录所载。"),
            valueName: "name"))
    var of: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let account, AccountID(hex: account) == nil {
            throw ValidationError(phrase("--account is 64 hexadecimal digits", zh: "--account 应为 64 位十六进制"))
        }
    }

    /// One log that was looked at.
    private struct Finding {
        let place: AuditPlace
        let log: String
        let check: AuditCheck
        /// What the chain said; nil where it was not asked.
        var chain: Comparison?
    }

    /// What came of comparing a log with the chain.
    private struct Comparison {
        let told: Int
        let newest: AuditAnchors.Proven?
        /// Deposits that are proven and contradict the log.
        let contradictions: Set<String>
        let accounts: [AccountID]
        let name: String
    }

    mutating func run() async throws {
        let terminal = output.terminal
        let trust = try node.isEmpty ? nil : trusted()
        var findings: [Finding] = []
        for place in try AuditPlace.all(below: store.data) {
            let acts = AuditFolder(place.folder, AuditFolder.acts)
            findings.append(try await look(at: place, acts, trust?.anchor))
            let reads = AuditFolder(place.folder, AuditFolder.reads)
            let (sealed, removed) = try AuditAnchors.ofReads(in: acts)
            // Of a log that is gone the seals are left: it was cut.
            guard !reads.segments.isEmpty || !sealed.isEmpty || removed > 0 else { continue }
            let readCheck = try Failure.namingAudit { () throws(AuditFailure) in
                try AuditCheck.run(reads, anchors: sealed, from: removed + 1, isWanted: removed > 0)
            }
            findings.append(Finding(place: place, log: reads.name, check: readCheck))
        }
        show(findings, trust, terminal)
        guard findings.allSatisfy(\.check.holds) else { throw ExitCode(Failure.Exit.no.rawValue) }
        // An empty comparison proves nothing, whoever's fault it is.
        if let bare = findings.first(where: { $0.chain.map { $0.newest == nil } ?? false }) {
            throw nothingProven(bare)
        }
    }

    // MARK: The chain

    /// Where the trust in the chain comes from: never from the nodes that are asked.
    private func trusted() throws -> (anchor: TrustAnchor, path: String) {
        let path = AuditPlace.trust(trust, data: store.data, chain: chain)
        return (try TrustChoice.anchor(path, data: store.data, chain: chain), path)
    }

    private func look(at place: AuditPlace, _ acts: AuditFolder, _ trust: TrustAnchor?) async throws -> Finding {
        func check(_ anchors: [AuditCheck.Anchor]) throws -> AuditCheck {
            try Failure.namingAudit { () throws(AuditFailure) in try AuditCheck.run(acts, anchors: anchors) }
        }
        guard let trust else { return Finding(place: place, log: acts.name, check: try check([])) }
        let named = account.flatMap { AccountID(hex: $0) }.map { [$0] }
        let accounts = try named ?? AuditAnchors.accounts(in: acts)
        let name = of ?? place.name
        // Nobody can be asked for anchors of nobody; the rows are looked at all the same.
        guard !accounts.isEmpty else {
            return Finding(
                place: place, log: acts.name, check: try check([]),
                chain: Comparison(told: 0, newest: nil, contradictions: [], accounts: [], name: name))
        }
        let anchors = AuditAnchors(
            nodes: try node.map { try caller.client($0) }, chain: chain, accounts: accounts, name: name, trust: trust)
        let told = try await Failure.naming { () async throws(ClientError) in try await anchors.told() }
        let found = try check(told.map(\.anchor))
        let (newest, contradictions) = try await anchors.prove(told, found)
        await anchors.close()
        return Finding(
            place: place, log: acts.name, check: found,
            chain: Comparison(
                told: told.count, newest: newest, contradictions: contradictions, accounts: accounts, name: name))
    }

    private func nothingProven(_ bare: Finding) -> Failure {
        let nodes = node.joined(separator: ", ")
        let told = bare.chain?.told ?? 0
        let name = bare.chain?.name ?? bare.place.name
        if bare.chain?.accounts.isEmpty ?? true {
            return Failure.usage(
                phrase(
                    "the log of \(name) is not anchored yet: no row of it says that it is on the chain",
                    zh: "\(name) 的日志尚未锚定：其中没有上链锚定的记录"),
                fix: phrase(
                    "anchor it with: jiuding audit anchor --data \(bare.place.data) --node \(node[0]) --key FILE "
                        + "(a node with audit.anchor-key does so by itself, every audit.anchor-seconds); where it was "
                        + "anchored once, rows were cut off: name the account with --account",
                    zh: "请运行 jiuding audit anchor --data \(bare.place.data) --node \(node[0]) --key FILE 锚定（已配置 "
                        + "audit.anchor-key 的节点每隔 audit.anchor-seconds 自动锚定）；若曾锚定过，则有行被截断，"
                        + "请用 --account 指定锚定账户"))
        }
        return Failure(
            .no, "JD-2305",
            told == 0
                ? phrase("\(nodes) has no anchor of \(name)", zh: "\(nodes) 上没有 \(name) 的锚定记录")
                : phrase(
                    "of \(told) anchors that \(nodes) told of none is proven to be on the trusted chain",
                    zh: "\(nodes) 给出的 \(told) 处锚定均未能证明在可信链上"),
            fix: phrase(
                "ask another node, or name the account that anchors with --account and the log with --of",
                zh: "请询问其他节点，或用 --account 指定锚定账户、用 --of 指定日志名称"))
    }

    // MARK: Showing

    private func show(_ findings: [Finding], _ trust: (anchor: TrustAnchor, path: String)?, _ terminal: Terminal) {
        terminal.emit([
            "sound": .flag(
                findings.allSatisfy { $0.check.holds && $0.chain.map { $0.newest != nil } ?? true }),
            "trust": trust.map { .text($0.path) } ?? .null, "chain": trust.map { .text($0.anchor.chain.hex) } ?? .null,
            "logs": .list(findings.map { json($0) }),
        ])
        for finding in findings {
            let check = finding.check
            var facts = phrase(
                "\(check.rows) rows, \(check.first) to \(check.last)",
                zh: "共 \(check.rows) 行，\(check.first) 至 \(check.last)")
            if let chain = finding.chain {
                facts += phrase(
                    ", \(check.held.count) of \(chain.told) anchors held",
                    zh: "，锚定 \(chain.told) 处中 \(check.held.count) 处相符")
            } else if finding.log == AuditFolder.acts {
                facts += phrase(", not compared with the chain", zh: "，未与链上锚定比对")
            }
            if check.isTorn { facts += phrase(", an unfinished row at the end", zh: "，末尾有一行未写完") }
            let mark = check.holds ? terminal.paint("✓", .green) : terminal.paint("✗", .red)
            terminal.say("\(mark) \(finding.place.name)  \(finding.log)  \(facts)")
            if let chain = finding.chain { say(chain, check, terminal) }
            for flaw in check.flaws {
                terminal.say("  \(AuditVerify.code(flaw).label) \(AuditVerify.sentence(flaw))\(belief(flaw, finding))")
            }
            if check.flawCount > check.flaws.count {
                terminal.say(
                    phrase(
                        "  and \(check.flawCount - check.flaws.count) more",
                        zh: "  另有 \(check.flawCount - check.flaws.count) 处"))
            }
        }
        guard let trust else { return }
        terminal.say(
            phrase(
                "trusted: chain \(trust.anchor.name.text)@\(trust.anchor.chain.hex.shortened) by \(trust.path)",
                zh: "信任依据：链 \(trust.anchor.name.text)@\(trust.anchor.chain.hex.shortened)，取自 \(trust.path)"))
    }

    /// What is proven, and what was taken on whose word.
    private func say(_ chain: Comparison, _ check: AuditCheck, _ terminal: Terminal) {
        if let newest = chain.newest {
            let (row, number, time) = (newest.anchor.row, newest.anchor.evidence, newest.recorded.rfc3339)
            let later = check.last - min(check.last, row)
            terminal.say(
                phrase(
                    "  proven up to row \(row) by \(number), recorded \(time); \(later) newer rows have their own "
                        + "digests alone",
                    zh: "  已证明至第 \(row) 行（\(number)，登记于 \(time)）；其后 \(later) 行仅有自身摘要保护"))
        }
        if account == nil {
            terminal.say(
                phrase(
                    "  the account that anchors is taken from the log itself: whoever wrote all of it anew could "
                        + "name another; give it with --account",
                    zh: "  锚定账户取自日志自身：整体重写者可另换账户，请用 --account 指定"))
        }
        if of == nil {
            terminal.say(
                phrase(
                    "  the log's name \(chain.name) is taken from its directory; give it with --of",
                    zh: "  日志名称 \(chain.name) 取自其目录，可用 --of 指定"))
        }
        if node.count == 1 {
            terminal.say(
                phrase(
                    "  \(node[0]) may have kept newer anchors to itself; ask a second node with another --node",
                    zh: "  \(node[0]) 可能隐瞒更新的锚定，可再加 --node 询问其他节点"))
        }
    }

    /// Whether a contradiction is proven, or only said by a node.
    private func belief(_ flaw: AuditCheck.Flaw, _ finding: Finding) -> String {
        guard let chain = finding.chain, !flaw.evidence.isEmpty, !chain.contradictions.contains(flaw.evidence) else {
            return ""
        }
        return phrase(", as the node says without proof", zh: "（仅为该节点所述，未获证明）")
    }

    private func json(_ finding: Finding) -> JSONText {
        let (check, chain) = (finding.check, finding.chain)
        return [
            "node": .text(finding.place.name), "log": .text(finding.log), "sound": .flag(check.holds),
            "rows": .whole(check.rows), "first": .whole(check.first), "last": .whole(check.last),
            "digest": .text(check.lastDigest.hex), "anchors": chain.map { .whole($0.told) } ?? .null,
            "anchorsHeld": .whole(check.held.count),
            "provenRow": chain?.newest.map { .whole($0.anchor.row) } ?? .null,
            "provenBy": chain?.newest.map { .text($0.anchor.evidence) } ?? .null,
            "accounts": chain.map { .list($0.accounts.map { .text($0.hex) }) } ?? .null,
            "accountsFrom": chain == nil ? .null : .text(account == nil ? "log" : "option"),
            "nameFrom": chain == nil ? .null : .text(of == nil ? "directory" : "option"),
            "unfinished": .flag(check.isTorn),
            "flawCount": .whole(check.flawCount),
            "flaws": .list(
                check.flaws.map {
                    [
                        "kind": .text($0.kind.rawValue), "code": .text(AuditVerify.code($0).label),
                        "row": .whole($0.row),
                        "last": .whole($0.last), "evidence": .text($0.evidence),
                        "proven": .flag(belief($0, finding).isEmpty),
                    ]
                }),
        ]
    }

    private static func code(_ flaw: AuditCheck.Flaw) -> StableCode {
        switch flaw.kind {
        case .changed: .auditChanged
        case .missing: .auditMissing
        case .misplaced: .auditMisplaced
        case .replaced: .auditReplaced
        case .cut: .auditCut
        }
    }

    private static func sentence(_ flaw: AuditCheck.Flaw) -> String {
        let rows = flaw.row == flaw.last ? "\(flaw.row)" : "\(flaw.row)–\(flaw.last)"
        let shown = flaw.evidence.isEmpty ? "" : " (\(flaw.evidence))"
        return switch flaw.kind {
        case .changed: phrase("row \(rows) was changed", zh: "第 \(rows) 行被改动")
        case .missing: phrase("row \(rows) is missing", zh: "缺少第 \(rows) 行")
        case .misplaced: phrase("row \(rows) stands where another belongs", zh: "第 \(rows) 行位置错误")
        case .replaced:
            phrase("row \(rows) is not the one on record\(shown)", zh: "第 \(rows) 行与锚定不符\(shown)")
        case .cut: phrase("rows \(rows) were cut off\(shown)", zh: "第 \(rows) 行被截断\(shown)")
        }
    }
}
