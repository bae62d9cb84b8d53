// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

/// The paths and value digests of many keys at once, in lanes.
/// - Spec: STATE-2, STATE-3.
enum StatePath {
    static func path(of key: [UInt8]) -> Digest { SM3.hash(StateRule.pathTag, key.span) }

    static func paths(of keys: [[UInt8]]) -> [Digest] { SM3.hashMany(tag: StateRule.pathTag, keys) }

    static func valueDigests(of values: [[UInt8]]) -> [Digest] { SM3.hashMany(tag: StateRule.valueTag, values) }
}
