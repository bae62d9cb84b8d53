// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Founds a chain as a ceremony between organisations, none of which sees another's private keys.
/// - Spec: docs/spec/founding.md.
struct FoundCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "found",
        abstract: phrase("Found a chain together with other organisations.", zh: "与其他单位共同建链。"),
        discussion: phrase(
            """
            Each organisation runs this on its own machine and hands only public files to the others. Without a
            further word: where the ceremony stands in this folder, and what comes next.

            Example, in each organisation:
              jiuding found prepare --spec consortium.yaml --organization bigdata --out ceremony
              jiuding found assemble --folder ceremony
              jiuding found sign --folder ceremony --fingerprint "the twelve groups all have read aloud"
              jiuding found finish --folder ceremony --out site
            """,
            zh: """
                各单位在自己的机器上运行，只向他人交付公开文件。不带子命令时：显示本目录中建链仪式的进度与下一步。

                示例，各单位分别运行：
                  jiuding found prepare --spec consortium.yaml --organization bigdata --out ceremony
                  jiuding found assemble --folder ceremony
                  jiuding found sign --folder ceremony --fingerprint "各方宣读一致的十二组数字"
                  jiuding found finish --folder ceremony --out site
                """),
        subcommands: [
            FoundStatus.self, FoundExample.self, FoundPrepare.self, FoundAssemble.self, FoundSign.self,
            FoundFinish.self, FoundShow.self, FoundUnits.self, FoundMatrix.self,
        ],
        defaultSubcommand: FoundStatus.self)
}

/// The folder a ceremony is held in, on one organisation's machine.
struct FoundingFolderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The folder `found prepare` made; files of the others are put into it.",
                zh: "found prepare 生成的目录；其他单位的文件也放在这里。"),
            valueName: "dir"))
    var folder = "."

    var place: FoundingFolder { FoundingFolder(root: folder) }
}

/// Runs a step of a founding and names what went wrong, in files, keys or certificates.
enum FoundingStep {
    static func run(_ body: () throws -> Void) throws {
        do { try body() } catch let flaw as FoundingFlaw {
            throw Failure(flaw, files: [])
        } catch let error as CustodyError {
            throw Failure(error)
        } catch let error as SignerError {
            throw Failure(error)
        } catch let error as CocoaError {
            throw Failure(
                .no, "JD-4009",
                phrase(
                    "a file cannot be written: \(error.localizedDescription)",
                    zh: "无法写入文件：\(error.localizedDescription)"),
                fix: phrase("check the folder's mode and the free space", zh: "请检查目录权限与剩余空间"))
        }
    }

    /// Reads files of one kind and lets `body` judge them; a flaw names the files it is about.
    static func judge<Value: FoundingFile, Answer>(
        _ paths: [String], _ body: ([Value]) throws(FoundingFlaw) -> Answer
    ) throws -> Answer {
        let values: [Value] = try paths.map { try FoundingFiles.read($0) }
        do { return try body(values) } catch {
            // One that is about no file in particular is not about the only one.
            throw Failure(error, files: error.files.isEmpty ? [] : paths)
        }
    }
}
