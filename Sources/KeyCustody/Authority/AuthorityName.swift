// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Whom an authority speaks for: the organisation, where it is, and its 统一社会信用代码.
/// - Spec: CERT-2, CERT-10.
package struct AuthorityName: Hashable, Sendable {
    package enum Field: Hashable, Sendable {
        case organisation, commonName, country, province, city, creditCode, url, subject
    }

    package var organisation: String
    /// The organisation's name where it is nil.
    package var commonName: String?
    /// Two capital letters of ISO 3166.
    package var country = "CN"
    package var province: String?
    package var city: String?
    /// 18 letters and digits, the last of which checks the others (GB 32100-2015).
    package var creditCode: String?
    /// Where whoever holds a certificate finds the revocation list.
    package var revocationURL: String?

    package init(organisation: String) { self.organisation = organisation }

    /// - Throws: `.nameUnfit` with the first part that cannot stand in a certificate.
    package func distinguished() throws(CustodyError) -> DistinguishedName {
        let letters = Array(country.utf8)
        guard letters.count == 2, letters.allSatisfy({ (0x41...0x5a).contains($0) }) else {
            throw .authority(.nameUnfit(.country))
        }
        if let creditCode, !AuthorityName.isCreditCode(creditCode) { throw .authority(.nameUnfit(.creditCode)) }
        if let revocationURL, !AuthorityName.isURL(revocationURL) { throw .authority(.nameUnfit(.url)) }
        let fields: [(Field, [UInt8], String?)] = [
            (.country, ObjectIdentifier.country, country), (.province, ObjectIdentifier.province, province),
            (.city, ObjectIdentifier.locality, city), (.organisation, ObjectIdentifier.organization, organisation),
            (.commonName, ObjectIdentifier.commonName, commonName ?? organisation),
        ]
        var parts: [DistinguishedName.Part] = []
        for (field, type, value) in fields {
            guard let value else { continue }
            let part = DistinguishedName.Part(type, value)
            guard let alone = DistinguishedName([part]), alone.isLegible else { throw .authority(.nameUnfit(field)) }
            parts.append(part)
        }
        guard let name = DistinguishedName(parts) else { throw .authority(.nameUnfit(.organisation)) }
        return name
    }

    private static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("ldap://"))
            && text.utf8.count <= CertificateExtensions.urlBytesMax
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// Whether the last of 18 characters is what the others make it (GB 32100-2015 section 5.4).
    package static func isCreditCode(_ code: String) -> Bool {
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
        let values = code.utf8.map { alphabet.firstIndex(of: $0) }
        guard values.count == 18 else { return false }
        var (sum, weight) = (0, 1)
        for value in values.dropLast() {
            guard let value else { return false }
            sum += value * weight
            weight = weight * 3 % 31
        }
        return values[17] == (31 - sum % 31) % 31
    }
}

extension AuthorityName.Field {
    var rule: BilingualText {
        switch self {
        case .country: .init("a country is two capital letters", zh: "国家代码为两个大写字母")
        case .creditCode:
            .init("a credit code is 18 characters with a right check digit", zh: "统一社会信用代码为 18 位且校验位正确")
        case .url:
            .init("an address begins with http:// and has at most 512 characters", zh: "地址以 http:// 开头，最多 512 个字符")
        case .organisation: .init("an organisation" + AuthorityName.Field.form, zh: "单位名称\(AuthorityName.Field.formZh)")
        case .commonName: .init("a common name" + AuthorityName.Field.form, zh: "通用名\(AuthorityName.Field.formZh)")
        case .province: .init("a province" + AuthorityName.Field.form, zh: "省份\(AuthorityName.Field.formZh)")
        case .city: .init("a city" + AuthorityName.Field.form, zh: "城市\(AuthorityName.Field.formZh)")
        case .subject:
            .init("each part of a subject" + AuthorityName.Field.form, zh: "主体名称的各部分\(AuthorityName.Field.formZh)")
        }
    }

    private static var form: String {
        " has 1 to \(DistinguishedName.valueBytesMax) bytes of UTF-8 without control characters"
    }
    private static var formZh: String { "为 1 至 \(DistinguishedName.valueBytesMax) 字节的 UTF-8，不含控制字符" }
}
