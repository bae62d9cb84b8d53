// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Bedrock
import ClientKit
import Foundation
import Hosting
import Ledger
import ShangMi

/// Puts a log on record by hand: an authority's, which has no node that does it, or that of a node without a key for
/// it.
/// - Spec: AUD-6, AUD-16.
struct AuditAnchor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor",
        abstract: phrase("Put the newest row's digest on the chain.", zh: "将最新一行的摘要锚定上链。"),
        discussion: phrase(
            """
            From then on nobody can change, cut or rewrite the rows before it unseen: `audit verify --node` compares
            them with the chain. Only the digest leaves this machine. Where no row is new since the last time, nothing
            is deposited. Keep the account and the name that are told: `audit verify` takes them as --account and --of.

            Example: jiuding audit anchor --data ca --node http://127.0.0.1:8601 --key admin.key
            """,
            zh: """
                此后该行之前的任何改动、截断或整体重写均可由 audit verify --node 与链上比对发现。离开本机的只有摘要。\
                自上次锚定后没有新行时不再存证。请记下所示账户与名称，核验时作为 --account 与 --of。

                示例：jiuding audit anchor --data ca --node http://127.0.0.1:8601 --key admin.key
                """))

    @Option(
        help: ArgumentHelp(
            phrase(
                "What the log is called on the chain; default: the node, or the authority and its serial.",
                zh: "链上所用的日志名称；默认为节点名称，或证书机构名称及其序列号。"), valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "The chain's trust anchor; default $JIUDING_TRUST, else trust/CHAIN.trust in DATA or beside it.",
                zh: "链的信任锚；默认取 $JIUDING_TRUST，否则为 DATA 之内或其旁的 trust/CHAIN.trust。"), valueName: "file"))
    var trust: String?

    @OptionGroup var node: NodeOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let place = try AuditPlace.one(below: store.data)
        let (name, log) = (name ?? place.name, AuditLog(AuditFolder(place.folder, AuditFolder.acts)))
        let signer = try KeyChoice.signer(key, data: store.data)
        let account = AccountID(signer.publicKey)
        try sealReads(place, log)
        let newest = try newestRow(of: log)
        let anchor = AuditDeposit(name: name, tip: AuditLog.Tip(number: newest.number, digest: newest.digest))
        if let number = AuditDeposit.standing(in: newest, name: name, by: account, chain: node.chain) {
            return show(
                AuditDeposit(name: name, tip: .init(number: newest.number - 1, digest: newest.previous)), number,
                account, isNew: false)
        }
        guard let deposit = anchor.deposit else {
            throw Failure.usage(
                phrase("the name is too long for an anchor's title", zh: "名称过长，不能用作锚定标题"),
                fix: phrase("give a shorter one with --name", zh: "请用 --name 指定较短的名称"))
        }
        let client = try node.client(signer: signer)
        let number: EvidenceNumber
        do {
            number = try await put(deposit, by: signer, client)
            await client.close()
        } catch {
            await client.close()
            let code = (error as? Failure)?.code ?? ""
            try append(AuditRecord(AuditDeposit.act, .failed, code: code, who: account.hex, chain: node.chain), to: log)
            throw error
        }
        try append(anchor.row(by: account, chain: node.chain, as: number), to: log)
        show(anchor, number.text, account, isNew: true)
    }

    /// As a node does (AUD-6): what was read is anchored with what was done.
    private func sealReads(_ place: AuditPlace, _ acts: AuditLog) throws {
        let reads = AuditFolder(place.folder, AuditFolder.reads)
        guard !reads.segments.isEmpty else { return }
        let tip = try Failure.namingAudit { () throws(AuditFailure) in try AuditLog(reads).tip() }
        guard let sealed = try AuditAnchors.ofReads(in: acts.folder).sealed.last else {
            return try append(AuditDeposit.seal(tip), to: acts)
        }
        if sealed.row != tip.number || sealed.digest != tip.digest { try append(AuditDeposit.seal(tip), to: acts) }
    }

    /// - Throws: JD-2301 where the end of the log is no row: nobody puts on record what is not sound.
    private func newestRow(of log: AuditLog) throws -> AuditRow {
        let tip = try Failure.namingAudit { () throws(AuditFailure) in try log.tip() }
        var newest: AuditRow?
        try Failure.namingAudit { () throws(AuditFailure) in
            _ = try log.folder.forEachLine(from: tip.number) { line, _ in
                if let row = AuditRow(line: line), row.isSealed, row.number == tip.number { newest = row }
            }
        }
        if let newest, newest.digest == tip.digest { return newest }
        let code = StableCode.auditChanged
        throw Failure(
            .no, code.label,
            tip.number == 0
                ? phrase("the log has no row", zh: "日志没有任何行") : "\(code.sentence) (\(tip.number))",
            fix: "jiuding audit verify --data \(store.data)")
    }

    private func append(_ record: AuditRecord, to log: AuditLog) throws {
        try Failure.namingAudit { () throws(AuditFailure) in _ = try log.append([(HostClock.wall, record)]) }
    }

    /// Waits until the deposit stands under a certificate of the chain.
    private func put(_ deposit: Deposit, by signer: any Signer, _ client: NodeClient) async throws -> EvidenceNumber {
        let pen = ConsortiumPen(
            client, chain: node.chain, signer: signer, anchor: try await trustAnchor(client))
        let receipt = try await pen.call(Deposit.contract, Deposit.method, deposit.encoded)
        guard let reply = try? DepositReply(decoding: receipt.outcome.output) else {
            throw Failure(.malformed(node: client.node, reason: "the deposit's reply is none"))
        }
        return reply.number
    }

    /// The one kept here; where there is none the node's own, said aloud: `verify` will not believe it.
    private func trustAnchor(_ client: NodeClient) async throws -> TrustAnchor {
        let path = AuditPlace.trust(trust, data: store.data, chain: node.chain)
        if trust != nil || FileManager.default.fileExists(atPath: path) {
            return try TrustChoice.anchor(path, data: store.data, chain: node.chain)
        }
        let chain = node.chain
        let anchor = try await Failure.naming { () async throws(ClientError) in try await client.trustAnchor(chain) }
        output.terminal.warn(
            phrase(
                "no trust anchor at \(path); the deposit is checked against the one \(client.node) gave",
                zh: "\(path) 没有信任锚；存证按 \(client.node) 给出的信任锚核验"))
        return anchor
    }

    private func show(_ anchor: AuditDeposit, _ number: String, _ account: AccountID, isNew: Bool) {
        let terminal = output.terminal
        let row = anchor.tip.number
        terminal.emit([
            "anchored": .flag(isNew), "row": .whole(row), "digest": .text(anchor.tip.digest.hex),
            "evidence": .text(number), "name": .text(anchor.name), "account": .text(account.hex),
            "chain": .text(node.chain),
        ])
        terminal.say(
            isNew
                ? phrase("Rows up to \(row) are on record.", zh: "至第 \(row) 行已锚定上链。")
                : phrase(
                    "No row is new since \(row) was put on record; nothing was deposited.",
                    zh: "自第 \(row) 行锚定后没有新行，未再存证。"))
        terminal.say(pairs: [
            (phrase("evidence", zh: "存证编号"), number), (phrase("digest", zh: "摘要"), anchor.tip.digest.hex),
            (phrase("name", zh: "名称"), anchor.name), (phrase("account", zh: "账户"), account.hex),
        ])
    }
}
