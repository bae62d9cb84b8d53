// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// PROOF-1 to PROOF-6 and RCPT-1 to RCPT-9, on chains of every shape.
@Suite struct LightClientTests {
    typealias Chain = SyntheticChain<HashScheme>

    static let content = [UInt8]("一言九鼎\n".utf8)

    static func verdict(
        _ file: [UInt8], trust: [UInt8], content: [UInt8] = content
    ) -> ProofError? {
        do {
            var client = try LightClient(trustFile: trust, scheme: HashScheme())
            _ = try client.verify(
                receiptFile: file, fileDigest: SM3.hash(content), fileSize: UInt64(content.count))
            return nil
        } catch {
            return error
        }
    }

    @Test("a receipt verifies for committees of 1, 4 and 7, across 0, 1 and 3 handovers, with and without a tail (PROOF-6)",
        arguments: [1, 4, 7], [0, 1, 3])
    func good(validators: Int, handovers: Int) throws {
        for tail in [0, 2] {
            let chain = Chain(.init(validators: validators, handovers: handovers, tail: tail))
            for height in [1, 2, chain.headers.last!.execHeight.value] {
                for index in 0..<3 {
                    let file = chain.receipt(height: height, index: index).encoded
                    #expect(Self.verdict(file, trust: chain.anchor.encoded) == nil)
                }
            }
        }
    }

    @Test("every single flipped bit of a receipt is refused (RCPT-2)", arguments: [0, 1])
    func everyBit(handovers: Int) throws {
        let chain = Chain(.init(handovers: handovers, tail: handovers))
        // Leaf 0 of three: its siblings stand on the same sides for other counts, so the count needs its own binding.
        let file = chain.receipt(height: 2, index: 0).encoded
        var client = try LightClient(anchor: chain.anchor, scheme: HashScheme())
        let digest = SM3.hash(Self.content)
        var survivors: [Int] = []
        for bit in 0..<(file.count * 8) {
            var bytes = file
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if (try? client.verify(receiptFile: bytes, fileDigest: digest, fileSize: 13)) != nil { survivors.append(bit) }
        }
        #expect(survivors.isEmpty)
    }

    @Test("each way a receipt can be wrong names its own broken link (RCPT-6)",
        arguments: Corruptions<HashScheme>().cases)
    func brokenLink(_ one: ReceiptCase) {
        let verdict = Self.verdict(one.receipt, trust: one.trust, content: one.content)
        #expect((verdict?.code ?? 0) == one.code, "\(one.name): \(String(describing: verdict))")
    }
}
