// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import ShangMi

/// What a store says of a snapshot under way.
/// - Spec: SNAP-8.
struct AssemblyHeader: Hashable, Sendable, Canonical {
    let version: UInt64
    let root: Digest
    /// Leaves installed so far, and the ordinal of the next one.
    var leafCount: UInt64 = 0
    /// Whether it is given up: its records are only deleted any more.
    var isCondemned = false

    init(version: UInt64, root: Digest) { (self.version, self.root) = (version, root) }

    func encode(into encoder: inout Encoder) {
        encoder.u64(version)
        root.encode(into: &encoder)
        encoder.number(leafCount)
        encoder.flag(isCondemned)
    }

    init(from decoder: inout Decoder) throws(DecodeError) {
        version = try decoder.u64()
        root = try Digest(from: &decoder)
        leafCount = try decoder.number(max: UInt64(UInt32.max))
        isCondemned = try decoder.flag()
    }

    static func load<Store: KeyValueStore>(
        from store: Store, _ layout: StateLayout
    ) throws(StoreError) -> AssemblyHeader? {
        guard let bytes = try store.value(for: layout.assembly) else { return nil }
        guard let header = try? AssemblyHeader(decoding: bytes) else {
            throw .corrupt(what: "the header of a snapshot under way in keyspace \(layout.keyspace)")
        }
        return header
    }
}

/// A node of which some slots are not known yet.
///
/// Each slot is covered (what it holds, perhaps nothing, is final), open (a node below is itself unfinished) or
/// missing.
/// - Spec: SNAP-6, SNAP-8.
struct UnfinishedNode: Hashable, Sendable {
    var slots = [Slot](repeating: Slot.empty, count: StateNode.width)
    /// One bit a slot, slot 0 at the top.
    private(set) var covered: UInt16 = 0
    private(set) var open: UInt16 = 0

    init() {}

    private static func bit(_ slot: Int) -> UInt16 { 0x8000 >> UInt16(slot) }

    var isComplete: Bool { covered == .max }
    func isCovered(_ slot: Int) -> Bool { covered & UnfinishedNode.bit(slot) != 0 }
    func isOpen(_ slot: Int) -> Bool { open & UnfinishedNode.bit(slot) != 0 }
    func isMissing(_ slot: Int) -> Bool { (covered | open) & UnfinishedNode.bit(slot) == 0 }

    mutating func cover(_ index: Int, with slot: Slot) {
        slots[index] = slot
        covered |= UnfinishedNode.bit(index)
        open &= ~UnfinishedNode.bit(index)
    }

    mutating func open(_ index: Int) { open |= UnfinishedNode.bit(index) }

    /// A part of the node that is not covered.
    enum Gap: Sendable {
        /// A subtree of which nothing is there, as large as can be.
        case missing(StatePrefix)
        /// The place of an unfinished node one level deeper.
        case open(path: Digest)
    }

    /// The parts that are not covered, in path order.
    /// - Parameter path: the node's place, filled up with zeros.
    func gaps(at path: Digest, depth: Int) -> [Gap] {
        var gaps: [Gap] = []
        var start = 0
        while start < StateNode.width {
            let place = path.setting(nibble: depth, to: start)
            var width = StateNode.width
            while width > 0, start % width != 0 || !(start..<(start + width)).allSatisfy({ isMissing($0) }) {
                width /= 2
            }
            if width > 0 {
                let bitCount = 4 * depth + 4 - width.trailingZeroBitCount
                gaps.append(.missing(StatePrefix(of: place, bitCount: bitCount)))
            } else if isOpen(start) {
                gaps.append(.open(path: place))
            }
            start += max(width, 1)
        }
        return gaps
    }

    func encoded(depth: Int, version: UInt64) -> [UInt8] {
        var encoder = Encoder(reserving: 1024)
        encoder.u32(UInt32(covered) << 16 | UInt32(open))
        encoder.raw(StateNode.encode(slots[...], depth: depth, version: version))
        return encoder.bytes
    }

    /// - Parameter path: any path through the node.
    /// - Returns: nil where the bytes are not those of an unfinished node.
    init?(_ bytes: [UInt8], depth: Int, version: UInt64, path: Digest) {
        var decoder = Decoder(bytes)
        guard let maps = try? decoder.u32(), let rest = try? decoder.raw(count: decoder.remaining),
            let slots = StateNode.slots(rest, depth: depth, version: version, head: path.head, isWhole: false)
        else { return nil }
        self.slots = slots
        covered = UInt16(truncatingIfNeeded: maps >> 16)
        open = UInt16(truncatingIfNeeded: maps)
        let isSound = slots.indices.allSatisfy {
            slots[$0].kind == .empty || (slots[$0].kind != .nested && isCovered($0))
        }
        if covered & open != 0 || !isSound { return nil }
    }
}
