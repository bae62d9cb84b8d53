// SPDX-License-Identifier: Apache-2.0

/// Whom a certificate is about, or who issued it: names of parts, the largest unit first, as GM/T 0015 orders them.
///
/// Two names are the same where their bytes are: whoever copies a name copies its bytes (RFC 5280 section 7.1).
/// - Spec: CERT-2.
package struct DistinguishedName: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package let type: [UInt8]
        package let value: String

        package init(_ type: [UInt8], _ value: String) {
            self.type = type
            self.value = value
        }
    }

    /// More parts, or longer ones, no certificate of ours has.
    package static let partsMax = 16
    package static let valueBytesMax = 128

    package let der: [UInt8]
    package let parts: [Part]

    /// - Returns: nil for no parts, too many, an empty value or one too long.
    package init?(_ parts: [Part]) {
        guard (1...DistinguishedName.partsMax).contains(parts.count),
            parts.allSatisfy({ (1...DistinguishedName.valueBytesMax).contains($0.value.utf8.count) })
        else { return nil }
        self.parts = parts
        der = DER.sequence(
            parts.map { part in
                // The country is a code of two letters, which is printable text by its own rule.
                let isCode = part.type == ObjectIdentifier.country
                let value =
                    isCode
                    ? DER.element(DER.Tag.printable, Array(part.value.utf8)) : DER.text(part.value)
                return DER.element(
                    DER.Tag.set, DER.sequence([DER.element(DER.Tag.object, part.type), value]))
            })
    }

    package init(from reader: inout DERReader) throws(DERError) {
        let start = reader
        der = try reader.element(DER.Tag.sequence, "a name")
        var whole = DERReader(der)
        var list = try whole.inside("a name")
        var parts: [Part] = []
        while !list.isAtEnd {
            var set = try list.inside(DER.Tag.set, "a part of a name")
            // A set of several at one place exists in theory; each is read as a part of its own.
            while !set.isAtEnd {
                var pair = try set.inside("a part of a name")
                let type = try pair.bytes(of: DER.Tag.object, "the kind of a part")
                let tag = pair.nextTag ?? 0
                guard [DER.Tag.utf8, DER.Tag.printable, DER.Tag.ia5].contains(tag) else {
                    throw start.fail("a name in UTF-8 or printable text")
                }
                let bytes = try pair.bytes(of: tag, "the text of a part")
                try pair.finish("a part of a name")
                guard bytes.count <= DistinguishedName.valueBytesMax,
                    let text = String(validating: bytes, as: UTF8.self),
                    tag == DER.Tag.utf8 || bytes.allSatisfy({ $0 < 0x80 })
                else { throw start.fail("a name of valid text") }
                parts.append(Part(type, text))
                guard parts.count <= DistinguishedName.partsMax else { throw start.fail("a name of 16 parts at most") }
            }
        }
        self.parts = parts
    }

    package subscript(type: [UInt8]) -> String? { parts.first { $0.type == type }?.value }
    package var commonName: String? { self[ObjectIdentifier.commonName] }
    package var organization: String? { self[ObjectIdentifier.organization] }

    /// `C=CN, O=市大数据局, CN=node-1`
    package var description: String {
        parts.map { part in
            let label = DistinguishedName.labels.first { $0.type == part.type }?.label ?? "?"
            return "\(label)=\(part.value)"
        }.joined(separator: ", ")
    }

    /// Whether a person who reads it sees all of it: no part holds control, format or line-breaking characters.
    package var isLegible: Bool {
        parts.allSatisfy { part in
            part.value.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
                default: true
                }
            }
        }
    }

    private static let labels: [(type: [UInt8], label: String)] = [
        (ObjectIdentifier.country, "C"), (ObjectIdentifier.province, "ST"), (ObjectIdentifier.locality, "L"),
        (ObjectIdentifier.organization, "O"), (ObjectIdentifier.organizationalUnit, "OU"),
        (ObjectIdentifier.commonName, "CN"),
    ]
}
