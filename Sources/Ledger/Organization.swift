// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// One of those that keep the chain together: an agency, a court, a bank.
/// - Spec: ORG-1 to ORG-3 (docs/spec/membership.md).
package struct Organization: Hashable, Sendable, Canonical {
    /// What policies, members and validators call it; never used for a second one.
    package let id: Label
    package let name: Label
    /// 统一社会信用代码; nil where a founding leaves it open.
    package let creditCode: CreditCode?
    /// 行政区划代码; nil where a founding leaves it open.
    package let region: RegionCode?
    package let cloud: Label
    package let site: Label

    package init(
        id: Label, name: Label? = nil, creditCode: CreditCode? = nil, region: RegionCode? = nil,
        cloud: Label = Label(literal: ""), site: Label = Label(literal: "")
    ) {
        self.id = id
        self.name = name ?? id
        self.creditCode = creditCode
        self.region = region
        self.cloud = cloud
        self.site = site
    }

    package func encode(into encoder: inout Encoder) {
        id.encode(into: &encoder)
        name.encode(into: &encoder)
        encoder.optional(creditCode)
        encoder.optional(region)
        cloud.encode(into: &encoder)
        site.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        id = try Label(from: &decoder)
        guard id.utf8.count <= Limits.organizationIDBytesMax else { throw .notCanonical(offset: start) }
        name = try Label(from: &decoder)
        creditCode = try decoder.optional(CreditCode.self)
        region = try decoder.optional(RegionCode.self)
        cloud = try Label(from: &decoder)
        site = try Label(from: &decoder)
    }
}

/// A unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, the last of which checks the others.
/// - Spec: ORG-2.
package struct CreditCode: Hashable, Comparable, Sendable, Canonical {
    package let ascii: [UInt8]

    package static let length = 18
    /// The 31 characters of the standard, each at its value: digits, then letters without I, O, S, V, Z.
    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

    /// - Returns: nil for another length, a character outside the standard's, or a wrong check character.
    package init?(ascii: [UInt8]) {
        guard ascii.count == CreditCode.length, let check = CreditCode.check(of: ascii.prefix(17)),
            ascii[17] == check
        else { return nil }
        self.ascii = ascii
    }

    package init?(_ text: String) { self.init(ascii: Array(text.utf8)) }

    package var text: String { String(decoding: ascii, as: UTF8.self) }

    /// The check character of 17 others: weights are the powers of 3 modulo 31 (GB 32100-2015, appendix A).
    package static func check(of body: ArraySlice<UInt8>) -> UInt8? {
        var (sum, weight) = (0, 1)
        for character in body {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            sum += value * weight
            weight = weight * 3 % 31
        }
        return alphabet[(31 - sum % 31) % 31]
    }

    package static func < (left: CreditCode, right: CreditCode) -> Bool {
        left.ascii.lexicographicallyPrecedes(right.ascii)
    }

    package func encode(into encoder: inout Encoder) { encoder.raw(ascii) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard let code = CreditCode(ascii: try decoder.raw(count: CreditCode.length)) else {
            throw .notCanonical(offset: start)
        }
        self = code
    }
}

/// A code of an administrative division (行政区划代码, GB/T 2260): six digits, the first two a province's.
/// - Spec: ORG-3.
package struct RegionCode: Hashable, Sendable, Canonical {
    /// 110000 to 829999.
    package let value: UInt32

    /// - Returns: nil where the first two digits are no province's (11 to 82).
    package init?(_ value: UInt32) {
        guard (110_000...829_999).contains(value) else { return nil }
        self.value = value
    }

    /// - Returns: nil unless the text is six digits of that kind.
    package init?(_ text: String) {
        guard text.utf8.count == 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt32(text)
        else { return nil }
        self.init(value)
    }

    package var text: String { String(value) }

    package func encode(into encoder: inout Encoder) { encoder.u32(value) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard let code = RegionCode(try decoder.u32()) else { throw .notCanonical(offset: start) }
        self = code
    }
}
