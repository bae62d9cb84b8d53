// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi
package struct SparseProof: Hashable, Sendable, Canonical {
    package init() {}
    package func verify(key: [UInt8], value: [UInt8]?, root: Digest) -> Bool { false }
    package func encode(into encoder: inout Encoder) {}
    package init(from decoder: inout Decoder) throws(DecodeError) {}
}
