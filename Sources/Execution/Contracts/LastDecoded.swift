// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// Remembers what bytes last stood for, so that a record many calls meet is taken apart once.
///
/// It goes by the bytes alone: whatever was written or undone since, the same bytes are the same value.
struct LastDecoded<Value: Canonical & Sendable>: Sendable {
    private var last: (bytes: [UInt8], value: Value)?

    /// - Returns: nil where the bytes are no such value.
    /// - Cost: a comparison, of addresses only where the bytes are in the same place, if they are those of last time.
    mutating func decoded(_ bytes: [UInt8]) -> Value? {
        if let last, last.bytes == bytes { return last.value }
        guard let value = try? Value(decoding: bytes) else { return nil }
        last = (bytes, value)
        return value
    }
}
