// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Ledger
import ShangMi

/// Says where the ceremony stands in a folder and what comes next. Changes nothing.
/// - Spec: FOUND-18.
struct FoundStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: phrase("Where the ceremony stands in this folder, and what comes next.", zh: "显示仪式进度与下一步。"),
        discussion: phrase(
            "Example: jiuding found status --folder ceremony", zh: "示例：jiuding found status --folder ceremony"))

    @OptionGroup var folder: FoundingFolderOptions

    @Option(
        help: ArgumentHelp(
            phrase("What all have agreed on. Default: FOLDER/consortium.yaml.", zh: "各方约定文件，默认取目录中的 consortium.yaml。"),
            valueName: "file"))
    var spec: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run {
            let terminal = output.terminal
            let standing = try FoundingStanding(folder.place, spec: spec)
            terminal.emit(standing.json)
            standing.say(on: terminal)
        }
    }
}

/// What of a founding is in a folder, as far as it is sound.
struct FoundingStanding {
    private struct Row {
        let organization: String
        let contribution: String?
        let signature: String?
        let flaws: [Failure]
    }

    private let folder: FoundingFolder
    private let consortium: Consortium?
    private let own: Label?
    /// Only a good one: its fingerprint is read aloud, and what is read aloud is signed.
    private var draft: GenesisDraft?
    private var rows: [Row] = []
    /// Of files that cannot be read, or are nobody's.
    private var flaws: [Failure] = []

    init(_ folder: FoundingFolder, spec: String?) throws {
        self.folder = folder
        let path = spec ?? folder.consortium
        consortium = FileManager.default.fileExists(atPath: path) ? try ConsortiumFile.read(path) : nil
        let made = try FoundingStanding.ifThere(folder.own) as Contribution?
        own = made?.body.organization
        draft = nil
        do { draft = try FoundingStanding.checkedDraft(in: folder, consortium, own: made) } catch let flaw as Failure {
            flaws.append(flaw)
        }
        guard let consortium else { return }
        let offered: [(path: String, value: Contribution)] = read(
            folder.files(ending: FoundingFolder.contributionEnding))
        let signed: [(path: String, value: FoundingSignature)] = read(
            folder.files(ending: FoundingFolder.signatureEnding))
        for party in consortium.parties {
            rows.append(
                row(
                    party, offered.filter { $0.value.body.organization == party.id },
                    signed.filter { $0.value.organization == party.id }))
        }
    }

