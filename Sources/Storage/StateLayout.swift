// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import ShangMi

extension Digest {
    /// Digits of four bits, the first one being the top half of the first byte; 64 in all.
    static var nibbleCount: Int { 64 }

    func nibble(_ index: Int) -> Int {
        let words = words
        let word = index < 32 ? (index < 16 ? words.0 : words.1) : (index < 48 ? words.2 : words.3)
        return Int(word >> UInt64(60 - 4 * (index & 15)) & 15)
    }

    /// The first 64 bits.
    var head: UInt64 { words.0 }

    /// The same digits but for one.
    func setting(nibble index: Int, to value: Int) -> Digest {
        var words = words
        let shift = UInt64(60 - 4 * (index & 15))
        let mask: UInt64 = ~(15 << shift)
        let bits = UInt64(value) << shift
        switch index / 16 {
        case 0: words.0 = words.0 & mask | bits
        case 1: words.1 = words.1 & mask | bits
        case 2: words.2 = words.2 & mask | bits
        default: words.3 = words.3 & mask | bits
        }
        return Digest(words: words)
    }

    /// Whether the first `count` nibbles of both are the same.
    func shares(nibbles count: Int, with other: Digest) -> Bool {
        for index in 0..<count where nibble(index) != other.nibble(index) { return false }
        return true
    }
}

/// Which keys of the store the tree lives under: one byte the owner chose, then one byte a kind of record.
///
/// The version stands before the path, so that a commit writes its records side by side and pruning leaves
/// whole ranges of the store empty.
/// - Spec: STATE-10.
struct StateLayout: Sendable {
    let keyspace: UInt8

    private func key(_ kind: Character, _ version: UInt64, reserving extra: Int) -> Encoder {
        var encoder = Encoder(reserving: 10 + extra)
        encoder.u8(keyspace)
        encoder.u8(kind.asciiValue ?? 0)
        encoder.u64(version)
        return encoder
    }

    /// The node that `version` wrote at the first `depth` nibbles of `path`.
    func node(version: UInt64, depth: Int, path: Digest) -> [UInt8] {
        var encoder = key("N", version, reserving: 1 + (depth + 1) / 2)
        encode(depth: depth, path: path, into: &encoder)
        return encoder.bytes
    }

    private func encode(depth: Int, path: Digest, into encoder: inout Encoder) {
        encoder.u8(UInt8(depth))
        for index in stride(from: 0, to: depth, by: 2) {
            let low = index + 1 < depth ? path.nibble(index + 1) : 0
            encoder.u8(UInt8(path.nibble(index) << 4 | low))
        }
    }

    func leaf(_ address: LeafAddress) -> [UInt8] {
        var encoder = key("L", address.version, reserving: 4)
        encoder.u32(address.ordinal)
        return encoder.bytes
    }

    func root(version: UInt64) -> [UInt8] { key("R", version, reserving: 0).bytes }

    func journal(version: UInt64, slice: UInt32) -> [UInt8] {
        var encoder = key("J", version, reserving: 4)
        encoder.u32(slice)
        return encoder.bytes
    }

    /// Where the oldest version still kept is written down.
    var oldest: [UInt8] { start(of: "O") }

    /// Says that a version is kept until it is released.
    func pin(_ version: UInt64) -> [UInt8] { key("P", version, reserving: 0).bytes }

    /// A slice of stale records held for a pin.
    /// - Parameter origin: the version and slice of the journal they were first listed in, 12 bytes.
    func held(pin: UInt64, origin: ArraySlice<UInt8>) -> [UInt8] { start(of: "H", version: pin) + origin }

    /// Where a snapshot under way is written down.
    var assembly: [UInt8] { start(of: "A") }

    /// An unfinished node of a snapshot under way, at the first `depth` nibbles of `path`.
    func unfinished(depth: Int, path: Digest) -> [UInt8] {
        var encoder = Encoder(reserving: 3 + (depth + 1) / 2)
        encoder.raw(assembly)
        encode(depth: depth, path: path, into: &encoder)
        return encoder.bytes
    }

    /// Where the version of a newly installed snapshot stands while records of earlier ones remain.
    var sweep: [UInt8] { start(of: "S") }

    /// Whether every record of a kind is put once and never over another, and so deleted by `WriteBatch.deleteOnce`.
    /// - Spec: STATE-17.
    static func isPutOnce(_ kind: Character) -> Bool { kind == "N" || kind == "L" || kind == "J" }

    /// Below all keys of a kind.
    func start(of kind: Character) -> [UInt8] { [keyspace, kind.asciiValue ?? 0] }

    /// Below all keys of a kind and of versions from `version` on.
    func start(of kind: Character, version: UInt64) -> [UInt8] { key(kind, version, reserving: 0).bytes }

    /// Above all keys of a kind and of versions up to `version`.
    func end(of kind: Character, version: UInt64) -> [UInt8] {
        guard version == .max else { return start(of: kind, version: version + 1) }
        return [keyspace, (kind.asciiValue ?? 0) + 1]
    }

    /// The version in a key of any kind that has one; nil where the key is too short.
    func version(ofKey key: [UInt8]) -> UInt64? {
        key.count < 10 ? nil : key[2..<10].reduce(0) { $0 << 8 | UInt64($1) }
    }

}

/// Which write made a leaf: the version and the write's place among that version's writes.
struct LeafAddress: Hashable, Sendable {
    let version: UInt64
    let ordinal: UInt32

    var damaged: StoreError { .corrupt(what: "state leaf \(ordinal) of version \(version)") }
}

/// What a version's tree is: nothing, or a node and the digest of everything below it.
struct RootRecord: Hashable, Sendable, Canonical {
    /// The version that wrote the root node; nil for an empty tree.
    let nodeVersion: UInt64?
    let digest: Digest

    static let empty = RootRecord(nodeVersion: nil, digest: Digest.zero)

    init(nodeVersion: UInt64?, digest: Digest) {
        self.nodeVersion = nodeVersion
        self.digest = digest
    }

    func encode(into encoder: inout Encoder) {
        encoder.flag(nodeVersion != nil)
        guard let nodeVersion else { return }
        encoder.u64(nodeVersion)
        digest.encode(into: &encoder)
    }

    init(from decoder: inout Decoder) throws(DecodeError) {
        guard try decoder.flag() else {
            self = .empty
            return
        }
        nodeVersion = try decoder.u64()
        digest = try Digest(from: &decoder)
    }
}

/// A leaf as stored: the key and the value, in full.
struct LeafRecord: Sendable {
    let key: [UInt8]
    let value: [UInt8]

    init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }

    var encoded: [UInt8] {
        var encoder = Encoder(reserving: key.count + value.count + 3)
        encoder.bytes(key)
        encoder.raw(value)
        return encoder.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodeError) {
        var decoder = Decoder(bytes)
        key = try decoder.bytes(max: bytes.count)
        value = try decoder.raw(count: decoder.remaining)
    }
}
