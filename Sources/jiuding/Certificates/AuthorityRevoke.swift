// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody
import ShangMi

extension RevocationReason: ExpressibleByArgument {}

/// Takes a certificate back.
struct AuthorityRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: phrase("Take a certificate back and publish the list that says so.", zh: "吊销证书并发布新的吊销列表。"),
        discussion: phrase(
            "It takes effect where the new list arrives: give it to every node. Revoking twice is no error.\n\n"
                + "Example: jiuding ca revoke certs/node-1.signing.crt --reason keyCompromise",
            zh: "新列表送达之处才生效：请分发给所有节点。重复吊销不算错误。\n\n"
                + "示例：jiuding ca revoke certs/node-1.signing.crt --reason keyCompromise"))

    @Argument(
        help: ArgumentHelp(
            phrase("Serial number, or the certificate's file.", zh: "序列号或证书文件。"), valueName: "serial|file"))
    var certificate: String

    @Option(help: ArgumentHelp(phrase("Why (RFC 5280).", zh: "原因（RFC 5280）。")))
    var reason = RevocationReason.unspecified

    @Option(help: ArgumentHelp(phrase("For how long the new list is good.", zh: "新列表的有效天数。"), valueName: "days"))
    var listDays = CertificateAuthority.listDays

    @OptionGroup var authority: AuthorityOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try authority.working(.revoke, output.terminal) { journal in
            let serial = try CertificateChoice.serial(certificate)
            journal.object = serial.hexadecimal
            let office = try authority.open(journal, output.terminal)
            let wasRevoked = office.book[serial]?.revocation != nil
            let list = try office.revoke(serial: serial, reason: reason, now: .now, listDays: listDays)
            let since = office.book[serial]?.revocation?.since ?? list.made
            let siblings = office.book.siblings(of: serial, at: .now).map(\.serial)
            let revoked = PublishedView.Revoked(
                serial: serial, since: since, wasBefore: wasRevoked, siblings: siblings)
            PublishedView(list: list, path: office.place.list, revoked: revoked).show(on: output.terminal)
        }
    }
}

/// Makes the revocation list anew, before the last one runs out.
struct AuthorityPublish: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl",
        abstract: phrase("Make the revocation list anew before it runs out.", zh: "在到期前重新发布吊销列表。"),
        discussion: phrase("Example: jiuding ca crl --days 90", zh: "示例：jiuding ca crl --days 90"))

    @Option(help: ArgumentHelp(phrase("For how long it is good.", zh: "有效天数。"), valueName: "days"))
    var days = CertificateAuthority.listDays

    @OptionGroup var authority: AuthorityOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try authority.working(.publish, output.terminal) { journal in
            let office = try authority.open(journal, output.terminal)
            let list = try office.publish(now: .now, days: days)
            PublishedView(list: list, path: office.place.list, revoked: nil).show(on: output.terminal)
        }
    }
}

/// A revocation list that was written just now.
struct PublishedView {
    let list: RevocationList
    let path: String
    let revoked: Revoked?

    struct Revoked {
        let serial: [UInt8]
        let since: CertificateTime
        /// Whether it was so before.
        let wasBefore: Bool
        /// Certificates for the same key that hold still.
        let siblings: [[UInt8]]
    }

    func show(on terminal: Terminal) {
        let card = ListCard(list)
        let tail: [JSONText.Member] = [
            .init(key: "file", value: .text(path)), .init(key: "revocationList", value: card.json),
        ]
        terminal.emit(.object((revoked?.members ?? []) + tail))
        if let revoked { revoked.show(on: terminal) }
        terminal.say(pairs: [(phrase("file", zh: "文件"), path)] + card.pairs)
        terminal.say(phrase("Give this list to every node.", zh: "请将此列表分发给所有节点。"))
    }
}

extension PublishedView.Revoked {
    fileprivate var members: [JSONText.Member] {
        [
            .init(key: "serial", value: .text(serial.hexadecimal)),
            .init(key: "revokedSince", value: .text(since.rfc3339)),
            .init(key: "alreadyRevoked", value: .flag(wasBefore)),
            .init(key: "sameKey", value: .list(siblings.map { .text($0.hexadecimal) })),
        ]
    }

    fileprivate func show(on terminal: Terminal) {
        let (name, text) = (serial.hexadecimal, since.text)
        terminal.say(
            wasBefore
                ? phrase("\(name) was revoked already, at \(text).", zh: "\(name) 此前已于 \(text) 吊销。")
                : phrase("\(name) is revoked.", zh: "\(name) 已吊销。"))
        guard !siblings.isEmpty else { return }
        let list = siblings.map(\.hexadecimal).joined(separator: ", ")
        terminal.warn(
            phrase(
                "the same key has certificates that still hold, revoke them too if the key is lost: \(list)",
                zh: "同一密钥还有仍有效的证书，若密钥已泄露请一并吊销：\(list)"))
    }
}
