// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Signs a genesis in one organisation's name, once its fingerprint was compared with the others.
/// - Spec: FOUND-12, FOUND-13.
struct FoundSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: phrase("Sign the genesis for your organisation.", zh: "代表本单位签署创世文件。"),
        discussion: phrase(
            """
            Checks the genesis anew, that your contribution in it is the one made here, and that the fingerprint is the
            one all have read aloud. Writes ID.signature, which is handed to the others.

            Example: jiuding found sign --folder ceremony --fingerprint "1234 5678 …"
            """,
            zh: """
                重新核验创世文件，确认其中本单位的材料为本机所制，且指纹与各方宣读的一致。写出 ID.signature 交给各方。

                示例：jiuding found sign --folder ceremony --fingerprint "1234 5678 …"
                """))

    @Argument(
        help: ArgumentHelp(
            phrase("The genesis. Default: FOLDER/genesis.draft.", zh: "创世文件，默认为目录中的 genesis.draft。"), valueName: "file")
    )
    var draft: String?

    @OptionGroup var folder: FoundingFolderOptions

    @Option(
        help: ArgumentHelp(
            phrase("The 48 digits that all have read aloud.", zh: "各方宣读一致的 48 位数字。"), valueName: "digits"))
    var fingerprint: String

    @OptionGroup var admins: NamedAdminOptions

    @Option(
        help: ArgumentHelp(
            phrase("Where to write. Default: FOLDER/ID.signature.", zh: "写到何处，默认为目录中的 ID.signature。"),
            valueName: "file"))
    var out: String?

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run { try sign() }
    }

    private func sign() throws {
        let place = folder.place
        let path = draft ?? place.draft
        let genesis: GenesisDraft = try FoundingFiles.read(path)
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try genesis.check(&verifier) } catch { throw Failure(error.unplaced, files: [path]) }
        let party = try place.party(in: genesis, at: path)
        guard genesis.fingerprint.matches(fingerprint) else {
            throw Failure(FoundingFlaw(.foundingFingerprint, []), files: [path])
        }
        let file = out ?? place.signature(party.id)
        // SM2 signs the same with other bytes each time: one that was given already stands.
        if let given: FoundingSignature = try? FoundingFiles.read(file), given.draft == genesis.digest,
            given.organization == party.id
        {
            do { try given.check(of: genesis, &verifier) } catch { throw Failure(error, files: [file]) }
            return say(genesis, party, file)
        }
        let signature = try signed(genesis, party, place)
        do { try signature.check(of: genesis, &verifier) } catch { throw Failure(error, files: [path]) }
        try FoundingFiles.place(signature.encoded, at: file)
        say(genesis, party, file)
    }

    private func signed(
        _ genesis: GenesisDraft, _ party: Consortium.Party, _ place: FoundingFolder
    ) throws -> FoundingSignature {
        let places = place.places(of: party)
        let (named, others, folderKey) = (admins, passphrase, places.nodes.first?.validatorKey ?? places.seats.first)
        // One passphrase opens all keys of the folder; asked once, and only where one of them signs.
        let isNeeded = !party.nodes.isEmpty || party.openSeats.contains { $0.isAdmin }
        let secret = isNeeded ? try folderKey.map { try passphrase.passphrase(for: $0) } : nil
        let office = FoundingOffice(party: party, places: places) { path in
            guard named.key.contains(path) else { return secret ?? Secret([]) }
            return try named.passphrase(of: path, else: others)
        }
        let seats = zip(party.openSeats, places.seats).filter { $0.0.isAdmin }.map { $0.1 }
        let signers = try (seats + named.key).map { try office.existing($0) }
        guard !signers.isEmpty || !party.seats.contains(where: \.isAdmin) else {
            throw Failure(FoundingFlaw(.foundingKeyMissing, [party.id.text, MemberRole.orgAdmin.word]), files: [])
        }
        return try genesis.signed(
            for: party, nodes: try places.nodes.map { try office.existing($0.validatorKey) }, admins: signers)
    }

    private func say(_ genesis: GenesisDraft, _ party: Consortium.Party, _ file: String) {
        let terminal = output.terminal
        terminal.emit([
            "organization": .text(party.id.text), "signature": .text(file), "chain": .text(genesis.spec.name.text),
            "id": .text(genesis.spec.id.hex), "fingerprint": .text(genesis.fingerprint.text),
        ])
        terminal.say(pairs: [
            (phrase("signed for", zh: "签署单位"), "\(party.id.text)  \(party.organization.name.text)"),
            (phrase("chain", zh: "链"), "\(genesis.spec.name.text)@\(genesis.spec.id.hex.shortened)"),
            (phrase("for the others", zh: "交给各方"), file),
        ])
        terminal.say(
            phrase(
                "When the signatures of all are in \(folder.folder): jiuding found finish --folder \(folder.folder)"
                    + " --out site",
                zh: "各方签署文件齐备于 \(folder.folder) 后：jiuding found finish --folder \(folder.folder) --out site"))
    }
}

extension FoundingFlaw {
    /// Without places among files, where the files were parts of one.
    var unplaced: FoundingFlaw { FoundingFlaw(code, facts) }
}

extension FoundingFolder {
    /// The organisation this folder belongs to, if what it made is what the genesis holds.
    /// - Throws: JD-2437 where nothing was prepared here, JD-2432 where the genesis holds another contribution.
    func party(in genesis: GenesisDraft, at path: String) throws -> Consortium.Party {
        guard FileManager.default.fileExists(atPath: own) else {
            throw Failure(FoundingFlaw(.foundingKeyMissing, []), files: [own])
        }
        let made: Contribution = try FoundingFiles.read(own)
        let id = made.body.organization
        let held = zip(genesis.consortium.parties, genesis.contributions).first { $0.0.id == id }
        guard let held, held.1 == made else {
            throw Failure(
                FoundingFlaw(
                    .foundingSwapped, [id.text, made.fingerprint.text, held?.1.fingerprint.text ?? "-"]), files: [path])
        }
        return held.0
    }
}
