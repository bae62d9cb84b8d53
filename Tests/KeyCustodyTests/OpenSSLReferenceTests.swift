// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import Testing

@Suite struct OpenSSLReferenceTests {
    // KEY-15
    @Test("the reference gives the block of GB/T 32907 and the digest of GB/T 32905")
    func vectors() throws {
        let block = bytes("0123456789abcdeffedcba9876543210")
        let zero = [UInt8](repeating: 0, count: 16)
        let box = try #require(OpenSSLReference.sm4CBCEncrypt(block, key: Secret(block), vector: zero))
        #expect(Hex.encode([UInt8](box[..<16])) == "681edf34d206965e86b3e94f536e4246")
        #expect(OpenSSLReference.sm4CBCDecrypt(box, key: Secret(block), vector: zero) == block)
        let stream = OpenSSLReference.sm4CTREncrypt(zero, key: Secret(block), vector: block)
        #expect(Hex.encode(try #require(stream)) == "681edf34d206965e86b3e94f536e4246")
        #expect(
            OpenSSLReference.sm3([UInt8]("abc".utf8))?.hex
                == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        for length in [0, 1, 64, 1000] {
            let message = [UInt8](repeating: 3, count: length)
            #expect(OpenSSLReference.sm3(message) == SM3.hash(message))
        }
        #expect(OpenSSLReference.version.hasPrefix("OpenSSL 3"))
    }
}
