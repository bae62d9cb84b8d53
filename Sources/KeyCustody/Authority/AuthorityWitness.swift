// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Something an authority is about to do.
package enum AuthorityAct: Hashable, Sendable {
    case found(Certificate)
    case issue(Certificate, CertificatePurpose)
    /// The same key under the same name again.
    case renew(Certificate, old: [UInt8])
    case revoke(Certificate, RevocationReason)
    case publish(number: UInt64, next: CertificateTime)
}

/// Writes an authority's acts down before they are done.
///
/// Whatever it throws, the act is not done: nothing of it is in the book, and nothing was handed out. What it was told
/// of last may still be missing in the book where a process was killed in between; the book is held by one process
/// (CERT-13), so no more than that can be.
/// - Spec: AUD-15.
package protocol AuthorityWitness {
    /// The authority is held by this process and will act; nothing was done yet.
    /// - Parameter root: nil while it is founded.
    func opened(_ book: AuthorityBook, root: Certificate?) throws(CustodyError)
    func willDo(_ act: AuthorityAct) throws(CustodyError)
}
