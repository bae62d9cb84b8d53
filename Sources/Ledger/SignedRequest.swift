// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ShangMi

/// A request to a gateway as a member's key signs it: what is asked, of whom, when, and of which body.
///
/// Not a transaction and never to be taken for one: the signed bytes begin with a line no canonical form begins with.
/// - Spec: API-42.
package struct SignedRequest: Hashable, Sendable {
    /// The header fields that carry it.
    package enum Field {
        package static let key = "Jiuding-Key"
        package static let time = "Jiuding-Time"
        package static let nonce = "Jiuding-Nonce"
        package static let digest = "Jiuding-Digest"
        package static let signature = "Jiuding-Signature"
    }

    package static let nonceByteCount = 16

    package let method: String
    /// As the `Host` field has it.
    package let host: String
    /// Path and query as they are sent.
    package let target: String
    package let time: Timestamp
    package let nonce: [UInt8]
    /// SM3 of the body; of nothing where there is none.
    package let body: Digest

    package init(method: String, host: String, target: String, time: Timestamp, nonce: [UInt8], body: Digest) {
        (self.method, self.host, self.target) = (method, host, target)
        (self.time, self.nonce, self.body) = (time, nonce, body)
    }

    /// What is signed.
    package var message: [UInt8] {
        [UInt8](
            """
            jiuding request 1
            \(method)
            \(host)
            \(target)
            \(time.value)
            \(Hex.encode(nonce))
            \(body.hex)

            """.utf8)
    }
}
