// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM3")
struct SM3Tests {
    static let paths = [CodePath.portable, .avx2, .avx512].filter { $0.isSupported }

    @Test("the two examples of GB/T 32905-2016 give the printed digests (CRYPTO-1)")
    func standardExamples() {
        #expect(
            SM3.hash([UInt8]("abc".utf8)).hex
                == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        let long = [UInt8](String(repeating: "abcd", count: 16).utf8)
        #expect(SM3.hash(long).hex == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
    }

    @Test("a message fed in pieces has the digest of the whole, wherever it is cut (CRYPTO-1)")
    func pieces() {
        var random = SeededRandom(seed: 1)
        let message = random.bytes(count: 200)
        let whole = SM3.hash(message)
        for first in stride(from: 0, through: 200, by: 3) {
            for second in stride(from: first, through: 200, by: 17) {
                var hash = SM3()
                hash.update([UInt8](message[..<first]))
                hash.update([UInt8](message[first..<second]))
                for byte in message[second...] { hash.update(byte: byte) }
                #expect(hash.finalize() == whole, "cut at \(first) and \(second)")
            }
        }
    }

    @Test("a digest fed as a digest counts as its 32 bytes, at every offset in a block (CRYPTO-1)")
    func digestPieces() {
        let digest = SM3.hash([1])
        for offset in 0...70 {
            let prefix = [UInt8](repeating: 7, count: offset)
            var hash = SM3()
            hash.update(prefix)
            hash.update(digest)
            #expect(hash.finalize() == SM3.hash(prefix + digest.bytes), "offset \(offset)")
        }
    }

    @Test("many messages of every length hash as one by one, on every path (CRYPTO-2)", arguments: paths)
    func manyMessages(path: CodePath) {
        var random = SeededRandom(seed: 2)
        for count in [0, 1, 2, 3, 8, 15, 16, 17, 40] {
            let messages = (0..<count).map { _ in random.bytes(count: random.below(150)) }
            #expect(SM3.hashMany(messages, path: path) == messages.map(SM3.hash), "\(count) messages")
        }
        let everyLength = (0...260).map { random.bytes(count: $0) }
        #expect(SM3.hashMany(everyLength, path: path) == everyLength.map(SM3.hash))
        // Around the eight blocks a lane kernel takes at a time.
        let long = [455, 456, 511, 512, 513, 519, 520, 1000, 1031, 1032, 5000].flatMap { length in
            (0..<5).map { _ in random.bytes(count: length) }
        }
        #expect(SM3.hashMany(long, path: path) == long.map(SM3.hash))
        #expect(SM3.hashMany(long) == long.map(SM3.hash))
    }

    @Test("one message, and many behind one byte, hash the same on every path (CRYPTO-2)", arguments: paths + [.bmi2])
    func taggedMessages(path: CodePath) {
        guard path.isSupported else { return }
        var random = SeededRandom(seed: 5)
        for length in 0...260 {
            let message = random.bytes(count: length)
            var fed = SM3()
            fed.update(message)
            #expect(SM3.hash(message, path: path) == fed.finalize(), "\(length) bytes")
            #expect(SM3.hash(0x81, message.span) == SM3.hash([0x81] + message, path: path), "\(length) bytes")
        }
        let messages = (0...260).map { random.bytes(count: $0) } + (0..<5).map { _ in random.bytes(count: 1_030) }
        let expected = messages.map { SM3.hash([0x81] + $0, path: .portable) }
        #expect(SM3.hashMany(tag: 0x81, messages, path: path) == expected)
        #expect(SM3.hashMany(tag: 0x81, messages) == expected)
    }

    @Test("a pair hashes as its tag and its two digests in a row, on every path (CRYPTO-2)", arguments: paths)
    func pairs(path: CodePath) {
        var random = SeededRandom(seed: 3)
        for count in [0, 1, 3, 8, 9, 16, 33] {
            let pairs = (0..<count).map { _ in
                (left: Digest(random.bytes(count: 32))!, right: Digest(random.bytes(count: 32))!)
            }
            for tag in [0, 1, 0x80, 0xff] as [UInt8] {
                let expected = pairs.map { SM3.hash([tag] + $0.left.bytes + $0.right.bytes) }
                #expect(SM3.hashPairs(tag: tag, pairs, path: path) == expected)
                #expect(SM3.hashPairs(tag: tag, pairs) == expected)
            }
            let bare = pairs.map { SM3.hash($0.left.bytes + $0.right.bytes) }
            #expect(SM3.hashPairs(tag: nil, pairs, path: path) == bare)
        }
    }

    @Test("HMAC-SM3 gives OpenSSL's values for a short and an overlong key (CRYPTO-3)")
    func hmac() {
        let short = SM3.hmac(
            key: [UInt8](1...32), message: [UInt8](String(repeating: "abcd", count: 28).utf8))
        #expect(short.hex == "3eb4e6aa68c462cac33c9ce16046c9cc3de7853ae70ed6dc226d78d263194ed9")
        let long = SM3.hmac(key: [UInt8](repeating: 0x6b, count: 100), message: [])
        #expect(long.hex == "2d576bdc4da7785b340213b647715b9f148511da717c2bf00eb1968e04d23ccc")
    }
}
