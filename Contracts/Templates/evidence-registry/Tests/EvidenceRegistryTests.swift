// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import EvidenceRegistry
import Testing

@Suite("evidence-registry")
struct EvidenceRegistryTests {
    @Test("its stories go as written")
    func stories() throws {
        for story in try Scenario.beside(#filePath) { try story.run(on: EvidenceRegistry.self) }
    }

    @Test("ninety deposits are found again by organisation, newest first, and by time, page after page")
    func pages() throws {
        let chain = TestChain()
        try chain.install(EvidenceRegistry.self, as: "evidence-registry")
        for number in 0..<130 {
            chain.advance()
            let digest = try Digest(Bytes([UInt8](repeating: UInt8(number), count: 32)))
            try chain.call("evidence-registry", "deposit", digest, Text("t"), UInt64(number))
        }
        let all = arguments(Moment(0), Moment(.max), Bytes?.none)
        var reader = Reader(Bytes(try chain.call("evidence-registry", "between", bytes: all)))
        #expect(try reader.number() == 100)
        let newest = arguments(Text("org-1"), Bytes?.none)
        reader = Reader(Bytes(try chain.call("evidence-registry", "deposited-by", bytes: newest)))
        #expect(try reader.number() == 100)
        #expect(try reader.raw(count: 32).array == [UInt8](repeating: 129, count: 32))
    }
}