    /// - Throws: `Failure` where it is not what `sign` would sign, but for the fingerprint.
    private static func checkedDraft(
        in folder: FoundingFolder, _ consortium: Consortium?, own: Contribution?
    ) throws -> GenesisDraft? {
        guard let draft = try ifThere(folder.draft) as GenesisDraft? else { return nil }
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try draft.check(&verifier) } catch { throw Failure(error.unplaced, files: [folder.draft]) }
        if let consortium, draft.consortium != consortium {
            throw Failure(
                FoundingFlaw(
                    .foundingOtherConsortium,
                    [own?.body.organization.text ?? "-", draft.consortium.digest.hex, consortium.digest.hex]),
                files: [folder.draft])
        }
        if own != nil { _ = try folder.party(in: draft, at: folder.draft) }
        return draft
    }

    private static func ifThere<Value: FoundingFile>(_ path: String) throws -> Value? {
        FileManager.default.fileExists(atPath: path) ? try FoundingFiles.read(path) : nil
    }

    private mutating func read<Value: FoundingFile>(_ paths: [String]) -> [(path: String, value: Value)] {
        var found: [(path: String, value: Value)] = []
        for path in paths {
            do { found.append((path, try FoundingFiles.read(path))) } catch {
                if let failure = error as? Failure { flaws.append(failure) }
            }
        }
        return found
    }

    /// - Parameters: the files of this organisation; one that is not sound is told and does not count.
    private func row(
        _ party: Consortium.Party, _ offered: [(path: String, value: Contribution)],
        _ signed: [(path: String, value: FoundingSignature)]
    ) -> Row {
        var (verifier, flaws) = (SM2.Verifier(tableBytesMax: 0), [Failure]())
        var (contribution, signature): (String?, String?) = (nil, nil)
        for (path, value) in offered {
            do throws(FoundingFlaw) {
                guard value.body.consortium == consortium?.digest else {
                    throw FoundingFlaw(.foundingOtherConsortium, [party.id.text])
                }
                try value.check(as: party, &verifier)
                contribution = path
            } catch { flaws.append(Failure(error, files: [path])) }
        }
        if Set(offered.map(\.value)).count > 1 {
            let prints = offered.map(\.value.fingerprint.text)
            flaws.append(
                Failure(FoundingFlaw(.foundingTwoContributions, [party.id.text] + prints), files: []))
            contribution = nil
        }
        for (path, value) in signed {
            guard let draft else { continue }
            do { try value.check(of: draft, &verifier); signature = path } catch {
                flaws.append(Failure(error, files: [path]))
            }
        }
        return Row(organization: party.id.text, contribution: contribution, signature: signature, flaws: flaws)
    }

    // MARK: What comes next

    private var missing: [String] { rows.filter { $0.contribution == nil }.map(\.organization) }
    private var unsigned: [String] { rows.filter { $0.signature == nil }.map(\.organization) }
    private var allFlaws: [Failure] { flaws + rows.flatMap(\.flaws) }

    /// The step's name and what to do for it.
    private var next: (step: String, text: String) {
        let (place, list) = (folder.root, phrase(", ", zh: "、"))
        guard consortium != nil else {
            return (
                "agree",
                phrase(
                    "agree on a consortium.yaml: jiuding found example > consortium.yaml",
                    zh: "各方约定 consortium.yaml：jiuding found example > consortium.yaml")
            )
        }
        guard let own else {
            return (
                "prepare",
                "jiuding found prepare --spec consortium.yaml --organization "
                    + "\(rows.map(\.organization).joined(separator: "|")) --out ceremony"
            )
        }
        guard draft != nil else {
            if FileManager.default.fileExists(atPath: folder.draft) {
                return (
                    "mend-draft",
                    phrase(
                        "\(folder.draft) is not good: move it away, and see what is told above",
                        zh: "\(folder.draft) 不可用：请将其移走，并查看上述问题")
                )
            }
            return missing.isEmpty
                ? ("assemble", "jiuding found assemble --folder \(place)")
                : (
                    "collect",
                    phrase(
                        "hand \(folder.contribution(own)) to the others; wanting here: ",
                        zh: "请将 \(folder.contribution(own)) 交给各方；此处尚缺：") + missing.joined(separator: list)
                )
        }
        if unsigned.contains(own.text) {
            return ("sign", "jiuding found sign --folder \(place) --fingerprint \"…\"")
        }
        guard unsigned.isEmpty else {
            return (
                "collect-signatures",
                phrase(
                    "hand \(folder.signature(own)) to the others; not signed yet: ",
                    zh: "请将 \(folder.signature(own)) 交给各方；尚未签署：") + unsigned.joined(separator: list)
            )
        }
        return ("finish", "jiuding found finish --folder \(place) --out site")
    }

    var json: JSONText {
        [
            "folder": .text(folder.root), "organization": .maybe(own?.text), "step": .text(next.step),
            "next": .text(next.text), "fingerprint": .maybe(draft?.fingerprint.text),
            "organizations": .list(
                rows.map {
                    [
                        "id": .text($0.organization), "contribution": .maybe($0.contribution),
                        "signature": .maybe($0.signature),
                    ]
                }),
            "flaws": .list(allFlaws.map { ["code": .text($0.code), "message": .text($0.sentence)] }),
        ]
    }

    func say(on terminal: Terminal) {
        if !rows.isEmpty {
            var table = TableLayout([
                .init(phrase("organisation", zh: "单位")), .init(phrase("contribution", zh: "材料")),
                .init(phrase("signature", zh: "签署")),
            ])
            for row in rows {
                let mine = row.organization == own?.text ? phrase(" (here)", zh: "（本机）") : ""
                table.add([row.organization + mine, row.contribution ?? "–", row.signature ?? "–"])
            }
            terminal.say(table)
        }
        if let draft { FoundingSummary.say(draft.fingerprint, on: terminal) }
        for flaw in allFlaws {
            terminal.warn(flaw.line)
            terminal.note("  " + phrase("fix:", zh: "处理：") + " " + flaw.fix)
        }
        terminal.say(terminal.paint(phrase("next:", zh: "下一步："), .bold) + " " + next.text)
    }
}
