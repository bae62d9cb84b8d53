// SPDX-License-Identifier: Apache-2.0

/// What became of a call to another contract.
public enum Outcome: Sendable {
    case answered(Bytes)
    /// The callee failed with this code, and all it wrote is undone; what the caller wrote stands.
    case failed(code: UInt64)
}
