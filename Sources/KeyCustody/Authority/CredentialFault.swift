// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// What is wrong with a file of certificates. The file is named beside it.
/// - Spec: CERT-16, CERT-18.
package enum CredentialFault: Error, Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable { case certificate, request, revocationList }

    /// No such thing is in it, or it is not whole; where in it, if its reading began.
    case unreadable(Kind, at: DERError?)
    /// One certificate is wanted, and so many are in it.
    case several(Int)
    case wrongUsage(found: KeyUsage?, wanted: KeyUsage)
    /// The certificate is about another key than the one at hand.
    case otherKey
    case expired(since: CertificateTime)
    case notYetValid(from: CertificateTime)
    /// A root is wanted: an authority's certificate that it signed itself.
    case noRoot(subject: String)
    /// No trusted root signed this list.
    case otherAuthority(issuer: String)
}

extension CredentialFault.Kind {
    var label: String {
        switch self {
        case .certificate: PEM.certificate
        case .request: PEM.request
        case .revocationList: PEM.revocationList
        }
    }

    /// `NEW CERTIFICATE REQUEST` and `X509 CERTIFICATE` are what older tools write.
    func accepts(_ label: String) -> Bool {
        label == self.label || self == .request && label == "NEW CERTIFICATE REQUEST"
            || self == .certificate && label == "X509 CERTIFICATE"
    }

    fileprivate var noun: BilingualText {
        switch self {
        case .certificate: .init("SM2 certificate", zh: "SM2 证书")
        case .request: .init("SM2 certificate request", zh: "SM2 证书请求")
        case .revocationList: .init("SM2 revocation list", zh: "SM2 吊销列表")
        }
    }
}

extension CredentialFault {
    package var code: String {
        switch self {
        case .unreadable: "JD-1630"
        case .several: "JD-1631"
        case .wrongUsage: "JD-1632"
        case .otherKey: "JD-1633"
        case .expired: "JD-1634"
        case .notYetValid: "JD-1635"
        case .noRoot: "JD-1636"
        case .otherAuthority: "JD-1637"
        }
    }

    package func sentence(_ path: String) -> BilingualText {
        switch self {
        case .unreadable(let kind, let error):
            let detail = error.map { ": at byte \($0.offset) \($0.expected) is expected" } ?? ""
            let detailZh = error.map { "：第 \($0.offset) 字节处应为 \($0.expected)" } ?? ""
            return .init(
                "\(path) holds no \(kind.noun.english)\(detail)", zh: "\(path) 中没有可读的 \(kind.noun.chinese)\(detailZh)")
        case .several(let count):
            return .init("\(path) holds \(count) certificates where one is wanted", zh: "\(path) 中有 \(count) 张证书，只应有一张")
        case .wrongUsage(let found, let wanted):
            let (found, wanted) = (CredentialFault.words(found), CredentialFault.words(wanted))
            return .init(
                "the certificate in \(path) is for \(found), and \(wanted) is wanted",
                zh: "\(path) 中的证书用途为 \(found)，需要 \(wanted)")
        case .otherKey:
            return .init("the certificate in \(path) is about another key", zh: "\(path) 中的证书与密钥不匹配")
        case .expired(let since):
            return .init("the certificate in \(path) expired at \(since.text)", zh: "\(path) 中的证书已于 \(since.text) 过期")
        case .notYetValid(let from):
            return .init(
                "the certificate in \(path) holds only from \(from.text) on", zh: "\(path) 中的证书自 \(from.text) 起才有效")
        case .noRoot(let subject):
            return .init("\(path) holds no root: \(subject)", zh: "\(path) 不是根证书：\(subject)")
        case .otherAuthority(let issuer):
            return .init(
                "no trusted root signed the list in \(path): \(issuer)", zh: "\(path) 中的吊销列表不是由受信任的根签发：\(issuer)")
        }
    }

    package var fix: BilingualText {
        switch self {
        case .unreadable, .several:
            .init(
                "give a PEM or DER file of it; look at one with: jiuding ca show FILE",
                zh: "请给出其 PEM 或 DER 文件；可用 jiuding ca show 查看")
        case .wrongUsage: .init("see that the two certificates are not exchanged", zh: "请确认签名证书与加密证书没有互换")
        case .otherKey: .init("give the key and the certificate that belong together", zh: "请给出配对的密钥与证书")
        case .expired: .init("renew it: jiuding ca renew", zh: "请续期：jiuding ca renew")
        case .notYetValid: .init("check this machine's clock", zh: "请核对本机时钟")
        case .noRoot: .init("give root.crt of the authority", zh: "请给出机构的 root.crt")
        case .otherAuthority: .init("give the root that signed it as well", zh: "请同时给出签发它的根证书")
        }
    }

    private static func words(_ usage: KeyUsage?) -> String { usage?.names.joined(separator: ", ") ?? "-" }
}
