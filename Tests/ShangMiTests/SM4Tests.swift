// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

/// The paths a block can take on this machine; all must agree (CRYPTO-11).
private let paths = [CodePath.portable, .aesni, .gfni].filter(\.isSupported)

private func hex(_ text: String) -> [UInt8] { Hex.decode(text)! }

@Suite("SM4 and its modes (CRYPTO-11 to CRYPTO-15)") struct SM4Tests {
    /// Case n of Tests/Vectors/sm4-modes.py.
    private struct Case {
        let key: [UInt8]
        let nonce: [UInt8]
        let additional: [UInt8]
        let text: [UInt8]

        init(_ n: Int) {
            func stream(_ n: Int, _ count: Int) -> [UInt8] {
                (0..<count).map { UInt8(truncatingIfNeeded: 31 * $0 + n) }
            }
            let word = (0..<4).map { UInt8(truncatingIfNeeded: n >> (24 - 8 * $0)) }
            key = Array(SM3.hash(Array("key".utf8) + word).bytes.prefix(16))
            nonce = SM3.hash(Array("nonce".utf8) + word).bytes
            additional = stream(n, n % 37)
            text = stream(n + 1, 7 * n % 1100)
        }
    }

    @Test("the example of the standard, and a million encryptions of it, on every path (CRYPTO-11)", arguments: paths)
    func standard(_ path: CodePath) {
        let key = hex("0123456789abcdeffedcba9876543210")
        let cipher = SM4(key: key, path: path)
        var block = key
        cipher.transform(&block, from: 0, count: 16)
        #expect(Hex.encode(block) == "681edf34d206965e86b3e94f536e4246")
        SM4(key: key, .decrypting, path: path).transform(&block, from: 0, count: 16)
        #expect(block == key)
        // The second example of GB/T 32907-2016 annex A. Sliced it takes minutes; there the first 1,000 are compared.
        if path == .portable {
            var other = key
            let witness = SM4(key: key)
            for _ in 0..<1_000 {
                cipher.transform(&block, from: 0, count: 16)
                witness.transform(&other, from: 0, count: 16)
            }
            #expect(block == other)
        } else {
            for _ in 0..<1_000_000 { cipher.transform(&block, from: 0, count: 16) }
            #expect(Hex.encode(block) == "595298c7c6fd271f0402f804c33d3f66")
        }
    }

    @Test("any number of blocks anywhere is the same on every path and comes back (CRYPTO-11)", arguments: paths)
    func blocks(_ path: CodePath) {
        var random = SeededRandom(seed: 4)
        let key = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let (cipher, inverse) = (SM4(key: key, path: path), SM4(key: key, .decrypting, path: path))
        let witness = SM4(key: key, path: .portable)
        for count in Array(0...70) + [127, 128, 129] {
            let bytes = (0..<16 * count + 5).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var (mine, other) = (bytes, bytes)
            cipher.transform(&mine, from: 3, count: 16 * count)
            witness.transform(&other, from: 3, count: 16 * count)
            #expect(mine == other, "\(count) blocks")
            inverse.transform(&mine, from: 3, count: 16 * count)
            #expect(mine == bytes, "\(count) blocks back")
        }
    }

    @Test(
        "600 messages in each mode are enciphered as OpenSSL does it, and come back (CRYPTO-12, CRYPTO-13)",
        arguments: paths)
    func modes(_ path: CodePath) {
        var (gcm, cbc) = (SM3(), SM3())
        for n in 0..<600 {
            let one = Case(n)
            let sealing = SM4GCM(key: one.key, path: path)
            let nonce = Array(one.nonce.prefix(12))
            // Two bytes stand before the text and stay as they are.
            var bytes = [1, 2] + one.text
            sealing.seal(&bytes, from: 2, nonce: nonce, additional: one.additional)
            gcm.update(Array(bytes[2...]))
            let isOpen = sealing.open(&bytes, from: 2, nonce: nonce, additional: one.additional)
            #expect(isOpen && bytes == [1, 2] + one.text, "case \(n)")
            let whole = Array(one.text.prefix(one.text.count / 16 * 16))
            let vector = Array(one.nonce.prefix(16))
            bytes = [1, 2] + whole
            SM4CBC(key: one.key, .encrypting, path: path).transform(&bytes, from: 2, vector: vector)
            cbc.update(Array(bytes[2...]))
            SM4CBC(key: one.key, .decrypting, path: path).transform(&bytes, from: 2, vector: vector)
            #expect(bytes == [1, 2] + whole, "case \(n)")
        }
        #expect(gcm.finalize().hex == "1d30f746a7a611aba847d9fa866c4bbdd5fb7a6949d566e546983c2b1c71e769")
        #expect(cbc.finalize().hex == "484d985ee818e97b0f1fcd98fed715ecb799bba670718c53517707323bc42538")
    }

    @Test("the example of RFC 8998 for SM4-GCM (CRYPTO-13)", arguments: paths)
    func published(_ path: CodePath) {
        let cipher = SM4GCM(key: hex("0123456789abcdeffedcba9876543210"), path: path)
        let text =
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffff"
            + "eeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        var bytes = hex(text)
        cipher.seal(
            &bytes, from: 0, nonce: hex("00001234567800000000abcd"),
            additional: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        #expect(
            Hex.encode(bytes)
                == "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15"
                + "a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec")
    }

    @Test(
        "what was changed in any bit of text, tag, nonce or additional bytes does not open (CRYPTO-13)",
        arguments: paths)
    func forgery(_ path: CodePath) {
        let one = Case(77)
        let (cipher, nonce) = (SM4GCM(key: one.key, path: path), Array(one.nonce.prefix(12)))
        var sealed = Array(one.text.prefix(50))
        cipher.seal(&sealed, from: 0, nonce: nonce, additional: one.additional)
        func opens(_ bytes: [UInt8], _ nonce: [UInt8], _ additional: [UInt8]) -> Bool {
            var bytes = bytes
            let before = bytes
            let isOpen = cipher.open(&bytes, from: 0, nonce: nonce, additional: additional)
            if !isOpen { #expect(bytes == before, "refused bytes are not touched") }
            return isOpen
        }
        func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
            var bytes = bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            return bytes
        }
        #expect(opens(sealed, nonce, one.additional))
        for bit in 0..<sealed.count * 8 { #expect(!opens(flipped(sealed, bit), nonce, one.additional)) }
        for bit in 0..<96 { #expect(!opens(sealed, flipped(nonce, bit), one.additional)) }
        for bit in 0..<one.additional.count * 8 { #expect(!opens(sealed, nonce, flipped(one.additional, bit))) }
        for count in 0..<sealed.count { #expect(!opens(Array(sealed[..<count]), nonce, one.additional)) }
    }

    @Test("secret bytes are not printed, compare by value and lend a copy (CRYPTO-14)")
    func secrets() {
        let secret = SecretBytes([1, 2, 3])
        #expect(secret.bytes == [1, 2, 3] && secret.count == 3)
        #expect(!"\(secret)\(String(reflecting: secret))".contains("1") && Mirror(reflecting: secret).children.isEmpty)
        var bytes: [UInt8] = [9, 9]
        SecretBytes.wipe(&bytes)
        #expect(bytes == [0, 0])
        #expect(SecretBytes.areEqual([1, 2], [1, 2]) && !SecretBytes.areEqual([1, 2], [1, 3]))
        #expect(!SecretBytes.areEqual([1], [1, 2]) && SecretBytes.areEqual([], []))
    }

    @Test("a keyed digest of secret length is the plain one, for every length of every range (CRYPTO-15)")
    func secretLength() {
        var random = SeededRandom(seed: 15)
        let bytes = (0..<700).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let (key, header) = (Array(bytes[0..<32]), Array(bytes[32..<45]))
        for countMax in [0, 1, 42, 43, 50, 51, 52, 63, 64, 115, 116, 300, 511] {
            for countMin in [max(0, countMax - 256), max(0, countMax - 17), countMax] {
                for count in countMin...countMax {
                    let digest = SM3.hmac(
                        key: key, header: header, bytes: bytes, from: 7, count: count, countMin: countMin,
                        countMax: countMax)
                    let plain = SM3.hmac(key: key, message: header + bytes[7..<7 + count])
                    if digest != plain { Issue.record("\(count) of \(countMin)...\(countMax)") }
                }
            }
        }
        for (left, right) in [(0, 0), (0, 1), (1, 0), (255, 256), (1 << 40, 1)] {
            #expect(SM3.mask(left, isBelow: right) == (left < right ? .max : 0))
            #expect(SM3.mask(left, equals: right) == (left == right ? .max : 0))
        }
    }
}
