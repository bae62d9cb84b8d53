// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Storage
import Testing

/// DATA-12: the names of what people list, in order, beside a tree that has none.
@Suite struct RegisterTests {
    private let store = MemoryStore()
    private var blocks: BlockStore<MemoryStore> { BlockStore(store) }

    private func commit(_ writes: [(key: [UInt8], value: [UInt8]?)]) throws {
        var batch = WriteBatch()
        Register.append(writes.sorted { $0.key.lexicographicallyPrecedes($1.key) }, to: &batch)
        try store.write(batch, durably: false)
    }

    @Test("a store of an older release gets all its names from its state, once, whatever it had of them (DATA-12)")
    func older() throws {
        var tree = try StateTree(store: store, keyspace: BlockStore<MemoryStore>.stateKeyspace)
        var writes: [(key: [UInt8], value: [UInt8]?)] = (0..<600).map { number in
            (
                key: [8] + Array("evidence".utf8) + [0x72, UInt8(number / 256), UInt8(number % 256)],
                value: [UInt8](repeating: 1, count: 4_000)
            )
        }
        for kind in Register.allCases {
            for number in 0..<9 as Range<UInt8> { writes.append((kind.prefix + [number], [1])) }
        }
        writes.sort { $0.key.lexicographicallyPrecedes($1.key) }
        let update = try tree.prepare(writes: writes, version: 1)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        // Some came by blocks that a newer release executed.
        try commit([(key: Register.policies.prefix + [3], value: [1])])
        #expect(try !blocks.isRegisterWhole())
        var told: [Int] = []
        let leaves = try blocks.completeRegister(of: tree) { told.append($0) }
        #expect(leaves == writes.count && told.count > 1 && told.last == leaves, "\(told)")
        for kind in Register.allCases {
            let all = (0..<9 as Range<UInt8>).map { kind.prefix + [$0] }
            #expect(try blocks.keys(of: kind, after: nil, limit: 100) == all, "\(kind)")
        }
        #expect(
            try store.scan(from: [0x0b], to: [0x0c], limit: .max, reverse: false).count == 9 * Register.allCases.count)
        #expect(try blocks.isRegisterWhole())
        #expect(try blocks.completeRegister(of: tree) == nil)
    }

    @Test("names come in order and in pages, one kind without another's, and leave with what they stand for (DATA-12)")
    func order() throws {
        var all: [[UInt8]] = []
        var writes: [(key: [UInt8], value: [UInt8]?)] = [(key: [8] + Array("evidence".utf8) + [0x72], value: [1])]
        for kind in Register.allCases {
            for number in 0..<5 as Range<UInt8> { writes.append((key: kind.prefix + [number, 7], value: [1])) }
        }
        try commit(writes)
        for kind in Register.allCases {
            all = (0..<5 as Range<UInt8>).map { kind.prefix + [$0, 7] }
            #expect(try blocks.keys(of: kind, after: nil, limit: 100) == all)
            #expect(try blocks.keys(of: kind, after: all[1], limit: 2) == Array(all[2..<4]))
            #expect(try blocks.keys(of: kind, after: all[4], limit: 2).isEmpty)
        }
        try commit([(key: Register.members.prefix + [2, 7], value: nil)])
        #expect(try blocks.keys(of: .members, after: nil, limit: 100).map { $0[$0.count - 2] } == [0, 1, 3, 4])
        let entries = try store.scan(from: [0x0b], to: [0x0c], limit: .max, reverse: false)
        #expect(entries.count == 5 * Register.allCases.count - 1, "something that is not listed has a name")
    }
}
