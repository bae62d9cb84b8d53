// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody
import ShangMi

/// Founds an authority: key, root, book, empty revocation list.
struct AuthorityInit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: phrase(
            "Found an authority: its key, its root, an empty revocation list.", zh: "新建证书机构：密钥、根证书与空吊销列表。"),
        discussion: phrase(
            "Never replaces one that exists.\n\nExample: jiuding ca init --name 某市大数据局 --out ca",
            zh: "绝不覆盖已有机构。\n\n示例：jiuding ca init --name 某市大数据局 --out ca"))

    @OptionGroup var subject: SubjectOptions

    @Option(help: ArgumentHelp(phrase("The organisation.", zh: "单位名称。"), valueName: "name"))
    var name: String

    @Option(
        help: ArgumentHelp(
            phrase("The root's common name. Default: the organisation.", zh: "根证书通用名，默认同单位名称。"), valueName: "name"))
    var commonName: String?

    @Option(help: ArgumentHelp(phrase("Its unified social credit code.", zh: "统一社会信用代码。"), valueName: "code"))
    var creditCode: String?

    @Option(
        help: ArgumentHelp(phrase("Where others will fetch the revocation list.", zh: "吊销列表的发布地址。"), valueName: "url"))
    var crlUrl: String?

    @Option(help: ArgumentHelp(phrase("Where to put it.", zh: "存放目录。"), valueName: "dir"))
    var out = "./ca"

    @Option(help: ArgumentHelp(phrase("How long the root holds.", zh: "根证书有效天数。"), valueName: "days"))
    var days: Int64 = 7_300

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let journal = AuthorityJournal(out)
        try Failure.namingCustody { try journal.attempt(.found, output.terminal) { try found(journal) } }
    }

    private func found(_ journal: AuthorityJournal) throws {
        let place = AuthorityPlace(out)
        try CertificateChoice.mustBeNew(place.root)
        var full = AuthorityName(organisation: name)
        full.commonName = commonName
        full.creditCode = creditCode
        full.revocationURL = crlUrl
        (full.country, full.province, full.city) = (subject.country, subject.province, subject.city)
        // Asked only where the name can be used at all.
        _ = try full.distinguished()
        let secret = try passphrase.newPassphrase(for: place.key)
        let authority = try CertificateAuthority.found(
            full, in: out, passphrase: secret, now: .now, days: days, witness: journal)
        let card = CertificateCard(authority.root)
        let terminal = output.terminal
        terminal.emit(
            .object(
                [
                    .init(key: "directory", value: .text(out)), .init(key: "root", value: .text(place.root)),
                    .init(key: "key", value: .text(place.key)), .init(key: "revocationList", value: .text(place.list)),
                    .init(key: "certificate", value: card.json),
                ]))
        terminal.say(phrase("The authority is founded.", zh: "证书机构已建立。"))
        terminal.say(
            pairs: card.pairs + [
                (phrase("root", zh: "根证书"), place.root), (phrase("key", zh: "密钥"), place.key),
                (phrase("book", zh: "签发簿"), place.book), (phrase("revocations", zh: "吊销列表"), place.list),
            ])
        terminal.say(
            phrase(
                "Give \(place.root) to the other organisations and compare the fingerprint by another way.",
                zh: "请将 \(place.root) 交给其他单位，并通过其他渠道核对指纹。"))
    }
}

/// Where the subject is.
struct SubjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp(phrase("Country, two capital letters.", zh: "国家代码，两个大写字母。"), valueName: "code"))
    var country = "CN"

    @Option(help: ArgumentHelp(phrase("Province.", zh: "省份。"), valueName: "name"))
    var province: String?

    @Option(help: ArgumentHelp(phrase("City.", zh: "城市。"), valueName: "name"))
    var city: String?
}
