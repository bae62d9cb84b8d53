// SPDX-License-Identifier: Apache-2.0

/// SM4 in Galois/counter mode (GB/T 36624-2018, NIST SP 800-38D): what it seals cannot be read, nor changed unseen.
///
/// A nonce used twice under one key gives both texts and the key of the sum away: callers count.
/// - Cost: above 1 GB/s with `.gfni` on records of 16 KiB.
/// - Spec: CRYPTO-13.
package struct SM4GCM: Sendable {
    package static let nonceBytes = 12
    package static let tagBytes = 16

    private let cipher: SM4
    /// An empty sum under the subkey, whose powers are computed once a key.
    private let sum: GHASH

    package init(key: [UInt8], path: CodePath? = nil) {
        cipher = SM4(key: key, path: path)
        var zero = [UInt8](repeating: 0, count: SM4.blockBytes)
        cipher.transform(&zero, from: 0, count: SM4.blockBytes)
        sum = GHASH(subkey: zero, path: cipher.path)
        SecretBytes.wipe(&zero)
    }

    /// Encrypts `bytes` from `start` on in place and appends the tag.
    package func seal(_ bytes: inout [UInt8], from start: Int, nonce: [UInt8], additional: [UInt8]) {
        let end = bytes.count
        cipher.addStream(&bytes, start..<end, nonce: nonce, first: 2)
        bytes += tag(bytes, start..<end, nonce, additional)
    }

    /// Checks the tag that ends `bytes`; where it is right, removes it and decrypts from `start` on in place.
    /// - Returns: false, with the bytes as they came, where nonce, text, tag or additional bytes were changed, or the
    ///   bytes /   are too short for a tag.
    package func open(_ bytes: inout [UInt8], from start: Int, nonce: [UInt8], additional: [UInt8]) -> Bool {
        let end = bytes.count - SM4GCM.tagBytes
        guard start <= end else { return false }
        guard SecretBytes.areEqual(Array(bytes[end...]), tag(bytes, start..<end, nonce, additional)) else {
            return false
        }
        bytes.removeLast(SM4GCM.tagBytes)
        cipher.addStream(&bytes, start..<end, nonce: nonce, first: 2)
        return true
    }

    private func tag(_ bytes: [UInt8], _ range: Range<Int>, _ nonce: [UInt8], _ additional: [UInt8]) -> [UInt8] {
        var sum = sum
        sum.update(additional, additional.indices)
        sum.update(bytes, range)
        let digest = sum.finalize(additionalCount: additional.count, textCount: range.count)
        var mask = SM4GCM.counter(nonce, 1)
        cipher.transform(&mask, from: 0, count: SM4.blockBytes)
        return (0..<SM4GCM.tagBytes).map { digest[$0] ^ mask[$0] }
    }

    private static func counter(_ nonce: [UInt8], _ number: UInt32) -> [UInt8] {
        precondition(nonce.count == nonceBytes, "a nonce has 12 bytes")
        return nonce + (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
    }
}
