// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import Ledger
import ShangMi

extension CertificatePurpose: ExpressibleByArgument {
    var spoken: String {
        switch self {
        case .signing: phrase("signing", zh: "签名")
        case .encryption: phrase("encryption", zh: "加密")
        case .user: phrase("user", zh: "用户")
        }
    }
}

/// Turns requests into certificates.
struct AuthorityIssue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: phrase("Issue certificates for requests.", zh: "按请求签发证书。"),
        discussion: phrase(
            "One request: --request and --usage. A node's two: --node, --request-signing, --request-encryption.\n\n"
                + "Example: jiuding ca issue --request alice.signing.csr --usage user",
            zh: "单个请求：--request 与 --usage。节点双证书：--node、--request-signing、--request-encryption。\n\n"
                + "示例：jiuding ca issue --request alice.signing.csr --usage user"))

    @Option(help: ArgumentHelp(phrase("The request.", zh: "证书请求。"), valueName: "file"))
    var request: String?

    @Option(help: ArgumentHelp(phrase("What it is for.", zh: "证书用途。")))
    var usage: CertificatePurpose?

    @Option(
        help: ArgumentHelp(
            phrase("Issue under this name, in the authority's organisation.", zh: "改用此名称签发，单位同证书机构。"), valueName: "name"
        ))
    var name: String?

    @Option(
        help: ArgumentHelp(
            phrase("A node: issue both of its certificates under this name.", zh: "节点名称：签发其双证书。"), valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp(phrase("The node's request for signing.", zh: "节点的签名证书请求。"), valueName: "file"))
    var requestSigning: String?

    @Option(help: ArgumentHelp(phrase("The node's request for encryption.", zh: "节点的加密证书请求。"), valueName: "file"))
    var requestEncryption: String?

    @Option(
        help: ArgumentHelp(
            phrase("Where to write: the file, or the folder of a node's two.", zh: "保存位置：文件；节点双证书则为目录。"),
            valueName: "path"))
    var out: String?

    @Option(help: ArgumentHelp(phrase("How long it holds.", zh: "有效天数。"), valueName: "days"))
    var days: Int64 = 1_095

    @OptionGroup var authority: AuthorityOptions
    @OptionGroup var output: OutputOptions

    private struct Job {
        let request: CertificateRequest
        let purpose: CertificatePurpose
        let out: String
    }

    func run() throws {
        try authority.working(.issue, output.terminal) { try issue($0) }
    }

    private func issue(_ journal: AuthorityJournal) throws {
        let terminal = output.terminal
        let jobs = try jobs()
        if let first = jobs.first { journal.object = AccountID(first.request.key).hex }
        for job in jobs { try CertificateChoice.mustBeNew(job.out) }
        let office = try authority.open(journal, terminal)
        let name = try (node ?? name).map { try subject(named: $0, of: office.root) }
        var issued: [(path: String, certificate: Certificate)] = []
        for job in jobs {
            let subject = name ?? job.request.subject
            if subject.organization != office.root.subject.organization {
                terminal.warn(
                    phrase(
                        "the subject is of another organisation than this authority: \(subject.description.visible)",
                        zh: "证书主体与本机构不属同一单位：\(subject.description.visible)"))
            }
            journal.object = AccountID(job.request.key).hex
            let certificate = try office.issue(
                job.request, for: job.purpose, subject: subject, days: days, now: .now)
            try CredentialFile.create(.certificate(certificate), at: job.out)
            issued.append((job.out, certificate))
        }
        IssuedView(issued: issued).show(on: terminal)
    }

    private func jobs() throws -> [Job] {
        switch (request, usage, node, requestSigning, requestEncryption) {
        case (let request?, let usage?, nil, nil, nil):
            let stem = request.hasSuffix(".csr") ? String(request.dropLast(4)) : request
            return [Job(request: try read(request), purpose: usage, out: out ?? stem + ".crt")]
        case (nil, nil, let node?, let signing?, let encryption?) where name == nil:
            let folder = out ?? "."
            return [
                Job(
                    request: try read(signing), purpose: .signing,
                    out: "\(folder)/\(try CertificateChoice.fileName(node, "signing.crt"))"),
                Job(
                    request: try read(encryption), purpose: .encryption,
                    out: "\(folder)/\(try CertificateChoice.fileName(node, "encryption.crt"))"),
            ]
        default:
            throw Failure.usage(
                phrase(
                    "give --request and --usage, or --node, --request-signing and --request-encryption",
                    zh: "请给出 --request 与 --usage，或 --node、--request-signing 与 --request-encryption"),
                fix: "jiuding ca issue --help")
        }
    }

    private func read(_ path: String) throws -> CertificateRequest {
        let found = try CredentialFile.requests(at: path)
        guard found.count == 1 else {
            throw Failure.usage(
                phrase("\(path) holds \(found.count) requests", zh: "\(path) 中有 \(found.count) 个请求"),
                fix: phrase("give them one by one", zh: "请逐个给出"))
        }
        return found[0]
    }

    /// The authority's own place and organisation with another common name.
    private func subject(named name: String, of root: Certificate) throws -> DistinguishedName {
        let parts = root.subject.parts.filter { $0.type != ObjectIdentifier.commonName }
        guard let subject = DistinguishedName(parts + [.init(ObjectIdentifier.commonName, name)]) else {
            throw CustodyError.authority(.nameUnfit(.commonName))
        }
        return subject
    }
}

/// Certificates that were written just now.
struct IssuedView {
    let issued: [(path: String, certificate: Certificate)]

    func show(on terminal: Terminal) {
        terminal.emit([
            "issued": .list(
                issued.map { one in
                    ["file": .text(one.path), "certificate": CertificateCard(one.certificate).json]
                })
        ])
        for one in issued {
            terminal.say(terminal.paint(one.path, .bold))
            terminal.say(pairs: CertificateCard(one.certificate).pairs)
        }
    }
}
