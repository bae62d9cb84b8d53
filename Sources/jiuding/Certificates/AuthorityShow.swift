// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import ShangMi

/// Shows certificates, requests and revocation lists as people read them, and whether they hold.
struct AuthorityShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a certificate, a request or a revocation list.", zh: "查看证书、证书请求或吊销列表。"),
        discussion: phrase(
            "With --root the chain of trust is checked, and exit 1 says that it does not hold.\n\n"
                + "Example: jiuding ca show certs/node-1.signing.crt --root ca/root.crt --crl ca/root.crl",
            zh: "给出 --root 时核验信任链，不成立则退出码为 1。\n\n"
                + "示例：jiuding ca show certs/node-1.signing.crt --root ca/root.crt --crl ca/root.crl"))

    @Argument(help: ArgumentHelp(phrase("PEM or DER.", zh: "PEM 或 DER 文件。"), valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            phrase("A root that is trusted; may be given again.", zh: "受信任的根证书，可多次给出。"), valueName: "file"))
    var root: [String] = []

    @Option(help: ArgumentHelp(phrase("A revocation list of such a root.", zh: "上述根的吊销列表。"), valueName: "file"))
    var crl: [String] = []

    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody { try show() }
    }

    private func show() throws {
        let contents = try CredentialFile.contents(at: file)
        let trust = try CredentialFile.trust(roots: root, lists: crl)
        let terminal = output.terminal
        var objects: [JSONText] = []
        var holds = true
        for content in contents {
            let judged = ChainVerdict(content, trust: root.isEmpty ? nil : trust, at: .now)
            holds = holds && judged.holds
            let (kind, card, json) = card(content)
            terminal.say(terminal.paint(kind.spoken, .bold))
            let mark = judged.holds ? judged.fact.spoken : terminal.paint(judged.fact.spoken, .red)
            terminal.say(pairs: card + [(phrase("trust", zh: "信任"), mark)])
            if case .object(let members) = json {
                objects.append(
                    .object(
                        [.init(key: "kind", value: .text(kind.english))] + members + [
                            .init(key: "holds", value: .flag(judged.holds)),
                            .init(key: "trust", value: .text(judged.fact.spoken)),
                        ]))
            }
        }
        terminal.emit(["file": .text(file), "holds": .flag(holds), "contents": .list(objects)])
        if !holds { throw ExitCode(Failure.Exit.no.rawValue) }
    }

    private func card(
        _ content: CredentialFile.Content
    ) -> (BilingualText, [(name: String, value: String)], JSONText) {
        switch content {
        case .certificate(let certificate):
            let card = CertificateCard(certificate)
            return (.init("certificate", zh: "证书"), card.pairs, card.json)
        case .request(let request):
            let key = "04" + request.key.bytes.hexadecimal
            return (
                .init("request", zh: "证书请求"),
                [
                    (phrase("subject", zh: "主体"), request.subject.description.visible),
                    (phrase("public key", zh: "公钥"), key),
                ], ["subject": .text(request.subject.description), "publicKey": .text(key)]
            )
        case .list(let list):
            let card = ListCard(list)
            return (.init("revocation list", zh: "吊销列表"), card.pairs, card.json)
        }
    }
}
