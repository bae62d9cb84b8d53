// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM3")
struct SM3Tests {
    @Test("the two examples of GB/T 32905-2016 give the printed digests (CRYPTO-1)")
    func standardExamples() {
        #expect(
            SM3.hash([UInt8]("abc".utf8)).hex == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        let long = [UInt8](String(repeating: "abcd", count: 16).utf8)
        #expect(SM3.hash(long).hex == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
    }
}
