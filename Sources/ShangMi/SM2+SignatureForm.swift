// SPDX-License-Identifier: Apache-2.0

/// The form a signature has in certificates, handshakes and devices; the ledger has r ‖ s.
/// - Spec: KEY-6.
extension SM2.Signature {
    /// Reads SM2Signature (GM/T 0009-2012): SEQUENCE { INTEGER r, INTEGER s }, in its one canonical form.
    package init(der: [UInt8]) throws(DERError) {
        var outer = DERReader(der)
        let start = outer
        var pair = try outer.inside("a signature's numbers")
        try outer.finish("the signature")
        let (r, s) = (try pair.unsigned(byteCount: 32, "r"), try pair.unsigned(byteCount: 32, "s"))
        try pair.finish("the signature")
        guard let r = Digest(r), let s = Digest(s) else { throw start.fail("a signature") }
        self.init(r: r, s: s)
    }

    /// 70 to 72 bytes, as a rule.
    package var der: [UInt8] { DER.sequence([DER.unsigned(r.bytes), DER.unsigned(s.bytes)]) }
}
