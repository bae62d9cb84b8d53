// SPDX-License-Identifier: Apache-2.0

/// Holds one SM2 private key and signs with it; the key itself never leaves.
///
/// Guarantees of every body: `sign` gives a signature over SM3(Z ‖ message) with the default user ID that
/// `SM2.Verifier` accepts for `publicKey`, or throws and gives nothing. It may take milliseconds (a device) and may be
/// called from several threads at once.
package protocol Signer: Sendable {
    var publicKey: SM2.PublicKey { get }
    func sign(_ message: [UInt8]) throws(SignerError) -> SM2.Signature
}

/// Why a signature could not be made. May heal: the key or the device may come back.
package enum SignerError: Error, Hashable, Sendable {
    case unavailable(reason: String)
}
