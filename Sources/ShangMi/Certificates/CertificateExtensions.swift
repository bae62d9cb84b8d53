// SPDX-License-Identifier: Apache-2.0

/// What a certificate says beyond name, time and key. Each at most once; an unknown critical one is refused.
/// - Spec: CERT-4.
package struct CertificateExtensions: Hashable, Sendable {
    package static let countMax = 32
    package static let urlBytesMax = 512

    /// Whether the key may sign certificates, and how many authorities may follow below it.
    package struct Authority: Hashable, Sendable {
        package let pathLength: UInt8?
        package init(pathLength: UInt8?) { self.pathLength = pathLength }
    }

    /// Nil in the certificate of a node or a person.
    package var authority: Authority?
    package var usage: KeyUsage?
    package var subjectKeyIdentifier: [UInt8]?
    package var authorityKeyIdentifier: [UInt8]?
    package var revocationURL: String?
    /// 统一社会信用代码 of the organisation.
    package var socialCreditCode: String?

    package init() {}

    // MARK: Bytes

    /// SEQUENCE OF Extension, in the order above.
    package var der: [UInt8] {
        var list: [[UInt8]] = []
        func add(_ type: [UInt8], isCritical: Bool = false, _ value: [UInt8]) {
            let flag = isCritical ? DER.element(DER.Tag.boolean, [0xff]) : []
            list.append(
                DER.element(
                    DER.Tag.sequence,
                    DER.element(DER.Tag.object, type) + flag + DER.element(DER.Tag.octets, value)))
        }
        if let authority {
            let length = authority.pathLength.map { DER.unsigned([$0]) } ?? []
            let content = DER.element(DER.Tag.boolean, [0xff]) + length
            add(ObjectIdentifier.basicConstraints, isCritical: true, DER.element(DER.Tag.sequence, content))
        } else {
            add(ObjectIdentifier.basicConstraints, isCritical: true, DER.sequence([]))
        }
        if let usage { add(ObjectIdentifier.keyUsage, isCritical: true, usage.der) }
        if let subjectKeyIdentifier {
            add(ObjectIdentifier.subjectKeyIdentifier, DER.element(DER.Tag.octets, subjectKeyIdentifier))
        }
        if let authorityKeyIdentifier {
            let name = DER.element(DER.Tag.implicit(0), authorityKeyIdentifier)
            add(ObjectIdentifier.authorityKeyIdentifier, DER.sequence([name]))
        }
        if let revocationURL {
            let url = DER.element(DER.Tag.implicit(6), Array(revocationURL.utf8))
            let point = DER.element(DER.Tag.context(0), DER.element(DER.Tag.context(0), url))
            add(ObjectIdentifier.crlDistributionPoints, DER.sequence([DER.sequence([point])]))
        }
        if let socialCreditCode {
            add(ObjectIdentifier.socialCreditCode, DER.element(DER.Tag.printable, Array(socialCreditCode.utf8)))
        }
        return DER.sequence(list)
    }

    package init(from reader: inout DERReader) throws(DERError) {
        var list = try reader.inside("extensions")
        var seen: [[UInt8]] = []
        while !list.isAtEnd {
            let start = list
            var parts = try list.inside("an extension")
            let type = try parts.bytes(of: DER.Tag.object, "an extension's kind")
            let isCritical = try parts.flag("critical")
            let value = try parts.bytes(of: DER.Tag.octets, "an extension's value")
            try parts.finish("the extension")
            guard !seen.contains(type), seen.count < CertificateExtensions.countMax else {
                throw start.fail("each extension once")
            }
            seen.append(type)
            var content = DERReader(value)
            guard try read(type, &content) else {
                if isCritical { throw start.fail("no critical extension that is not known") }
                continue
            }
            try content.finish("the extension")
        }
    }

    /// False for one that is not known.
    private mutating func read(_ type: [UInt8], _ content: inout DERReader) throws(DERError) -> Bool {
        switch type {
        case ObjectIdentifier.basicConstraints:
            var parts = try content.inside("basic constraints")
            let isAuthority = try parts.flag("authority")
            let length = parts.isAtEnd ? nil : try parts.unsigned(bytesMax: 1, "a path length")
            try parts.finish("the basic constraints")
            guard isAuthority || length == nil else { throw parts.fail("no path length below no authority") }
            authority = isAuthority ? Authority(pathLength: length.map { $0.first ?? 0 }) : nil
        case ObjectIdentifier.keyUsage: usage = try KeyUsage(from: &content)
        case ObjectIdentifier.subjectKeyIdentifier:
            subjectKeyIdentifier = try content.bytes(of: DER.Tag.octets, "a key identifier")
        case ObjectIdentifier.authorityKeyIdentifier:
            var parts = try content.inside("an authority's key identifier")
            if parts.nextTag == DER.Tag.implicit(0) {
                authorityKeyIdentifier = try parts.bytes(of: DER.Tag.implicit(0), "a key identifier")
            }
            // Issuer and serial number may follow; the key says enough.
            while let tag = parts.nextTag { _ = try parts.bytes(of: tag, "an issuer") }
        case ObjectIdentifier.crlDistributionPoints:
            revocationURL = try CertificateExtensions.firstURL(&content)
        case ObjectIdentifier.socialCreditCode, ObjectIdentifier.organizationCode2012:
            let tag = content.nextTag ?? 0
            guard [DER.Tag.printable, DER.Tag.utf8].contains(tag) else { throw content.fail("a code in text") }
            let bytes = try content.bytes(of: tag, "a code")
            guard bytes.count <= 18, bytes.allSatisfy({ $0 < 0x80 }) else { throw content.fail("a code of 18 letters") }
            socialCreditCode = String(decoding: bytes, as: UTF8.self)
        default: return false
        }
        return true
    }

    /// The first URL among distribution points of any shape; nil where there is none.
    private static func firstURL(_ content: inout DERReader) throws(DERError) -> String? {
        var points = try content.inside("distribution points")
        var found: String?
        while !points.isAtEnd {
            var point = try points.inside("a distribution point")
            while let tag = point.nextTag {
                guard tag == DER.Tag.context(0) else {
                    _ = try point.bytes(of: tag, "a part of a distribution point")
                    continue
                }
                var name = try point.inside(tag, "a distribution point's name")
                guard name.nextTag == DER.Tag.context(0) else { break }
                var names = try name.inside(DER.Tag.context(0), "a full name")
                while let kind = names.nextTag {
                    let bytes = try names.bytes(of: kind, "a name")
                    if kind == DER.Tag.implicit(6), found == nil, bytes.count <= urlBytesMax,
                        bytes.allSatisfy({ (0x21...0x7e).contains($0) })
                    {
                        found = String(decoding: bytes, as: UTF8.self)
                    }
                }
            }
        }
        return found
    }
}
