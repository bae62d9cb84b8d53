// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi

/// The root of a map, computed from docs/spec/state.md alone: every leaf, every time, one bit a level, no
/// nodes.
///
/// It shares nothing with the code under test but SM3 of one message.
enum NaiveTree {
    static func sm3(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
        SM3.hash([tag] + parts.flatMap { $0 }).bytes
    }

    static func path(_ key: [UInt8]) -> [UInt8] { sm3(4, key) }

    static func leaf(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] { sm3(2, path(key), sm3(3, value)) }

    static func root(of map: [[UInt8]: [UInt8]]) -> Digest {
        let leaves = map.map { (path: path($0.key), digest: leaf($0.key, $0.value)) }
        return Digest(subtree(leaves, bit: 0)) ?? Digest.zero
    }

    static func subtree(_ leaves: [(path: [UInt8], digest: [UInt8])], bit: Int) -> [UInt8] {
        if leaves.isEmpty { return [UInt8](repeating: 0, count: 32) }
        if leaves.count == 1 { return leaves[0].digest }
        let isRight = { (leaf: (path: [UInt8], digest: [UInt8])) in
            leaf.path[bit / 8] >> (7 - UInt8(bit % 8)) & 1 == 1
        }
        let left = subtree(leaves.filter { !isRight($0) }, bit: bit + 1)
        return sm3(1, left, subtree(leaves.filter(isRight), bit: bit + 1))
    }
}

/// Draws maps and changes to them.
struct Draw {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// A key out of `keyCount` possible ones.
    mutating func key(of keyCount: Int) -> [UInt8] { Array("key-\(random.below(keyCount))".utf8) }

    /// Writes of distinct keys, sorted; one in `deleteIn` deletes.
    mutating func writes(_ count: Int, of keyCount: Int, deleteIn: Int) -> [(key: [UInt8], value: [UInt8]?)] {
        var writes: [[UInt8]: [UInt8]?] = [:]
        for _ in 0..<count {
            let value = random.bytes(count: random.below(40))
            writes[key(of: keyCount)] = .some(random.below(deleteIn) == 0 ? nil : value)
        }
        return writes.map { (key: $0.key, value: $0.value) }.sorted {
            $0.key.lexicographicallyPrecedes($1.key)
        }
    }
}

extension [[UInt8]: [UInt8]] {
    mutating func apply(_ writes: [(key: [UInt8], value: [UInt8]?)]) {
        for write in writes { self[write.key] = write.value }
    }
}
