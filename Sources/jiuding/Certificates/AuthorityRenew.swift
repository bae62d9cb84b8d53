// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
import ShangMi

/// Issues a certificate again: same key, same name, same use, from now on.
struct AuthorityRenew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: phrase("Issue a certificate again for the same key.", zh: "为同一密钥续签证书。"),
        discussion: phrase(
            "The old one holds on until its end; both may be in use meanwhile.\n\n"
                + "Example: jiuding ca renew certs/node-1.signing.crt",
            zh: "旧证书在到期前仍有效，期间可并用。\n\n示例：jiuding ca renew certs/node-1.signing.crt"))

    @Argument(
        help: ArgumentHelp(
            phrase("Serial number, or the certificate's file.", zh: "序列号或证书文件。"), valueName: "serial|file"))
    var certificate: String

    @Option(help: ArgumentHelp(phrase("How long it holds.", zh: "有效天数。"), valueName: "days"))
    var days: Int64 = 1_095

    @Option(
        help: ArgumentHelp(
            phrase("Where to write. Default: beside the old one, with today's date.", zh: "保存位置。默认在旧证书旁，名称加当日日期。"),
            valueName: "file"))
    var out: String?

    @OptionGroup var authority: AuthorityOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try authority.working(.renew, output.terminal) { try renew($0) }
    }

    private func renew(_ journal: AuthorityJournal) throws {
        let (serial, path) = (try CertificateChoice.serial(certificate), newPath(at: .now))
        journal.object = serial.hexadecimal
        try CertificateChoice.mustBeNew(path)
        let office = try authority.open(journal, output.terminal)
        let renewed = try office.renew(serial: serial, days: days, now: .now)
        try CredentialFile.create(.certificate(renewed), at: path)
        IssuedView(issued: [(path, renewed)]).show(on: output.terminal)
    }

    private func newPath(at now: CertificateTime) -> String {
        if let out { return out }
        let stem = certificate.hasSuffix(".crt") ? String(certificate.dropLast(4)) : certificate
        return "\(stem)-\(now.digits.prefix(8)).crt"
    }
}

/// Writes a certificate out of the book again: where the file was lost, or a crash came before it was written.
struct AuthorityExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: phrase("Write an issued certificate to a file again.", zh: "再次导出已签发的证书。"),
        discussion: phrase(
            "Example: jiuding ca export 5f3a91… --out node-1.signing.crt",
            zh: "示例：jiuding ca export 5f3a91… --out node-1.signing.crt"))

    @Argument(help: ArgumentHelp(phrase("Serial number.", zh: "序列号。"), valueName: "serial"))
    var serial: String

    @Option(help: ArgumentHelp(phrase("Where to write.", zh: "保存位置。"), valueName: "file"))
    var out: String

    @Option(help: ArgumentHelp(phrase("The authority's folder.", zh: "证书机构目录。"), valueName: "dir"))
    var ca = "./ca"

    @OptionGroup var output: OutputOptions

    func run() throws {
        try Failure.namingCustody {
            let wanted = try CertificateChoice.serial(serial)
            guard let entry = try AuthorityPlace(ca).readBook()[wanted] else {
                throw CustodyError.authority(.serialUnknown(serial: wanted))
            }
            try CredentialFile.create(.certificate(entry.certificate), at: out)
            IssuedView(issued: [(out, entry.certificate)]).show(on: output.terminal)
        }
    }
}
