// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody
import ShangMi

/// What an authority has issued. Needs no passphrase.
struct AuthorityList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List what was issued, with the days left.", zh: "列出已签发证书及剩余天数。"),
        discussion: phrase("Example: jiuding ca list --ca ca", zh: "示例：jiuding ca list --ca ca"))

    @Option(help: ArgumentHelp(phrase("The authority's folder.", zh: "证书机构目录。"), valueName: "dir"))
    var ca = "./ca"

    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let place = AuthorityPlace(ca)
            let (root, book) = (try place.readRoot(), try place.readBook())
            let terminal = output.terminal
            AuthorityOptions.warn(of: book, in: place, on: terminal)
            terminal.emit([
                "authority": CertificateCard(root).json, "listNumber": .whole(book.listNumber),
                "tornBytes": .whole(book.tornBytes), "issued": .list(book.entries.map { json($0) }),
            ])
            terminal.say(
                "\(root.subject.description.visible)  "
                    + phrase(
                        "issued \(book.entries.count), revoked \(book.revokedCount)",
                        zh: "已签发 \(book.entries.count)，已吊销 \(book.revokedCount)"))
            if !book.entries.isEmpty { terminal.say(table(book)) }
        }
    }

    private func json(_ entry: AuthorityBook.Entry) -> JSONText {
        guard case .object(var members) = CertificateCard(entry.certificate).json else { return .null }
        members.append(.init(key: "revokedSince", value: .maybe(entry.revocation?.since.rfc3339)))
        members.append(.init(key: "reason", value: .maybe(entry.revocation?.reason.rawValue)))
        return .object(members)
    }

    private func table(_ book: AuthorityBook) -> TableLayout {
        var table = TableLayout([
            .init(phrase("serial", zh: "序列号")), .init(phrase("name", zh: "名称")), .init(phrase("use", zh: "用途")),
            .init(phrase("ends", zh: "到期")), .init(phrase("days left", zh: "剩余天数"), .right),
            .init(phrase("state", zh: "状态")),
        ])
        let now = CertificateTime.now
        for entry in book.entries {
            let certificate = entry.certificate
            table.add([
                certificate.serial.hexadecimal, (certificate.subject.commonName ?? "").visible,
                CertificateCard.use(certificate), String(certificate.notAfter.text.prefix(10)),
                String(certificate.notAfter.days(since: now)), state(entry, now),
            ])
        }
        return table
    }

    private func state(_ entry: AuthorityBook.Entry, _ now: CertificateTime) -> String {
        if let revocation = entry.revocation {
            return phrase("revoked \(revocation.since.text.prefix(10))", zh: "\(revocation.since.text.prefix(10)) 吊销")
        }
        if now < entry.certificate.notBefore { return phrase("not yet valid", zh: "未生效") }
        return entry.certificate.notAfter < now ? phrase("expired", zh: "已过期") : phrase("valid", zh: "有效")
    }
}
