// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
package import ShangMi

/// Why an authority did not do what it was asked.
/// - Spec: CERT-18.
package enum AuthorityFault: Error, Hashable, Sendable {
    package enum Damage: Error, Hashable, Sendable {
        /// No line an authority writes, or one that contradicts those before it. The first line is 1.
        case line(Int)
        /// The file is gone, or empty.
        case missing
        /// A list was published that this book does not know of: it was put back from an older copy.
        case olderThanList
        /// It was not signed by the key beside it.
        case otherKey
    }

    /// There is none in this folder.
    case missing(directory: String)
    /// A file of the authority is not as it was left. Final until it is restored.
    case damaged(path: String, Damage)
    /// Another process works with this authority. Heals.
    case busy(directory: String)
    /// A part of a name is empty, too long, not legible, or fails its check digit.
    case nameUnfit(AuthorityName.Field)
    /// The request is not signed with the key it is about.
    case requestNotSigned
    /// The key has a certificate for the other use: a key is for signing or for encrypting.
    case otherUse(serial: [UInt8])
    case serialUnknown(serial: [UInt8])
    /// Renewing what was taken back.
    case revoked(serial: [UInt8], since: CertificateTime)
    /// The authority's own certificate does not hold now.
    case rootNotValid(from: CertificateTime, to: CertificateTime)
    case full
    case daysOutOfRange(found: Int64)
    /// The row of the audit log that tells of it cannot be written, so it was not done.
    case unrecorded(reason: String)
    /// Taken back in the book; the row for the list that would say so to others cannot be written.
    case unpublished(reason: String)
}

extension AuthorityFault {
    package var code: String {
        switch self {
        case .missing: "JD-1617"
        case .damaged: "JD-1618"
        case .busy: "JD-1619"
        case .nameUnfit: "JD-1620"
        case .requestNotSigned: "JD-1621"
        case .otherUse: "JD-1622"
        case .serialUnknown: "JD-1623"
        case .revoked: "JD-1624"
        case .rootNotValid: "JD-1625"
        case .full: "JD-1626"
        case .daysOutOfRange: "JD-1627"
        case .unrecorded: "JD-1628"
        case .unpublished: "JD-1629"
        }
    }

    package var sentence: BilingualText {
        switch self {
        case .missing(let directory):
            .init("there is no certificate authority in \(directory)", zh: "\(directory) 中没有证书机构")
        case .damaged(let path, let damage): damage.sentence(path)
        case .busy(let directory):
            .init("another process works with the authority in \(directory)", zh: "另一进程正在使用 \(directory) 中的证书机构")
        case .nameUnfit(let field):
            .init("the name cannot be used: \(field.rule.english)", zh: "名称不可用：\(field.rule.chinese)")
        case .requestNotSigned:
            .init("the request is not signed with the key it is about", zh: "证书请求的签名与其公钥不符")
        case .otherUse(let serial):
            .init(
                "this key has the certificate \(Hex.encode(serial)) for the other use",
                zh: "该密钥已有另一用途的证书 \(Hex.encode(serial))")
        case .serialUnknown(let serial):
            .init("no certificate \(Hex.encode(serial)) was issued here", zh: "本机构未签发证书 \(Hex.encode(serial))")
        case .revoked(let serial, let since):
            .init(
                "the certificate \(Hex.encode(serial)) was revoked at \(since.text)",
                zh: "证书 \(Hex.encode(serial)) 已于 \(since.text) 吊销")
        case .rootNotValid(let from, let to):
            .init(
                "the authority's own certificate holds from \(from.text) to \(to.text), not now",
                zh: "机构自身证书的有效期为 \(from.text) 至 \(to.text)，当前无效")
        case .full:
            .init(
                "an authority issues at most \(AuthorityBook.issuedMax) certificates",
                zh: "一个机构最多签发 \(AuthorityBook.issuedMax) 张证书")
        case .daysOutOfRange(let found):
            .init(
                "\(found) days are outside 1 to \(CertificateAuthority.daysMax)",
                zh: "\(found) 天不在 1 至 \(CertificateAuthority.daysMax) 之间")
        case .unrecorded(let reason):
            .init(
                "the act cannot be written into the authority's audit log, so it was not done: \(reason)",
                zh: "无法写入证书机构的审计日志，操作未执行：\(reason)")
        case .unpublished(let reason):
            .init(
                "the certificate is taken back in the book, but no list says so yet: \(reason)",
                zh: "证书已在登记簿中撤销，但尚未签发撤销列表：\(reason)")
        }
    }

    package var fix: BilingualText {
        switch self {
        case .missing: .init("found one with: jiuding ca init", zh: "请先运行 jiuding ca init")
        case .damaged: .init("restore the whole folder from its newest backup", zh: "请用最新备份恢复整个目录")
        case .busy: .init("wait until it is done, then try again", zh: "请待其完成后重试")
        case .nameUnfit: .init("give it in this form", zh: "请按此格式填写")
        case .requestNotSigned: .init("make a new one with: jiuding ca request", zh: "请用 jiuding ca request 重新生成")
        case .otherUse: .init("make a second key for the second use", zh: "请为第二种用途另建密钥")
        case .serialUnknown: .init("see what was issued with: jiuding ca list", zh: "请用 jiuding ca list 查看已签发证书")
        case .revoked:
            .init(
                "have a new key certified: jiuding ca request, then ca issue",
                zh: "请更换密钥：先 jiuding ca request，再 ca issue")
        case .rootNotValid:
            .init("check this machine's clock; if it is right, found a new authority", zh: "请核对本机时钟；若无误，请新建证书机构")
        case .full: .init("found a second authority", zh: "请新建第二个证书机构")
        case .daysOutOfRange: .init("give a number of days within them", zh: "请给出此范围内的天数")
        case .unrecorded:
            .init(
                "check the folder audit in the authority's, its mode and the free space",
                zh: "请检查证书机构目录下的 audit 目录、权限与剩余空间")
        case .unpublished:
            .init(
                "make room or mend the folder audit, then run jiuding ca crl and hand the list out",
                zh: "请清理空间或修复 audit 目录，再运行 jiuding ca crl 并分发列表")
        }
    }
}

extension AuthorityFault.Damage {
    fileprivate func sentence(_ path: String) -> BilingualText {
        switch self {
        case .line(let number): .init("line \(number) of \(path) is damaged", zh: "\(path) 第 \(number) 行已损坏")
        case .missing: .init("\(path) is missing or empty", zh: "\(path) 缺失或为空")
        case .olderThanList:
            .init("\(path) is older than the revocation list beside it", zh: "\(path) 比同目录的吊销列表旧")
        case .otherKey: .init("\(path) was not signed by the key beside it", zh: "\(path) 不是由同目录的密钥签名的")
        }
    }
}

/// A text in the two languages people are spoken to in.
package struct BilingualText: Hashable, Sendable {
    package let english: String
    package let chinese: String

    package init(_ english: String, zh chinese: String) {
        self.english = english
        self.chinese = chinese
    }
}
