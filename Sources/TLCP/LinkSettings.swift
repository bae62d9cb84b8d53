// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// The two certificates we show.
package struct Credentials: Hashable, Sendable {
    package let signing: Certificate
    package let encrypting: Certificate

    package init(signing: Certificate, encrypting: Certificate) {
        (self.signing, self.encrypting) = (signing, encrypting)
    }
}

/// Everything one link is told when it begins.
package struct LinkSettings: Sendable {
    /// Whom we accept once its certificates are good.
    package enum Admission: Hashable, Sendable {
        /// Anyone an authority we trust vouches for.
        case anyone
        /// The one of this common name: who dials knows whom.
        case named(String)
        /// Holders of these signing keys: the members of a committee.
        case keys([SM2.PublicKey])
    }

    package let role: Role
    package let credentials: Credentials?
    package let trust: CertificateTrust
    /// The wall clock when the link begins: a handshake is too short for it to matter when exactly.
    package let clock: CertificateTime
    /// At least 32 bytes from the system's generator, for this link alone (TLCP-20).
    package let seed: SecretBytes
    package var suites: [CipherSuite] = CipherSuite.allCases
    package var admission = Admission.anyone
    /// A server's: whether a client must show who it is. Between nodes always.
    package var asksClient = true
    /// Tests set less.
    package var recordsPerKeyMax = Limits.recordsPerKeyMax

    /// - Parameter credentials: nil only for a client that nobody asks.
    package init(
        _ role: Role, _ credentials: Credentials?, trust: CertificateTrust, clock: CertificateTime, seed: SecretBytes
    ) {
        precondition(role == .client || credentials != nil, "a server shows certificates")
        precondition(seed.count >= 32, "a seed has at least 32 bytes")
        (self.role, self.credentials, self.trust, self.clock, self.seed) = (role, credentials, trust, clock, seed)
    }
}

/// Who is at the other end, by certificates that were good when the link began.
package struct LinkPeer: Hashable, Sendable {
    /// Nil where a server did not ask.
    package let signing: Certificate?
    package let encrypting: Certificate?
    package let suite: CipherSuite
}
