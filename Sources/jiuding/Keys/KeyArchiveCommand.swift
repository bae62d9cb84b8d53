// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody

/// Puts a key away: kept, and used by nothing.
struct KeyArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: phrase("Put a key away where nothing signs with it.", zh: "归档密钥，使其不再可用于签名。"),
        discussion: phrase(
            "Example: jiuding key archive alice.key.pem --out archive/alice.key.pem",
            zh: "示例：jiuding key archive alice.key.pem --out archive/alice.key.pem"))

    @Argument(
        help: ArgumentHelp(
            phrase("The key file; it is destroyed once the copy is safe.", zh: "密钥文件；归档副本落盘后销毁。"), valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp(phrase("Where to keep it.", zh: "归档位置。"), valueName: "file"))
    var out: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let secret = try passphrase.passphrase(for: file)
            try DataDirectory.makeFolder(URL(fileURLWithPath: out).deletingLastPathComponent().path, mode: 0o700)
            try KeyArchive.archive(file, to: out, passphrase: secret)
            try OperatorAudit.add("key.archive", key: file, detail: out)
            output.terminal.emit(["archived": .text(out)])
            output.terminal.say(
                phrase("archived in \(out); \(file) is gone", zh: "已归档至 \(out)；\(file) 已销毁"))
        }
    }
}

/// Brings an archived key back.
struct KeyUnarchive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unarchive",
        abstract: phrase("Bring an archived key back into use.", zh: "取回已归档的密钥。"),
        discussion: phrase(
            "Example: jiuding key unarchive archive/alice.key.pem --out alice.key.pem",
            zh: "示例：jiuding key unarchive archive/alice.key.pem --out alice.key.pem"))

    @Argument(help: ArgumentHelp(phrase("The archived key; it stays.", zh: "归档的密钥；保留不动。"), valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp(phrase("Where to write it.", zh: "保存位置。"), valueName: "file"))
    var out: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let key = try KeyArchive.unarchive(file, to: out, passphrase: try passphrase.passphrase(for: file))
            try OperatorAudit.add("key.unarchive", key: out, detail: file)
            KeyCard(path: out, key: key.publicKey).show(on: output.terminal)
        }
    }
}

/// Destroys a key file for good, after its owner has said which key.
struct KeyDestroy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: phrase("Destroy a key file for good.", zh: "彻底销毁密钥文件。"),
        discussion: phrase(
            "Shares of the key still restore it; destroy those too. Say which key by the first 8 digits of its "
                + "account.\n\nExample: jiuding key destroy alice.key.pem --account 1f9c03aa",
            zh: "密钥的分片仍可恢复它，请一并销毁。须以账户前 8 位确认。\n\n示例：jiuding key destroy alice.key.pem --account 1f9c03aa"))

    @Argument(help: ArgumentHelp(phrase("The key file.", zh: "密钥文件。"), valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            phrase("The first digits of its account, 8 or more.", zh: "其账户的前 8 位或更多。"), valueName: "digits"))
    var account: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let key = try KeyFile.read(at: file, passphrase: try passphrase.passphrase(for: file))
            let card = KeyCard(path: file, key: key.publicKey)
            guard account.count >= 8, card.account.hasPrefix(account.lowercased()) else {
                throw Failure.usage(
                    phrase(
                        "\(file) holds the key of \(card.account.shortened), not of \(account)",
                        zh: "\(file) 中是账户 \(card.account.shortened) 的密钥，不是 \(account)"),
                    fix: phrase("see whose it is with: jiuding key show \(file)", zh: "请用 jiuding key show \(file) 查看"))
            }
            // First: of a key that is gone nobody would know what became of it.
            try OperatorAudit.add("key.destroy", key: file, detail: "account \(card.account)")
            try KeyArchive.destroy(file)
            let beside = DataDirectory.passphraseFile(of: file)
            if FileManager.default.fileExists(atPath: beside) { try KeyArchive.destroy(beside) }
            output.terminal.emit(["destroyed": .text(file), "account": .text(card.account)])
            output.terminal.say(
                phrase(
                    "destroyed \(file), the key of \(card.account.shortened); shares of it still restore it",
                    zh: "已销毁 \(file)（账户 \(card.account.shortened)）；其分片仍可恢复"))
        }
    }
}
