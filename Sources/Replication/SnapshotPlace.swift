// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import Storage

/// A part of a snapshot: a subtree of the state at a height.
/// - Spec: PEER-1, SNAP-4.
package struct SnapshotPlace: Hashable, Sendable, Canonical {
    package let height: Height
    package let prefix: StatePrefix

    package init(height: Height, prefix: StatePrefix) {
        self.height = height
        self.prefix = prefix
    }

    package func encode(into encoder: inout Encoder) {
        height.encode(into: &encoder)
        prefix.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        height = try Height(from: &decoder)
        prefix = try StatePrefix(from: &decoder)
    }
}
