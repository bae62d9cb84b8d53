// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import ShangMi

/// Asks for certificates: a file for each key, signed with it, that the authority turns into a certificate.
struct AuthorityRequest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: phrase("Make certificate requests for a key, or for a node's two.", zh: "为密钥（或节点的双密钥）生成证书请求。"),
        discussion: phrase(
            "Writes NAME.signing.csr and, with --encryption-key, NAME.encryption.csr.\n\n"
                + "Example: jiuding ca request --name node-1 --organisation 某市大数据局 --key validator.key "
                + "--encryption-key link.key",
            zh: "写出 NAME.signing.csr；给出 --encryption-key 时另写 NAME.encryption.csr。\n\n"
                + "示例：jiuding ca request --name node-1 --organisation 某市大数据局 --key validator.key "
                + "--encryption-key link.key"))

    @Option(help: ArgumentHelp(phrase("Who the certificate is for.", zh: "证书持有者名称。"), valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp(phrase("Its organisation.", zh: "所属单位。"), valueName: "name"))
    var organisation: String?

    @OptionGroup var subject: SubjectOptions

    @Option(
        help: ArgumentHelp(
            phrase("The key that signs; a node's validator key.", zh: "签名密钥；节点用其验证者密钥。"), valueName: "file"))
    var key: String

    @Option(
        help: ArgumentHelp(
            phrase("A node's key that others encrypt to; made where there is none.", zh: "节点的加密密钥；没有则新建。"),
            valueName: "file"))
    var encryptionKey: String?

    @Option(help: ArgumentHelp(phrase("Where to put the requests.", zh: "请求的存放目录。"), valueName: "dir"))
    var out = "."

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    private struct Written {
        let path: String
        let request: CertificateRequest
        let use: CertificatePurpose
    }

    func run() throws {
        try Failure.namingCustody { try request() }
    }

    private func request() throws {
        let wanted = try subjectName()
        let signingPath = "\(out)/\(try CertificateChoice.fileName(name, "signing.csr"))"
        let encryptingPath = "\(out)/\(try CertificateChoice.fileName(name, "encryption.csr"))"
        try CertificateChoice.mustBeNew(signingPath)
        if encryptionKey != nil { try CertificateChoice.mustBeNew(encryptingPath) }
        let signing = try KeyFile.read(at: key, passphrase: try passphrase.passphrase(for: key))
        var made = [Written(path: signingPath, request: try signed(wanted, signing), use: .signing)]
        if let encryptionKey {
            let encrypting = try keyOrNew(encryptionKey)
            guard encrypting.publicKey != signing.publicKey else {
                throw Failure.usage(
                    phrase("both keys are the same", zh: "两个密钥相同"),
                    fix: phrase("name another file with --encryption-key", zh: "请用 --encryption-key 指定另一文件"))
            }
            made.append(Written(path: encryptingPath, request: try signed(wanted, encrypting), use: .encryption))
        }
        for one in made { try CredentialFile.create(.request(one.request), at: one.path) }
        let terminal = output.terminal
        terminal.emit([
            "requests": .list(
                made.map { one in
                    [
                        "file": .text(one.path), "usage": .text(one.use.rawValue),
                        "subject": .text(one.request.subject.description),
                        "publicKey": .text("04" + one.request.key.bytes.hexadecimal),
                    ]
                })
        ])
        terminal.say(pairs: made.map { ($0.use.spoken, $0.path) })
        terminal.say(
            phrase(
                "Give these files to the authority; the keys stay here.",
                zh: "请将这些文件交给证书机构；密钥留在本机。"))
    }

    private func subjectName() throws -> DistinguishedName {
        var full = AuthorityName(organisation: organisation ?? name)
        full.commonName = name
        (full.country, full.province, full.city) = (subject.country, subject.province, subject.city)
        let whole = try full.distinguished()
        if organisation != nil { return whole }
        let parts = whole.parts.filter { $0.type != ObjectIdentifier.organization }
        guard let name = DistinguishedName(parts) else { return whole }
        return name
    }

    private func signed(_ name: DistinguishedName, _ key: PrivateKey) throws -> CertificateRequest {
        do throws(SignerError) { return try CertificateRequest.signed(name, by: OpenSSLSigner(key)) } catch {
            throw Failure(error)
        }
    }

    private func keyOrNew(_ path: String) throws -> PrivateKey {
        if FileManager.default.fileExists(atPath: path) {
            return try KeyFile.read(at: path, passphrase: try passphrase.passphrase(for: path))
        }
        let secret = try passphrase.newPassphrase(for: path)
        let key = try PrivateKey.generate()
        try KeyFile.write(key, at: path, passphrase: secret)
        return key
    }
}
