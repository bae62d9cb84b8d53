// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// From the first secret to the keys of both directions.
///
/// - Spec: TLCP-11. Source: GB/T 38636-2020 sections 5.2, 6.5.
package enum KeySchedule {
    package static let firstSecretBytes = 48
    package static let masterBytes = 48
    package static let verifyBytes = 12

    /// The keys one direction of records is protected with.
    package struct RecordKeys: Sendable {
        /// Empty in GCM.
        package let mac: SecretBytes
        package let cipher: SecretBytes
        /// The four bytes of a nonce that do not travel; empty in CBC, whose vectors travel whole.
        package let nonce: SecretBytes
    }

    /// PRF(secret, label, seed): HMAC-SM3 over and over, as many bytes as are wanted.
    ///
    /// A(0) = label ‖ seed, A(i) = HMAC(secret, A(i-1)); the output is HMAC(secret, A(i) ‖ label ‖ seed) for i from 1
    /// on.
    package static func expand(_ secret: SecretBytes, _ label: String, _ seed: [UInt8], count: Int) -> SecretBytes {
        var key = secret.bytes
        defer { SecretBytes.wipe(&key) }
        let start = Array(label.utf8) + seed
        var chain = SM3.hmac(key: key, message: start).bytes
        var output: [UInt8] = []
        while output.count < count {
            output += SM3.hmac(key: key, message: chain + start).bytes
            chain = SM3.hmac(key: key, message: chain).bytes
        }
        defer { SecretBytes.wipe(&output) }
        return SecretBytes(Array(output[..<count]))
    }

    package static func master(_ firstSecret: SecretBytes, client: [UInt8], server: [UInt8]) -> SecretBytes {
        expand(firstSecret, "master secret", client + server, count: masterBytes)
    }

    /// The keys for what the client sends and for what the server sends, in the order of the key block: MACs, ciphers,
    /// vectors, the client's before the server's.
    package static func keys(
        _ suite: CipherSuite, master: SecretBytes, client: [UInt8], server: [UInt8]
    ) -> (client: RecordKeys, server: RecordKeys) {
        let (mac, nonce) = suite == .gcm ? (0, 4) : (32, 0)
        var block = expand(master, "key expansion", server + client, count: 2 * (mac + SM4.keyBytes + nonce)).bytes
        defer { SecretBytes.wipe(&block) }
        func part(_ start: Int, _ count: Int) -> SecretBytes { SecretBytes(Array(block[start..<start + count])) }
        let (ciphers, nonces) = (2 * mac, 2 * mac + 2 * SM4.keyBytes)
        return (
            RecordKeys(mac: part(0, mac), cipher: part(ciphers, SM4.keyBytes), nonce: part(nonces, nonce)),
            RecordKeys(
                mac: part(mac, mac), cipher: part(ciphers + SM4.keyBytes, SM4.keyBytes),
                nonce: part(nonces + nonce, nonce))
        )
    }

    /// What Finished holds: both sides have the same handshake and the same secret.
    package static func verification(master: SecretBytes, of role: Role, transcript: Digest) -> [UInt8] {
        let label = role == .client ? "client finished" : "server finished"
        return expand(master, label, transcript.bytes, count: verifyBytes).bytes
    }
}

/// Which end of a link.
package enum Role: String, Hashable, Sendable {
    case client, server
    var other: Role { self == .client ? .server : .client }
}

/// Fresh bytes for one link, all from the one seed its host gave: HMAC-SM3 of a counter and a label under the seed.
///
/// - Spec: TLCP-20.
struct SecretStream: Sendable {
    private let seed: SecretBytes
    private var counter: UInt64 = 0

    init(seed: SecretBytes) { self.seed = seed }

    /// At most 32 bytes.
    mutating func draw(_ label: String, count: Int) -> [UInt8] {
        var key = seed.bytes
        defer { SecretBytes.wipe(&key) }
        let number = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        counter += 1
        return Array(SM3.hmac(key: key, message: number + Array(label.utf8)).bytes[..<count])
    }
}
