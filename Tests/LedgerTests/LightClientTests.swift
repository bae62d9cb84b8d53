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

    @Test(
        "1, 4, 7 validators and 0, 1, 3 handovers verify (PROOF-2, PROOF-3, PROOF-4, PROOF-6)",
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
        // Leaf 0 of three: its siblings stand on the same sides for other counts, so the count needs its own
        // binding.
        let file = chain.receipt(height: 2, index: 0).encoded
        var client = try LightClient(anchor: chain.anchor, scheme: HashScheme())
        let digest = SM3.hash(Self.content)
        var survivors: [Int] = []
        for bit in 0..<(file.count * 8) {
            var bytes = file
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if (try? client.verify(receiptFile: bytes, fileDigest: digest, fileSize: 13)) != nil {
                survivors.append(bit)
            }
        }
        #expect(survivors.isEmpty)
    }

    @Test(
        "each way a receipt can be wrong names its own broken link (RCPT-5, RCPT-6)",
        arguments: Corruptions<HashScheme>().cases)
    func brokenLink(_ one: ReceiptCase) {
        let verdict = Self.verdict(one.receipt, trust: one.trust, content: one.content)
        #expect((verdict?.code ?? 0) == one.code, "\(one.name): \(String(describing: verdict))")
    }

    @Test("a value and the absence of another are proven, and no other claim is (PROOF-7)")
    func stateProof() throws {
        let chain = Chain()
        let (key, value): ([UInt8], [UInt8]) = ([1, 2], [3])
        let only = StateRule.leaf(
            path: StateRule.path(of: key), valueDigest: StateRule.valueDigest(of: value))
        let old = chain.headers[2]
        let leaf = HistoryLeaf(
            height: .zero, block: old.id, payloadRoot: .zero, receiptsRoot: .zero, stateRoot: only)
        let header = Header(
            chain: chain.id, epoch: .zero, view: old.view, height: old.height, parent: old.parent,
            timestamp: old.timestamp, proposer: old.proposer, payload: .empty, execHeight: .zero,
            execRoot: MerkleTree.root(of: [leaf.digest]), nextCommittee: nil)
        let other = SparseProof.Leaf(
            path: StateRule.path(of: key), valueDigest: StateRule.valueDigest(of: value))
        func error(_ key: [UInt8], _ value: [UInt8]?, _ other: SparseProof.Leaf?, good: Bool = true)
            -> ProofError?
        {
            do {
                var client = try LightClient(anchor: chain.anchor, scheme: HashScheme())
                try client.verify(
                    StateProof(
                        key: key, value: value, sparse: SparseProof(siblings: [], other: other), leaf: leaf,
                        historyPath: MerklePath(index: 0, count: 1, siblings: []), header: header,
                        certificate: chain.certificate(of: good ? header : old), handovers: []))
                return nil
            } catch { return error }
        }
        #expect(error(key, value, nil) == nil)
        #expect(error([9], nil, other) == nil)
        #expect(error(key, [4], nil) == .statePath)
        #expect(error(key, nil, other) == .statePath)
        #expect(error(key, nil, nil) == .statePath)
        #expect(error([9], [3], nil) == .statePath)
        #expect(error(key, value, nil, good: false) == .otherHeader)
    }

    @Test("every single flipped bit of a trust file is refused (PROOF-1, RCPT-3)")
    func everyBitOfTheAnchor() {
        let chain = Chain()
        let file = chain.anchor.encoded
        let survivors = (0..<(file.count * 8)).filter { bit in
            var bytes = file
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            return (try? LightClient(trustFile: bytes, scheme: HashScheme())) != nil
        }
        #expect(survivors.isEmpty)
    }

    @Test("a receipt cut at any length, or with a byte behind it, is malformed (RCPT-1, RCPT-4)")
    func everyLength() {
        let chain = Chain()
        let (file, trust) = (chain.receipt(height: 2, index: 0).encoded, chain.anchor.encoded)
        for length in 0..<file.count {
            #expect(Self.verdict(Array(file.prefix(length)), trust: trust)?.code == 2_101)
        }
        #expect(Self.verdict(file + [0], trust: trust)?.code == 2_101)
    }

    @Test("100 validators make less than 64 KiB, and a dozen committee changes fit (RCPT-1, RCPT-9)")
    func sizes() throws {
        let chain = Chain(.init(validators: 100, handovers: 12, blocksPerEpoch: 3, transactionsPerBlock: 1))
        let file = chain.receipt(height: 1, index: 0)
        #expect(file.with(handovers: []).encoded.count <= 64 << 10)
        #expect(file.encoded.count <= Limits.receiptFileBytesMax, "\(file.encoded.count) bytes")
    }
}
