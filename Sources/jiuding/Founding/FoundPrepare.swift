// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Makes one organisation's keys, authority and certificates, and the one public file the others need.
/// - Spec: FOUND-7.
struct FoundPrepare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: phrase(
            "Make your organisation's keys and the public file for the others.", zh: "生成本单位密钥及交给各方的公开文件。"),
        discussion: phrase(
            """
            Checks consortium.yaml, which every organisation must hold alike. What is private stays in OUT/private,
            encrypted; hand OUT/ID.contribution to the others and read them its fingerprint. Safe to repeat.

            Example: jiuding found prepare --spec consortium.yaml --organization bigdata --out ceremony
            """,
            zh: """
                先核对 consortium.yaml，各单位所持须一致。私密内容加密存放在 OUT/private；
                请将 OUT/ID.contribution 交给各方并宣读其指纹。可重复运行。

                示例：jiuding found prepare --spec consortium.yaml --organization bigdata --out ceremony
                """))

    @Option(help: ArgumentHelp(phrase("What all have agreed on.", zh: "各方约定文件。"), valueName: "file"))
    var spec = "consortium.yaml"

    @Option(help: ArgumentHelp(phrase("Your organisation's id in it.", zh: "其中本单位的 id。"), valueName: "id"))
    var organization: String

    @Option(help: ArgumentHelp(phrase("Your folder of the ceremony.", zh: "本单位的仪式目录。"), valueName: "dir"))
    var out: String

    @OptionGroup var admins: NamedAdminOptions

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run { try prepare() }
    }

    private func prepare() throws {
        let consortium = try ConsortiumFile.read(spec)
        if let flaw = consortium.flaw { throw Failure(flaw, files: [spec]) }
        guard let id = Label(organization), let party = consortium.party(id) else {
            throw Failure(FoundingFlaw(.foundingStranger, [organization]), files: [spec])
        }
        let folder = FoundingFolder(root: out)
        let contribution: Contribution
        if FileManager.default.fileExists(atPath: folder.own) {
            contribution = try FoundingFiles.read(folder.own)
            guard contribution.body.consortium == consortium.digest, contribution.body.organization == id else {
                throw Failure(
                    FoundingFlaw(.foundingFolder, [contribution.body.organization.text]), files: [out])
            }
        } else {
            contribution = try made(consortium, party, folder)
        }
        try FoundingFiles.place(contribution.encoded, at: folder.contribution(id))
        try keepAgreement(folder, consortium)
        say(contribution, party, folder)
    }

    private func made(
        _ consortium: Consortium, _ party: Consortium.Party, _ folder: FoundingFolder
    ) throws -> Contribution {
        try DataDirectory.makeFolder(out)
        try DataDirectory.makeFolder(folder.secrets, mode: 0o700)
        let (named, others) = (admins, passphrase)
        let vouchers = try named.key.map { path in
            try FoundingOffice(party: party, places: folder.places(of: party)) { _ in
                try named.passphrase(of: path, else: others)
            }.existing(path)
        }
        // One for all keys of the folder; asked once.
        let secret = try passphrase.newPassphrase(for: folder.secrets)
        let office = FoundingOffice(party: party, places: folder.places(of: party)) { _ in secret }
        let contribution = try office.open().contribution(to: consortium, vouchers: vouchers)
        // What the others would refuse is refused here first.
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try contribution.check(as: party, &verifier) } catch { throw Failure(error, files: [spec]) }
        try FoundingFiles.place(contribution.encoded, at: folder.own, mode: 0o600)
        return contribution
    }

    /// A copy of the agreement as it was when the keys were made, for the later steps.
    private func keepAgreement(_ folder: FoundingFolder, _ consortium: Consortium) throws {
        if let kept = try? ConsortiumFile.read(folder.consortium), kept == consortium { return }
        guard let text = FileManager.default.contents(atPath: spec) else { return }
        try FoundingFiles.place([UInt8](text), at: folder.consortium)
    }

    private func say(_ contribution: Contribution, _ party: Consortium.Party, _ folder: FoundingFolder) {
        let terminal = output.terminal
        let file = folder.contribution(party.id)
        terminal.emit([
            "organization": .text(party.id.text), "contribution": .text(file),
            "fingerprint": .text(contribution.fingerprint.text),
            "consortium": .text(contribution.body.consortium.hex), "private": .text(folder.secrets),
        ])
        terminal.say(pairs: [
            (phrase("organisation", zh: "单位"), "\(party.id.text)  \(party.organization.name.text)"),
            (phrase("for the others", zh: "交给各方"), file),
            (phrase("stays here", zh: "留在本机"), folder.secrets),
        ])
        FoundingSummary.say(contribution.fingerprint, on: terminal)
        terminal.say(
            phrase(
                "Hand the file to the others, put theirs into \(out), then: jiuding found assemble --folder \(out)",
                zh: "请将该文件交给各方，并把各方的文件放入 \(out)，然后：jiuding found assemble --folder \(out)"))
    }
}
