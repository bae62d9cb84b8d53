// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Keys of people and programs, as encrypted files.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: phrase(
            "Make SM2 keys, show whose they are, back them up and retire them.", zh: "新建、查看、备份、归档与销毁 SM2 密钥。"),
        subcommands: [
            KeyNew.self, KeyShow.self, KeyBackup.self, KeyRestore.self, KeyShareCheck.self, KeyArchiveCommand.self,
            KeyUnarchive.self, KeyDestroy.self,
        ])
}

/// Makes a key. The private half is written encrypted and is never shown.
struct KeyNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: phrase("Make a key and write it encrypted.", zh: "新建密钥并加密保存。"),
        discussion: phrase(
            "Example: jiuding key new --out alice.key.pem",
            zh: "示例：jiuding key new --out alice.key.pem"))

    @Option(help: ArgumentHelp(phrase("Where to write it.", zh: "保存位置。"), valueName: "file"))
    var out = "user.key.pem"

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            // Asked only where the file can be written at all.
            if FileManager.default.fileExists(atPath: out) { throw CustodyError.fileExists(path: out) }
            let secret = try passphrase.newPassphrase(for: out)
            let key = try PrivateKey.generate()
            try KeyFile.write(key, at: out, passphrase: secret)
            KeyCard(path: out, key: key.publicKey).show(on: output.terminal)
        } catch let error as CustodyError {
            throw Failure(error)
        }
    }
}

/// Shows the public half of a key and the account it speaks for.
struct KeyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a key's public half and account.", zh: "显示密钥的公钥与账户。"),
        discussion: phrase(
            "Example: jiuding key show alice.key.pem",
            zh: "示例：jiuding key show alice.key.pem"))

    @Argument(help: ArgumentHelp(phrase("The key file.", zh: "密钥文件。"), valueName: "file"))
    var file: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            let key = try KeyFile.read(at: file, passphrase: try passphrase.passphrase(for: file))
            KeyCard(path: file, key: key.publicKey).show(on: output.terminal)
        } catch let error as CustodyError {
            throw Failure(error)
        }
    }
}

/// What may be known about a key.
struct KeyCard {
    let path: String
    let key: SM2.PublicKey

    var account: String { AccountID(key).hex }
    var point: String { "04\(key.x.hex)\(key.y.hex)" }

    func show(on terminal: Terminal) {
        terminal.emit([
            "file": .text(path), "algorithm": "SM2", "publicKey": .text(point), "account": .text(account),
        ])
        terminal.say(pairs: [
            (phrase("file", zh: "文件"), path),
            (phrase("account", zh: "账户"), account),
            (phrase("public key", zh: "公钥"), point),
        ])
    }
}
