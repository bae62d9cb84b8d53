// SPDX-License-Identifier: Apache-2.0

/// An SM3 digest: 32 bytes, written without a length.
/// - Spec: KIT-2.
public struct Digest: Storable, Hashable, Sendable {
    public let bytes: Bytes

    /// The SM3 digest of some bytes, taken by the host.
    public init(of bytes: Bytes) { self.bytes = Host.digest(bytes) }

    /// - Throws: `malformed` unless there are 32 bytes.
    public init(_ bytes: Bytes) throws(Failure) {
        guard bytes.count == 32 else { throw .malformed }
        self.bytes = bytes
    }

    public func encode(into writer: inout Writer) { writer.raw(bytes) }

    public init(from reader: inout Reader) throws(Failure) { bytes = try reader.raw(count: 32) }

    public static var shape: Shape { .digest }
}
