// SPDX-License-Identifier: Apache-2.0
#if canImport(CShangMi)
internal import CShangMi
#endif

/// Bytes nobody should see: a session's secrets and keys. Wiped when the last reference goes; never printed.
///
/// It cannot wipe the array it was made from, nor what a caller copies out of it: keep those short-lived.
/// - Spec: CRYPTO-14.
@safe package final class SecretBytes: Sendable {
    // SAFETY: written in `init` only, before anyone else can hold the object; read-only until `deinit`.
    nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt8>

    package init(_ bytes: [UInt8]) {
        unsafe buffer = .allocate(capacity: bytes.count)
        // SAFETY: the buffer was allocated with exactly this many bytes.
        for index in bytes.indices { unsafe buffer[index] = bytes[index] }
    }

    deinit {
        // SAFETY: this is the last use of memory this object owns.
        unsafe SecretBytes.wipe(buffer)
        unsafe buffer.deallocate()
    }

    package var count: Int { unsafe buffer.count }

    /// A copy in ordinary memory, for the time of one computation.
    package var bytes: [UInt8] {
        // SAFETY: the buffer is alive as long as `self` is.
        unsafe withBytes { unsafe [UInt8]($0) }
    }

    /// Lends the bytes for the time of one call. They must not be kept.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // SAFETY: `self` is alive until `body` returns; see `withExtendedLifetime`.
        withExtendedLifetime(self) { unsafe body(UnsafeBufferPointer(buffer)) }
    }

    /// Overwrites bytes that were secret, in a way that is not optimised away.
    package static func wipe(_ bytes: inout [UInt8]) {
        // SAFETY: the pointer is used within the call only, with the array's own count.
        unsafe bytes.withUnsafeMutableBufferPointer { unsafe wipe($0) }
    }

    private static func wipe(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        #if canImport(CShangMi)
        unsafe shangmi_wipe(start, bytes.count)
        #else
        for index in 0..<bytes.count { unsafe start[index] = 0 }
        #endif
    }

    /// Whether bytes are equal, in a time that depends on their number only.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    package var description: String { "SecretBytes(hidden)" }
}

#if !hasFeature(Embedded)
extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
