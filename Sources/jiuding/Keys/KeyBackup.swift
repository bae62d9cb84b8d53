// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody

/// Splits a key among keepers, any k of whom restore it together and fewer of whom know nothing.
struct KeyBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: phrase("Split a key into shares, any k of which restore it.", zh: "将密钥拆分为若干分片，任意 k 份可恢复。"),
        discussion: phrase(
            "Each share is encrypted under its keeper's own passphrase and tells nothing about the key by itself. "
                + "The key stays as it is.\n\nExample: "
                + "jiuding key backup alice.key.pem --shares 5 --threshold 3 --out shares",
            zh: "每份分片用保管人自己的口令加密，单独一份不泄露密钥的任何信息。原密钥保持不变。\n\n"
                + "示例：jiuding key backup alice.key.pem --shares 5 --threshold 3 --out shares"))

    @Argument(help: ArgumentHelp(phrase("The key file.", zh: "密钥文件。"), valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp(phrase("How many shares, 2 to 16.", zh: "分片总数，2 到 16。"), valueName: "n"))
    var shares = 3

    @Option(help: ArgumentHelp(phrase("How many of them restore the key.", zh: "恢复所需份数。"), valueName: "k"))
    var threshold = 2

    @Option(help: ArgumentHelp(phrase("Folder for the shares.", zh: "分片保存目录。"), valueName: "folder"))
    var out = "."

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var keepers: KeeperOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let key = try KeyFile.read(at: file, passphrase: try passphrase.passphrase(for: file))
            let parts = try KeyShare.split(key, threshold: threshold, count: shares)
            let name = URL(fileURLWithPath: file).lastPathComponent
            let paths = parts.map { "\(out)/\(name).share-\($0.index)-of-\($0.count)" }
            // Before anybody is asked for anything.
            for path in paths where FileManager.default.fileExists(atPath: path) {
                throw CustodyError.fileExists(path: path)
            }
            let secrets = try keepers.newPassphrases(for: paths)
            try DataDirectory.makeFolder(out, mode: 0o700)
            for (path, (share, secret)) in zip(paths, zip(parts, secrets)) {
                try ShareFile.write(share, at: path, passphrase: secret)
            }
            try OperatorAudit.add("key.backup", key: file, detail: "\(threshold) of \(shares) shares")
            let terminal = output.terminal
            terminal.emit([
                "shares": .list(paths.map { .text($0) }), "threshold": .whole(threshold),
                "publicKey": .text(KeyCard(path: file, key: key.publicKey).point),
            ])
            for path in paths { terminal.say("  \(path)") }
            terminal.say(
                phrase(
                    "any \(threshold) of these \(shares) restore the key; give each to another keeper, leave none here",
                    zh: "任意 \(threshold) 份（共 \(shares) 份）可恢复密钥；请分别交给不同保管人，勿留在本机"))
        }
    }
}

/// Puts a key together again from shares of different keepers.
struct KeyRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: phrase("Restore a key from shares.", zh: "用分片恢复密钥。"),
        discussion: phrase(
            "Example: jiuding key restore a.share-1-of-3 a.share-3-of-3 --out alice.key.pem",
            zh: "示例：jiuding key restore a.share-1-of-3 a.share-3-of-3 --out alice.key.pem"))

    @Argument(help: ArgumentHelp(phrase("Share files.", zh: "分片文件。"), valueName: "share"))
    var shares: [String]

    @Option(help: ArgumentHelp(phrase("Where to write the key.", zh: "密钥保存位置。"), valueName: "file"))
    var out = "user.key.pem"

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var keepers: KeeperOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            if FileManager.default.fileExists(atPath: out) { throw CustodyError.fileExists(path: out) }
            let secrets = try keepers.passphrases(for: shares)
            let parts = try zip(shares, secrets).map { try ShareFile.read(at: $0, passphrase: $1) }
            let key = try KeyShare.restore(parts)
            try KeyFile.write(key, at: out, passphrase: try passphrase.newPassphrase(for: out))
            try OperatorAudit.add("key.restore", key: out, detail: "from \(shares.count) shares")
            KeyCard(path: out, key: key.publicKey).show(on: output.terminal)
        }
    }
}

/// Lets a keeper see that the share at hand is whole, without the others.
struct KeyShareCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-share",
        abstract: phrase("Check one share by itself.", zh: "单独校验一份分片。"),
        discussion: phrase(
            "Example: jiuding key check-share alice.key.pem.share-1-of-3",
            zh: "示例：jiuding key check-share alice.key.pem.share-1-of-3"))

    @Argument(help: ArgumentHelp(phrase("The share file.", zh: "分片文件。"), valueName: "share"))
    var share: String

    @OptionGroup var keepers: KeeperOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let part = try ShareFile.read(at: share, passphrase: try keepers.passphrases(for: [share])[0])
            let card = KeyCard(path: share, key: try part.publicKey)
            output.terminal.emit([
                "file": .text(share), "index": .whole(part.index), "count": .whole(part.count),
                "threshold": .whole(part.threshold), "account": .text(card.account), "sound": true,
            ])
            output.terminal.say(
                phrase(
                    "share \(part.index) of \(part.count) is whole; any \(part.threshold) restore the key of account "
                        + card.account,
                    zh: "第 \(part.index) 份（共 \(part.count) 份）完好；任意 \(part.threshold) 份可恢复账户 "
                        + "\(card.account) 的密钥"))
        }
    }
}

/// Passphrases of shares: each keeper has an own one.
struct KeeperOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "A file with the passphrase of each share on a line of its own, in order. Else each keeper is asked.",
                zh: "每行依次为一份分片口令的文件。否则逐一询问各保管人。"),
            valueName: "file"))
    var sharePassphrases: String?

    func passphrases(for paths: [String]) throws -> [Secret] {
        try given(paths.count)
            ?? paths.map {
                try PassphraseOptions.ask(phrase("Passphrase of \($0): ", zh: "\($0) 的口令："))
            }
    }

    func newPassphrases(for paths: [String]) throws -> [Secret] {
        try given(paths.count) ?? paths.map { try PassphraseOptions.askTwice(for: $0) }
    }

    private func given(_ count: Int) throws -> [Secret]? {
        guard let sharePassphrases else { return nil }
        let lines = try PassphraseOptions.lines(of: sharePassphrases)
        guard lines.count >= count else {
            throw Failure.usage(
                phrase(
                    "\(sharePassphrases) has \(lines.count) passphrases, \(count) are needed",
                    zh: "\(sharePassphrases) 中有 \(lines.count) 个口令，需要 \(count) 个"),
                fix: phrase("write one on each line, in the order of the shares", zh: "请按分片顺序每行写一个口令"))
        }
        return lines
    }
}
