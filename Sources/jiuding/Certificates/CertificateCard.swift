// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi

/// What a certificate says, for people and for programs.
struct CertificateCard {
    let certificate: Certificate
    private let now = CertificateTime.now

    init(_ certificate: Certificate) { self.certificate = certificate }

    /// SM3 over the whole certificate: what two people compare.
    private var fingerprint: String { SM3.hash(certificate.der).hex }

    static func words(_ usage: KeyUsage?) -> String { usage.map { $0.names.joined(separator: ", ") } ?? "-" }

    /// One word for what it is for.
    static func use(_ certificate: Certificate) -> String {
        if certificate.extensions.authority != nil { return phrase("authority", zh: "机构") }
        switch certificate.extensions.usage {
        case .some(.signing): return phrase("signing", zh: "签名")
        case .some(.encrypting): return phrase("encryption", zh: "加密")
        default: return words(certificate.extensions.usage)
        }
    }

    var pairs: [(name: String, value: String)] {
        let days = certificate.notAfter.days(since: now)
        var rows: [(name: String, value: String)] = [
            (phrase("subject", zh: "主体"), certificate.subject.description.visible),
            (phrase("issuer", zh: "签发者"), certificate.issuer.description.visible),
            (phrase("serial", zh: "序列号"), certificate.serial.hexadecimal),
            (phrase("use", zh: "用途"), CertificateCard.use(certificate)),
            (phrase("from", zh: "生效"), certificate.notBefore.text),
            (phrase("to", zh: "到期"), certificate.notAfter.text + phrase(", \(days) days left", zh: "，剩余 \(days) 天")),
        ]
        if let code = certificate.extensions.socialCreditCode {
            rows.append((phrase("credit code", zh: "统一社会信用代码"), code.visible))
        }
        rows.append((phrase("fingerprint", zh: "SM3 指纹"), fingerprint))
        return rows
    }

    var json: JSONText {
        [
            "subject": .text(certificate.subject.description), "issuer": .text(certificate.issuer.description),
            "serial": .text(certificate.serial.hexadecimal),
            "uses": .list((certificate.extensions.usage?.names ?? []).map { .text($0) }),
            "authority": .flag(certificate.extensions.authority != nil),
            "notBefore": .text(certificate.notBefore.rfc3339), "notAfter": .text(certificate.notAfter.rfc3339),
            "daysLeft": .whole(certificate.notAfter.days(since: now)),
            "socialCreditCode": .maybe(certificate.extensions.socialCreditCode),
            "publicKey": .text("04" + certificate.key.bytes.hexadecimal), "fingerprint": .text(fingerprint),
        ]
    }
}

/// What a revocation list says.
struct ListCard {
    let list: RevocationList

    init(_ list: RevocationList) { self.list = list }

    var pairs: [(name: String, value: String)] {
        [
            (phrase("issuer", zh: "签发者"), list.issuer.description.visible),
            (phrase("number", zh: "编号"), list.numberText),
            (phrase("revoked", zh: "吊销数"), String(list.count)), (phrase("made", zh: "发布"), list.made.text),
            (phrase("next due", zh: "下次更新"), list.next.text),
        ]
    }

    var json: JSONText {
        [
            "issuer": .text(list.issuer.description), "number": .text(list.numberText),
            "revoked": .whole(list.count), "made": .text(list.made.rfc3339), "next": .text(list.next.rfc3339),
        ]
    }
}

extension CertificateTime {
    /// `2026-11-21T04:59:51Z`
    var rfc3339: String { text.replacing(" UTC", with: "Z").replacing(" ", with: "T") }
}

extension [UInt8] {
    var hexadecimal: String { Hex.encode(self) }

    init?(hexadecimal text: String) {
        guard let bytes = Hex.decode(text) else { return nil }
        self = bytes
    }
}

extension String {
    /// What a stranger wrote, with nothing in it that would move a terminal's cursor or hide letters.
    var visible: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
