// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

/// The paths and value digests of many keys at once, in lanes.
/// - Spec: STATE-2, STATE-3.
enum StatePath {
    static func paths(of keys: [[UInt8]]) -> [Digest] { hash(keys, tag: StateRule.pathTag) }

    static func valueDigests(of values: [[UInt8]]) -> [Digest] { hash(values, tag: StateRule.valueTag) }

    private static func hash(_ messages: [[UInt8]], tag: UInt8) -> [Digest] {
        var tagged: [[UInt8]] = []
        tagged.reserveCapacity(messages.count)
        for message in messages {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(message.count + 1)
            bytes.append(tag)
            bytes.append(contentsOf: message)
            tagged.append(bytes)
        }
        return SM3.hashMany(tagged)
    }
}
