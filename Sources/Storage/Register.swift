// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

/// Which keys of the state people ask for as a whole: who there is, what is set, what was proposed.
///
/// The state's tree is ordered by digests, so a list cannot be read from it; and searching all of it for a thousand
/// members among ten million deposits takes minutes. So every commit writes the names of such keys beside it, in order.
/// What a name stands for is read from the state: a name too many is passed over.
/// - Spec: DATA-12.
package enum Register: CaseIterable, Sendable {
    case members, organizations, policies, frozenContracts, proposals, contracts, codes, templates

    /// What all keys of the state of this kind begin with: the contract's name as a label, and the kind's tag.
    package var prefix: [UInt8] {
        switch self {
        case .members: Register.prefix(Label(literal: "membership"), 0x6d)
        case .organizations: Register.prefix(Label(literal: "membership"), 0x6f)
        case .policies: Register.prefix(Label(literal: "permissions"), 0x70)
        case .frozenContracts: Register.prefix(Label(literal: "permissions"), 0x7a)
        case .proposals: Register.prefix(Label(literal: "governance"), 0x70)
        case .contracts: Register.prefix(Label(literal: "contracts"), 0x69)
        case .codes: Register.prefix(Label(literal: "contracts"), 0x63)
        case .templates: Register.prefix(Label(literal: "contracts"), 0x74)
        }
    }

    private static func prefix(_ contract: Label, _ tag: UInt8) -> [UInt8] { contract.encoded + [tag] }

    private static let prefixes = allCases.map(\.prefix)

    /// Adds to a commit the names of what it writes.
    /// - Parameter writes: by key ascending.
    /// - Cost: a binary search a kind, whatever the number of writes.
    package static func append(_ writes: [(key: [UInt8], value: [UInt8]?)], to batch: inout WriteBatch) {
        for prefix in prefixes {
            var place = firstIndex(in: writes, notBefore: prefix)
            while place < writes.count, writes[place].key.starts(with: prefix) {
                note(writes[place].key, isThere: writes[place].value != nil, in: &batch)
                place += 1
            }
        }
    }

    /// Adds the names of a snapshot's leaves to the batch that installs them.
    static func append(_ leaves: [StateChunk.Leaf], to batch: inout WriteBatch) {
        for leaf in leaves where prefixes.contains(where: { leaf.key.starts(with: $0) }) {
            note(leaf.key, isThere: true, in: &batch)
        }
    }

    /// Says that a store's register holds every name: it was kept from its founding on, or made anew.
    package static func markWhole(in batch: inout WriteBatch) { batch.put(Keyspace.registerKey, [1]) }

    private static func note(_ key: [UInt8], isThere: Bool, in batch: inout WriteBatch) {
        if isThere {
            batch.put([Keyspace.register] + key, [])
        } else {
            batch.delete([Keyspace.register] + key)
        }
    }

    private static func firstIndex(in writes: [(key: [UInt8], value: [UInt8]?)], notBefore bound: [UInt8]) -> Int {
        var (low, high) = (0, writes.count)
        while low < high {
            let middle = (low + high) / 2
            if writes[middle].key.lexicographicallyPrecedes(bound) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension BlockStore {
    /// Whether the register has a name for everything the state holds; a store of an older release has none, or some.
    package func isRegisterWhole() throws(StoreError) -> Bool { try store.value(for: Keyspace.registerKey) != nil }

    /// Makes the register of a store whose register is not whole. Where it is interrupted it begins anew.
    /// - Parameter progress: hears how many entries of the state were looked at, after each chunk of them.
    /// - Returns: how many there are; nil where the register is whole.
    /// - Cost: reads the whole state, some seconds a million entries.
    package func completeRegister(
        of tree: StateTree<Store>, progress: (_ leaves: Int) -> Void = { _ in }
    ) throws(StoreError) -> Int? {
        guard try !isRegisterWhole() else { return nil }
        var leaves = 0
        var next: StatePrefix? = .all
        while let prefix = next {
            let chunk = try tree.chunk(within: prefix, version: tree.version)
            var batch = WriteBatch()
            Register.append(chunk.leaves, to: &batch)
            if !batch.operations.isEmpty { try store.write(batch, durably: false) }
            leaves += chunk.leaves.count
            progress(leaves)
            next = chunk.prefix.following
        }
        var batch = WriteBatch()
        Register.markWhole(in: &batch)
        try store.write(batch, durably: true)
        return leaves
    }

    /// Keys of the state of one kind in rising order, those after a key, at most `limit`.
    ///
    /// Some may hold nothing in the state that is read: their values are asked for next.
    package func keys(of kind: Register, after key: [UInt8]?, limit: Int) throws(StoreError) -> [[UInt8]] {
        let prefix = [Keyspace.register] + kind.prefix
        // One byte more than a key is the first key after it.
        let start = key.map { [Keyspace.register] + $0 + [0] } ?? prefix
        var end = prefix
        end[end.count - 1] += 1
        return try store.scan(from: start, to: end, limit: limit, reverse: false).map { Array($0.key.dropFirst()) }
    }
}
