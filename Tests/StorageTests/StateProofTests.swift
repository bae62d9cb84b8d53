// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

@Suite("Proofs, past versions and pruning of the state tree")
struct StateProofTests {
    private static func grown(seed: UInt64, versions: Int) throws -> Bench {
        var draw = Draw(seed: seed)
        var bench = try Bench(cacheBytesMax: 20_000)
        for _ in 0..<versions { try bench.commit(draw.writes(40, of: 250, deleteIn: 3)) }
        return bench
    }

    private static func expectProvable(_ bench: Bench, _ version: UInt64, _ draw: inout Draw) throws {
        let map = bench.history[version] ?? [:]
        let root = try bench.tree.root(version: version)
        #expect(root == NaiveTree.root(of: map))
        for _ in 0..<15 {
            let key = draw.key(of: 300)
            let proof = try bench.tree.proof(for: key, version: version)
            #expect(proof.verify(key: key, value: map[key], root: root))
            #expect(!proof.verify(key: key, value: map[key] == nil ? [1] : nil, root: root))
            #expect(!proof.verify(key: key, value: (map[key] ?? []) + [0], root: root))
            #expect(!proof.verify(key: key + [0], value: map[key], root: root) || map[key] == nil)
            #expect(try SparseProof(decoding: proof.encoded) == proof)
            #expect(try bench.tree.value(for: key, version: version) == map[key])
        }
    }

    @Test("at every kept version each key's value, or its absence, is proven (STATE-6, STATE-7)")
    func versions() throws {
        let bench = try Self.grown(seed: 3, versions: 25)
        var draw = Draw(seed: 4)
        for version in 0...25 { try Self.expectProvable(bench, UInt64(version), &draw) }
        #expect(throws: StoreError.unknownVersion(version: 26, latest: 25)) {
            try bench.tree.proof(for: [1], version: 26)
        }
    }

    @Test(
        "pruning in slices of any size keeps every promised version whole (STATE-12, STATE-13)",
        arguments: [1, 2000, 50_000])
    func pruned(limit: Int) throws {
        var bench = try Self.grown(seed: 5, versions: 40)
        var draw = Draw(seed: 6)
        try bench.prune(before: 17, limit: limit)
        for version in 17...40 { try Self.expectProvable(bench, UInt64(version), &draw) }
        for version in 0..<17 {
            #expect(throws: StoreError.pruned(version: UInt64(version), oldest: 17)) {
                try bench.tree.value(for: [1], version: UInt64(version))
            }
        }
        bench.tree = try StateTree(store: bench.store, keyspace: 0x53)
        #expect(bench.tree.oldestVersion == 17)
        try bench.commit(draw.writes(40, of: 250, deleteIn: 3))
        try bench.prune(before: 41, limit: limit)
        try Self.expectProvable(bench, 41, &draw)
        #expect(try bench.tree.check(version: 41).fault == nil)
        #expect(bench.store.count <= bench.map.count * 2 + 2, "only the last version is left")
    }

    @Test("a half-pruned store answers pruned, never damaged (STATE-13)")
    func halfPruned() throws {
        var bench = try Self.grown(seed: 7, versions: 60)
        let reader = bench.tree
        let slice = try bench.tree.prune(before: 50, limit: 1)
        #expect(!slice.isDone)
        var batch = WriteBatch()
        slice.append(to: &batch)
        try bench.store.write(batch, durably: true)
        for version in 0..<50 {
            for key in bench.map.keys.prefix(30) {
                do {
                    _ = try reader.proof(for: key, version: UInt64(version))
                } catch StoreError.pruned(_, let oldest) {
                    #expect(oldest == 50)
                }
            }
        }
    }

    @Test("no proof survives a flipped bit, nor lost or added bytes (STATE-7)")
    func flips() throws {
        let bench = try Self.grown(seed: 8, versions: 6)
        let root = bench.tree.root
        var kinds: Set<Bool> = []
        for index in 0..<24 {
            let key = Array("key-\(index)".utf8)
            let proof = try bench.tree.proof(for: key, version: 6)
            kinds.insert(proof.other == nil)
            let bytes = proof.encoded
            for bit in 0..<(bytes.count * 8) {
                var flipped = bytes
                flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                let accepted = (try? SparseProof(decoding: flipped))?.verify(
                    key: key, value: bench.map[key], root: root)
                #expect(accepted != true, "bit \(bit) of the proof of key \(index)")
            }
            #expect(throws: DecodeError.self) { try SparseProof(decoding: bytes + [0]) }
            #expect(throws: DecodeError.self) { try SparseProof(decoding: Array(bytes.dropLast())) }
        }
        #expect(kinds == [true, false], "both shapes of absence were drawn")
    }

    @Test("a proof with more neighbours than a path has bits is refused unread (STATE-7)")
    func tooLong() {
        var encoder = Encoder()
        encoder.count(257)
        #expect(throws: DecodeError.self) {
            try SparseProof(decoding: encoder.bytes + [UInt8](repeating: 0, count: 10_000))
        }
    }

    @Test("any byte changed in any record of a version is found by the walk over it (STATE-14)")
    func audit() throws {
        var bench = try Self.grown(seed: 9, versions: 12)
        try bench.prune(before: 12)
        let pairs = try bench.store.scan(from: [0x53], to: [0x54], limit: .max, reverse: false)
        var random = SeededRandom(seed: 1)
        for pair in pairs where pair.key[1] == UInt8(ascii: "N") || pair.key[1] == UInt8(ascii: "L") {
            let store = bench.store.fork()
            var value = pair.value
            value[random.below(value.count)] ^= UInt8(1 << random.below(8))
            var batch = WriteBatch()
            batch.put(pair.key, value)
            try store.write(batch, durably: false)
            let tree = try StateTree(store: store, keyspace: 0x53)
            let outcome = Result { try tree.check(version: 12) }
            guard case .success(let audit) = outcome else { continue }
            #expect(audit.fault != nil, "record \(Hex.encode(pair.key))")
        }
    }

    @Test("the walk can be ended and tells how far it came")
    func endedAudit() throws {
        let bench = try Self.grown(seed: 10, versions: 5)
        let audit = try bench.tree.check(version: 5) { $0.nodeCount == 0 }
        #expect(audit.nodeCount == 1)
        #expect(audit.fault == nil)
    }
}
