// SPDX-License-Identifier: Apache-2.0

/// What tidy checks. Each rule passes or fails as a whole and counts as one in the last line.
package enum Rule: String, CaseIterable, Sendable {
    case licence
    case imports
    case purity
    case unsafety
    case traps
    case testable
    case hashOrder = "hash-order"
    case fileLength = "file-length"
    case functionLength = "function-length"
    case lineLength = "line-length"
    case ratchet
    case typeName = "type-name"
    case fileName = "file-name"
    case spec
    case links
    case executable
    case machinePath = "machine-path"
}
