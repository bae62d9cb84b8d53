// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import Testing

@Suite struct SealedBoxTests {
    let key = try! SealingKey(master: Secret([UInt8](0..<32)))

    // KEY-13
    @Test("what is sealed opens to itself, in both modes and at every length around a block")
    func roundTrip() throws {
        for mode in SealedBox.Mode.allCases {
            for length in [0, 1, 15, 16, 17, 31, 32, 33, 1000, 100_000] {
                let content = [UInt8](repeating: 0x5a, count: length)
                let box = try SealedBox.seal(content, under: key, context: [1, 2], mode: mode)
                #expect(try SealedBox.open(box, under: key, context: [1, 2]) == content)
                let padding = mode == .counter ? 0 : 16 - length % 16
                #expect(box.count == 1 + 16 + length + padding + 32)
                #expect(box[0] == mode.rawValue)
            }
        }
    }

    // KEY-13
    @Test("every changed bit, every lost byte and every added byte is refused")
    func tampering() throws {
        for mode in SealedBox.Mode.allCases {
            let box = try SealedBox.seal([UInt8]("九鼎".utf8), under: key, context: [1], mode: mode)
            for bit in 0..<(box.count * 8) {
                var changed = box
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(
                    refusal { try SealedBox.open(changed, under: key, context: [1]) } != nil, "bit \(bit)")
            }
            for count in 0..<box.count {
                #expect(
                    refusal { try SealedBox.open([UInt8](box[..<count]), under: key, context: [1]) } != nil)
            }
            #expect(refusal { try SealedBox.open(box + [0], under: key, context: [1]) } == .ciphertextRefused)
        }
    }

    // KEY-12, KEY-13
    @Test("another key, another context or a shifted one does not open a box")
    func binding() throws {
        let box = try SealedBox.seal([9, 9, 9], under: key, context: [1, 2])
        for context in [[], [1], [2, 1], [1, 2, 1]] as [[UInt8]] {
            #expect(refusal { try SealedBox.open(box, under: key, context: context) } == .ciphertextRefused)
        }
        let other = try SealingKey(master: Secret([UInt8](1..<33)))
        #expect(refusal { try SealedBox.open(box, under: other, context: [1, 2]) } == .ciphertextRefused)
        #expect(try SealedBox.seal([9], under: key) != SealedBox.seal([9], under: key))
    }

    // KEY-13
    @Test(
        "a box is what its rule says: SM4 of the content, then HMAC-SM3 over context and all before the tag")
    func form() throws {
        let (cipherKey, macKey) = (Secret([UInt8](0..<16)), Secret([UInt8](16..<48)))
        let own = try SealingKey(cipherKey: cipherKey, macKey: macKey)
        for mode in SealedBox.Mode.allCases {
            let box = try SealedBox.seal([1, 2, 3], under: own, context: [7, 7], mode: mode)
            let nonce = [UInt8](box[1..<17])
            let middle =
                mode == .counter
                ? OpenSSLReference.sm4CTREncrypt([1, 2, 3], key: cipherKey, vector: nonce)
                : OpenSSLReference.sm4CBCEncrypt([1, 2, 3], key: cipherKey, vector: nonce)
            let signed = [mode.rawValue] + nonce + (try #require(middle))
            #expect(try box == signed + HMAC.sm3([0, 0, 0, 0, 0, 0, 0, 2, 7, 7] + signed, key: macKey))
        }
    }

    // KEY-12
    @Test("keys of a wrong length are refused")
    func keyLengths() {
        let (short, long) = (Secret([1]), Secret([UInt8](repeating: 1, count: 32)))
        #expect(refusal { try SealingKey(master: short) } == .lengthOutOfRange(found: 1, limit: 32))
        #expect(
            refusal { try SealingKey(cipherKey: long, macKey: long) }
                == .lengthOutOfRange(found: 32, limit: 16))
    }

    // KEY-12
    @Test("secrets compare by their bytes")
    func secrets() {
        #expect(Secret([1, 2]).matches(Secret([1, 2])))
        #expect(!Secret([1, 2]).matches(Secret([1, 3])))
        #expect(!Secret([1, 2]).matches(Secret([1, 2, 3])))
    }
}
