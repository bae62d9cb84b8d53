// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Takes a certificate of one's own organisation back, on chain.
/// - Spec: CERT-20.
struct MemberRevokeCertificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke-certificate",
        abstract: phrase("Take a certificate of your organisation back, on chain.", zh: "在链上撤销本机构的证书。"),
        discussion: phrase(
            """
            For good. From the next block on the member that the certificate is of may do nothing, and within a second
            of it nodes of the chain end and refuse links that it opens. Admins and security administrators do it for
            certificates of their own organisation; nobody needs to approve.
            Take it back by the authority's list too (`jiuding ca revoke`): that is for whoever reads no chain.

            Example: jiuding member revoke-certificate lost.crt --reason "card lost"
            """,
            zh: """
                不可恢复。自下一区块起，该证书对应的成员不得操作；一秒内各节点断开并拒绝以该证书建立的连接。
                由本机构的机构管理员或安全管理员操作，无需他人批准。
                请同时更新证书机构的撤销列表（jiuding ca revoke），供不读链者使用。

                示例：jiuding member revoke-certificate lost.crt --reason "证书介质遗失"
                """))

    @Argument(help: ArgumentHelp(phrase("The certificate's file.", zh: "证书文件。"), valueName: "file"))
    var certificate: String

    @Option(help: ArgumentHelp(phrase("Why; everybody may read it.", zh: "原因，公开可读。"), valueName: "text"))
    var reason: String

    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let label = try Words.label(reason, "--reason")
        let found = try Words.certificate(certificate)
        let pen = try await signing.pen()
        let request = CertificateRevocation(certificate: found.der, reason: label)
        let receipt = try await pen.call(
            MembershipContract.contract, MembershipContract.revokeCertificate, request.encoded)
        await pen.client.close()
        let fingerprint = SM3.hash(found.der).hex
        let terminal = signing.output.terminal
        terminal.emit(["fingerprint": .text(fingerprint), "height": .whole(receipt.height.value)])
        terminal.say(
            phrase(
                "\(fingerprint) counts as revoked from height \(receipt.height.next.value) on",
                zh: "自高度 \(receipt.height.next.value) 起，证书 \(fingerprint) 视为已撤销"))
    }
}
