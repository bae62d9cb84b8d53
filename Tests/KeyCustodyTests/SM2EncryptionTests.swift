// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import Testing

@Suite struct SM2EncryptionTests {
    /// GB/T 32918.5-2017 appendix C: message, C1, C3, C2.
    let message = [UInt8]("encryption standard".utf8)
    let c1 =
        "04" + "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
        + "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    let c3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    let c2 = "21886ca989ca9c7d58087307ca93092d651efa"

    // KEY-14
    @Test("the ciphertext of GB/T 32918.5 opens with its key, in both orders and in DER")
    func standard() throws {
        let key = try Standard.key()
        let new = try SM2Ciphertext(raw: bytes(c1 + c3 + c2))
        let old = try SM2Ciphertext(raw: bytes(c1 + c2 + c3), order: .c1c2c3)
        #expect(new == old)
        #expect(try key.decrypt(new) == message)
        #expect(try key.decrypt(SM2Ciphertext(der: new.der)) == message)
        #expect(Hex.encode(new.raw()) == c1 + c3 + c2)
        #expect(Hex.encode(new.raw(order: .c1c2c3)) == c1 + c2 + c3)
    }

    // KEY-14
    @Test("what is encrypted opens to itself at every length, and short messages are never left in the clear")
    func roundTrip() throws {
        let key = try PrivateKey.generate()
        for length in [1, 2, 16, 31, 32, 33, 1000, SM2Ciphertext.messageBytesMax] {
            let message = [UInt8](repeating: 0xa5, count: length)
            let ciphertext = try SM2Encryption.encrypt(message, to: key.publicKey)
            #expect(try key.decrypt(SM2Ciphertext(der: ciphertext.der)) == message)
            #expect(try SM2Ciphertext(raw: ciphertext.raw()) == ciphertext)
        }
        for _ in 0..<600 { #expect(try SM2Encryption.encrypt([7], to: key.publicKey).body != [7]) }
    }

    // KEY-14
    @Test("every changed bit of a ciphertext is refused, and so is another key")
    func tampering() throws {
        let key = try PrivateKey.generate()
        let raw = try SM2Encryption.encrypt([1, 2, 3, 4, 5, 6, 7, 8], to: key.publicKey).raw()
        for bit in 0..<(raw.count * 8) {
            var changed = raw
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(refusal { try key.decrypt(SM2Ciphertext(raw: changed)) } != nil, "bit \(bit)")
        }
        let other = try PrivateKey.generate()
        #expect(refusal { try other.decrypt(SM2Ciphertext(raw: raw)) } == .ciphertextRefused)
    }

    // KEY-6, KEY-14
    @Test("what has no form of a ciphertext is refused before any key is touched")
    func malformed() throws {
        #expect(refusal { try SM2Ciphertext(raw: bytes(c1 + c3)) } == .ciphertextMalformed)
        #expect(
            refusal { try SM2Ciphertext(raw: [5] + bytes(c1 + c3 + c2).dropFirst()) } == .ciphertextMalformed)
        let der = try SM2Ciphertext(raw: bytes(c1 + c3 + c2)).der
        for count in 0..<der.count {
            #expect(refusal { try SM2Ciphertext(der: [UInt8](der[..<count])) } == .ciphertextMalformed)
        }
        #expect(refusal { try SM2Ciphertext(der: der + [0]) } == .ciphertextMalformed)
        let key = try Standard.key().publicKey
        #expect(
            refusal { try SM2Encryption.encrypt([], to: key) }
                == .lengthOutOfRange(found: 0, limit: SM2Ciphertext.messageBytesMax))
    }
}
