// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import Ledger
import ShangMi

/// Puts the contributions of all organisations together: the same bytes wherever it is done.
/// - Spec: FOUND-9, FOUND-10.
struct FoundAssemble: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assemble",
        abstract: phrase("Put the contributions of all together into a genesis.", zh: "汇总各方材料，生成创世文件。"),
        discussion: phrase(
            """
            Everyone does this alone and gets the same bytes: compare the fingerprint aloud. Without files named, takes
            the *.contribution files of the folder.

            Example: jiuding found assemble --folder ceremony
            """,
            zh: """
                各方分别运行，结果逐字节相同：请宣读指纹核对。不指定文件时，取目录中的 *.contribution。

                示例：jiuding found assemble --folder ceremony
                """))

    @Argument(help: ArgumentHelp(phrase("Contributions, in any order.", zh: "各方材料，次序不限。"), valueName: "file"))
    var contributions: [String] = []

    @OptionGroup var folder: FoundingFolderOptions

    @Option(
        help: ArgumentHelp(
            phrase("What all have agreed on. Default: FOLDER/consortium.yaml.", zh: "各方约定文件，默认取目录中的 consortium.yaml。"),
            valueName: "file"))
    var spec: String?

    @Option(
        help: ArgumentHelp(
            phrase("Where to write. Default: FOLDER/genesis.draft.", zh: "写到何处，默认为目录中的 genesis.draft。"),
            valueName: "file"))
    var out: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run {
            let place = folder.place
            let consortium = try ConsortiumFile.read(spec ?? place.consortium)
            let paths =
                contributions.isEmpty ? place.files(ending: FoundingFolder.contributionEnding) : contributions
            let draft = try FoundingStep.judge(paths) { (offered: [Contribution]) throws(FoundingFlaw) in
                var verifier = SM2.Verifier(tableBytesMax: 0)
                return try GenesisDraft.assemble(consortium, offered, &verifier)
            }
            let file = out ?? place.draft
            try FoundingFiles.place(draft.encoded, at: file)
            let terminal = output.terminal
            let summary = FoundingSummary(draft: draft)
            terminal.emit(.members([.init(key: "file", value: .text(file))], summary.json))
            summary.say(on: terminal)
            terminal.say(
                phrase(
                    "Read it to the others; when all have the same:"
                        + " jiuding found sign --folder \(folder.folder) --fingerprint \"…\"",
                    zh: "请与各方宣读核对；全部一致后：jiuding found sign --folder \(folder.folder) --fingerprint \"…\""))
        }
    }
}
