// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// What a link needs of keys that live elsewhere: in a file's custody or in a device that takes its time.
///
/// - Spec: TLCP-19.
package enum PrivateRequest: Sendable {
    /// Sign with the signing key, under the default user ID.
    case sign([UInt8])
    /// Decrypt an SM2Cipher in DER with the encryption key.
    case decrypt([UInt8])
    /// Encrypt to a key of the other side, giving an SM2Cipher in DER. No secret of ours but the text; asked here
    /// because it needs arithmetic that is constant in time, and randomness.
    case encrypt(SecretBytes, to: SM2.PublicKey)
}

/// The answer to the one request that is open.
package enum PrivateAnswer: Sendable {
    case signature(SM2.Signature)
    /// Nil where the ciphertext does not open.
    case text(SecretBytes?)
    case ciphertext([UInt8])
    /// The key or device is not there now.
    case unavailable(reason: String)
}

/// Holds the two private keys of one owner and answers for them; the keys themselves never leave.
///
/// Guarantees of every body: the answer is the kind its request asks for, or `.unavailable`. It may take milliseconds
/// and be called from several threads at once.
package protocol PrivateKeys: Sendable {
    func perform(_ request: PrivateRequest) -> PrivateAnswer
}
