// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Bytes nobody should see: a passphrase, a symmetric key. Wiped when the last reference goes; never printed
/// (KEY-2).
///
/// It cannot wipe the array or the string it was made from: keep those short-lived.
@safe package final class Secret: Sendable {
    // SAFETY: written in `init` only, before anyone else can hold the object; read-only until `deinit`.
    nonisolated(unsafe) private let buffer: UnsafeMutableRawBufferPointer

    package init(_ bytes: [UInt8]) {
        unsafe buffer = .allocate(byteCount: bytes.count, alignment: 16)
        // SAFETY: the buffer was allocated with exactly this many bytes.
        unsafe buffer.copyBytes(from: bytes)
    }

    package convenience init(utf8 text: String) { self.init([UInt8](text.utf8)) }

    /// Fresh bytes from the system's generator.
    package static func random(count: Int) throws(CustodyError) -> Secret {
        Secret(try SystemRandom.bytes(count: count))
    }

    deinit {
        // SAFETY: this is the last use; OPENSSL_cleanse is not removed by the optimizer.
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        unsafe buffer.deallocate()
    }

    package var count: Int { unsafe buffer.count }

    /// Lends the bytes for the time of one call. They must not be kept.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // SAFETY: `self` is alive until `body` returns; see `withExtendedLifetime`.
        withExtendedLifetime(self) { unsafe body(UnsafeRawBufferPointer(buffer)) }
    }

    /// Whether two secrets are equal, in a time that depends on their lengths only.
    package func matches(_ other: Secret) -> Bool {
        guard count == other.count else { return false }
        // SAFETY: both buffers have `count` bytes.
        return unsafe withBytes { mine in
            unsafe other.withBytes { unsafe CRYPTO_memcmp(mine.baseAddress, $0.baseAddress, mine.count) == 0 }
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "Secret(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
