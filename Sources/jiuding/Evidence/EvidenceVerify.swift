// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Ledger
import ShangMi

/// Checks files against their receipts. Reads three files and nothing else: no network, no clock.
struct EvidenceVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: phrase("Verify a file against its receipt, offline.", zh: "离线核验文件与回执。"),
        discussion: phrase(
            """
            Needs the file, its receipt and a trust anchor; no network is touched. A directory verifies every file in
            it. Exit 0 verified, 1 not verified (the line says which link broke), 2 usage.

            Example: jiuding evidence verify contract.pdf --trust main.trust
            """,
            zh: """
                只需文件、回执与信任锚，不访问网络。给目录则核验其中全部文件。
                退出码：0 通过，1 未通过（说明断在哪一环），2 用法错误。

                示例：jiuding evidence verify contract.pdf --trust main.trust
                """))

    @Argument(help: ArgumentHelp(phrase("A file, or a directory.", zh: "文件或目录。"), valueName: "path"))
    var path: String

    @Option(
        help: ArgumentHelp(
            phrase(
                "The receipt; default PATH.receipt. A directory of receipts for a directory.",
                zh: "回执；默认 PATH.receipt。核验目录时为回执目录。"),
            valueName: "file"))
    var receipt: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "The trust anchor; default $JIUDING_TRUST, else DATA/trust/CHAIN.trust.",
                zh: "信任锚；默认取 $JIUDING_TRUST，否则 DATA/trust/CHAIN.trust。"),
            valueName: "file"))
    var trust: String?

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let anchor = try TrustChoice.anchor(trust, data: store.data, chain: chain)
        var verification = Verification(anchor: anchor, light: try TrustChoice.client(anchor))
        var isFolder: ObjCBool = false
        // SAFETY: Foundation writes one flag into the flag it is given.
        if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            try await verifyFolder(&verification, terminal)
        } else {
            try await verifyOne(&verification, terminal)
        }
    }

    private func verifyOne(_ verification: inout Verification, _ terminal: Terminal) async throws {
        let receiptPath = receipt ?? path + ReceiptFile.ending
        guard FileManager.default.fileExists(atPath: receiptPath) else {
            throw Failure(
                .usage, "JD-4013", phrase("there is no receipt at \(receiptPath)", zh: "找不到回执 \(receiptPath)"),
                fix: phrase("name it with --receipt FILE", zh: "请用 --receipt FILE 指定"))
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64) ?? 0
        let bar = ProgressBar(terminal, label: phrase("reading", zh: "读取"), unit: .bytes, total: Double(size))
        let outcome = await verification.check(path, receiptPath: receiptPath, bar: bar)
        bar.finish()
        switch outcome {
        case .success(let card): card.show(on: terminal)
        case .failure(let failure):
            guard failure.exit == .no else { throw failure }
            terminal.emit([
                "verified": false, "file": .text(path), "receipt": .text(receiptPath),
                "code": .text(failure.code), "message": .text(failure.sentence), "fix": .text(failure.fix),
            ])
            terminal.say("\(terminal.paint("✗ " + phrase("not verified", zh: "核验未通过"), .red))  \(path)")
            terminal.say("  \(failure.line)")
            terminal.say("  \(phrase("fix:", zh: "处理：")) \(failure.fix)")
            throw ExitCode(Failure.Exit.no.rawValue)
        }
    }

    private func verifyFolder(_ verification: inout Verification, _ terminal: Terminal) async throws {
        let plan = try PutPlan(paths: [path], recursive: true, outFolder: receipt)
        let bar = ProgressBar(
            terminal, label: phrase("verifying", zh: "核验"), unit: .bytes, total: Double(plan.bytes))
        var verified = 0
        var failures: [(path: String, failure: Failure)] = plan.omissions.filter(\.isFailure).map {
            ($0.path, Failure(.no, "JD-4011", $0.sentence, fix: ""))
        }
        for item in plan.items {
            switch await verification.check(item.path, receiptPath: item.receiptPath, bar: bar) {
            case .success: verified += 1
            case .failure(let failure): failures.append((item.path, failure))
            }
        }
        bar.finish()
        terminal.emit([
            "verified": .flag(failures.isEmpty && verified > 0), "directory": .text(path),
            "chain": .text(verification.anchor.name.text), "filesVerified": .whole(verified),
            "filesFailed": .whole(failures.count),
            "failures": .list(
                failures.map {
                    ["file": .text($0.path), "code": .text($0.failure.code), "message": .text($0.failure.sentence)]
                }),
        ])
        for (path, failure) in failures { terminal.say("\(terminal.paint("✗", .red)) \(path)  \(failure.line)") }
        terminal.say(
            phrase(
                "\(verified) verified, \(failures.count) not verified, chain \(verification.anchor.name.text)",
                zh: "通过 \(verified) 个，未通过 \(failures.count) 个，链 \(verification.anchor.name.text)"))
        // An empty answer is not a yes.
        if !failures.isEmpty || verified == 0 { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}

/// Checks one file after the other against one trust anchor.
struct Verification: Sendable {
    let anchor: TrustAnchor
    var light: LightClient<SM2.Verifier>

    /// - Returns: what is now a fact, or the first link that is broken.
    mutating func check(_ path: String, receiptPath: String, bar: ProgressBar) async -> Result<VerifiedCard, Failure> {
        do throws(Failure) {
            let file: FileDigest
            do throws(FileDigest.Flaw) {
                file = try await FileDigest.of(path, followingLinks: true) { bar.advance(by: Double($0)) }
            } catch { throw error.failure(path) }
            guard FileManager.default.fileExists(atPath: receiptPath) else {
                throw Failure(
                    .no, "JD-4013", phrase("there is no receipt at \(receiptPath)", zh: "找不到回执 \(receiptPath)"), fix: ""
                )
            }
            let receipt = try ReceiptFile.read(receiptPath)
            do {
                let statement = try light.verify(receipt, fileDigest: file.digest, fileSize: file.size)
                return .success(
                    VerifiedCard(
                        file: path, receiptPath: receiptPath, statement: statement, anchor: anchor,
                        signers: receipt.proof.certificate.signatures.count,
                        committeeSize: receipt.proof.handovers.last?.committee.count ?? anchor.committee.count))
            } catch { throw Failure(error, anchor: anchor) }
        } catch { return .failure(error) }
    }
}

/// What a verified receipt says, for the person who asked.
struct VerifiedCard: Sendable {
    let file: String
    let receiptPath: String
    let statement: EvidenceStatement
    let anchor: TrustAnchor
    let signers: Int
    let committeeSize: Int

    func show(on terminal: Terminal) {
        let members: [JSONText.Member] = [
            .init(key: "verified", value: true), .init(key: "file", value: .text(file)),
            .init(key: "receipt", value: .text(receiptPath)), .init(key: "chain", value: .text(anchor.name.text)),
            .init(key: "signers", value: .whole(signers)), .init(key: "committee", value: .whole(committeeSize)),
        ]
        terminal.emit(.object(members + StatementView.members(statement)))
        terminal.say("\(terminal.paint("✓ " + phrase("verified", zh: "核验通过"), .green))  \(file)")
        var pairs = StatementView.pairs(
            number: statement.reply.number, recorded: statement.reply.recorded,
            depositor: AccountID(statement.depositor), deposit: statement.deposit)
        pairs.append((phrase("chain", zh: "链"), "\(anchor.name.text)@\(anchor.chain.hex.shortened)"))
        let quorum = phrase(
            "\(signers) of \(committeeSize) validators of the committee signed",
            zh: "委员会 \(committeeSize) 个验证者中 \(signers) 个签名")
        pairs.append((phrase("signed by", zh: "签名"), quorum))
        terminal.say(pairs: pairs)
    }
}
