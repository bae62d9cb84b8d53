// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KeyCustody
package import ShangMi

/// An organisation's certificate authority: it certifies the keys of its own nodes and people.
struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: phrase("Run an organisation's certificate authority.", zh: "本单位的证书机构（CA）。"),
        discussion: phrase(
            """
            Example, from nothing to a node's two certificates:
              jiuding ca init --name 某市大数据局 --out ca
              jiuding ca request --name node-1 --key validator.key --encryption-key link.key
              jiuding ca issue --node node-1 --request-signing node-1.signing.csr \\
                --request-encryption node-1.encryption.csr --out certs
            """,
            zh: """
                示例，从零到节点的双证书：
                  jiuding ca init --name 某市大数据局 --out ca
                  jiuding ca request --name node-1 --key validator.key --encryption-key link.key
                  jiuding ca issue --node node-1 --request-signing node-1.signing.csr \\
                    --request-encryption node-1.encryption.csr --out certs
                """),
        subcommands: [
            AuthorityInit.self, AuthorityRequest.self, AuthorityIssue.self, AuthorityRenew.self, AuthorityRevoke.self,
            AuthorityList.self, AuthorityExport.self, AuthorityPublish.self, AuthorityShow.self,
        ])
}

/// Which authority, and the passphrase of its key.
struct AuthorityOptions: ParsableArguments {
    @Option(help: ArgumentHelp(phrase("The authority's folder.", zh: "证书机构目录。"), valueName: "dir"))
    var ca = "./ca"

    @OptionGroup var passphrase: PassphraseOptions

    /// Works with it; what is refused has its row (AUD-15).
    func working(
        _ act: AuthorityJournal.Act, _ terminal: Terminal, _ body: (AuthorityJournal) throws -> Void
    ) throws {
        let journal = AuthorityJournal(ca)
        try Failure.namingCustody { try journal.attempt(act, terminal) { try body(journal) } }
    }

    /// Opens it to work with it. A list that a crash kept from being made is made now, and said so.
    func open(_ journal: AuthorityJournal, _ terminal: Terminal) throws -> CertificateAuthority {
        let place = AuthorityPlace(ca)
        _ = try place.readRoot()
        let authority = try CertificateAuthority.open(
            ca, passphrase: try passphrase.passphrase(for: place.key), witness: journal)
        AuthorityOptions.warn(of: authority.book, in: place, on: terminal)
        if authority.list == nil {
            let list = try authority.publish(now: .now)
            terminal.warn(
                phrase(
                    "the revocation list was not finished last time; number \(list.numberText) is made now",
                    zh: "上次未完成的吊销列表现已补发，编号 \(list.numberText)"))
        }
        return authority
    }

    /// A write that a crash cut off is named; it is no fault and nothing is lost.
    static func warn(of book: AuthorityBook, in place: AuthorityPlace, on terminal: Terminal) {
        guard book.tornBytes > 0 else { return }
        terminal.warn(
            phrase(
                "\(place.book) ends in \(book.tornBytes) bytes of a line that was never finished; nobody was handed it",
                zh: "\(place.book) 末尾有 \(book.tornBytes) 字节未写完的行；其内容从未交付"))
    }
}

extension CertificateTime {
    package static var now: CertificateTime { CertificateTime(seconds: Int64(Date().timeIntervalSince1970)) }
}

extension RevocationList {
    /// Its number in decimal where that is short enough, else in hexadecimal.
    var numberText: String {
        guard number.count <= 8 else { return "0x" + number.hexadecimal }
        return String(number.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension BilingualText {
    var spoken: String { phrase(english, zh: chinese) }
}

/// Finds a certificate that is named by its serial or by a file that holds it.
enum CertificateChoice {
    static func serial(_ text: String) throws -> [UInt8] {
        if FileManager.default.fileExists(atPath: text) { return try CredentialFile.certificate(at: text).serial }
        let digits = text.filter { $0 != ":" }
        guard let bytes = [UInt8](hexadecimal: digits.count % 2 == 0 ? digits : "0" + digits), !bytes.isEmpty,
            bytes.count <= 20
        else {
            throw Failure.usage(
                phrase("\(text) is neither a file nor a serial number", zh: "\(text) 既不是文件也不是序列号"),
                fix: phrase("see the serial numbers with: jiuding ca list", zh: "请用 jiuding ca list 查看序列号"))
        }
        return [UInt8](bytes.drop { $0 == 0 })
    }

    /// Refuses a file that is there before anything is done for it.
    static func mustBeNew(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { throw Failure(CustodyError.fileExists(path: path)) }
    }

    /// A name that becomes a file's: one part of a path, not hidden.
    static func fileName(_ name: String, _ ending: String) throws -> String {
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0") else {
            throw Failure.usage(
                phrase("\(name) cannot be part of a file's name", zh: "\(name) 不能用作文件名"),
                fix: phrase("choose a name like node-1", zh: "请用 node-1 这样的名称"))
        }
        return "\(name).\(ending)"
    }
}
