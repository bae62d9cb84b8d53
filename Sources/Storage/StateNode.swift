// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// One of a node's sixteen places: empty, a leaf, or a node below, which has a record of its own (inner) or stands in
/// this one (nested).
struct Slot: Hashable, Sendable {
    enum Kind: UInt8, Sendable { case empty, leaf, inner, nested }

    var kind: Kind
    /// A leaf's place among its version's writes. Of a nested node: where its bytes begin, among those the slot was
    /// read from.
    var ordinal: UInt32
    /// The version that wrote the leaf or the node below.
    var version: UInt64
    /// The first 64 bits of a leaf's path: enough to see nearly always that it is not the one sought, unread. Of a
    /// nested node: how many bytes it has.
    var head: UInt64
    var digest: Digest

    static let empty = Slot(kind: .empty, ordinal: 0, version: 0, head: 0, digest: Digest.zero)

    static func leaf(_ address: LeafAddress, head: UInt64, digest: Digest) -> Slot {
        Slot(kind: .leaf, ordinal: address.ordinal, version: address.version, head: head, digest: digest)
    }

    static func inner(version: UInt64, digest: Digest) -> Slot {
        Slot(kind: .inner, ordinal: 0, version: version, head: 0, digest: digest)
    }

    /// - Parameter place: the node's bytes, among those that go with the slot.
    static func nested(version: UInt64, at place: Range<Int>, digest: Digest) -> Slot {
        Slot(
            kind: .nested, ordinal: UInt32(place.lowerBound), version: version, head: UInt64(place.count),
            digest: digest)
    }

    var address: LeafAddress { LeafAddress(version: version, ordinal: ordinal) }

    /// Where a nested node's bytes stand.
    var place: Range<Int> { Int(ordinal)..<Int(ordinal) + Int(head) }

    /// What the slot is to the hash, which knows no records.
    var summary: NodeHashing.Summary { .init(kind: kind == .nested ? .inner : kind, digest: digest) }

    /// Whether more than one leaf lies below.
    var isNode: Bool { kind == .inner || kind == .nested }

    /// The bytes it takes in a node's record, about.
    var weight: Int {
        switch kind {
        case .empty: 0
        case .leaf: 42
        case .inner: 36
        case .nested: 38 + Int(head)
        }
    }
}

/// The bytes of a node.
///
/// Two maps of 16 bits, slot 0 at the top bit: in both is a leaf, in the first only a node that has a record, in the
/// second only a nested one. Then for each of these, in order: the age of its record in versions (base 128); for a leaf
/// its ordinal (base 128) and the bytes of its path from the first not settled by the node's place up to byte 7; for a
/// nested node the count of its bytes (base 128) and these; the digest.
///
/// Few leaves close together are nested, for most nodes of a large tree are such: a record of their own would
/// be a key, a look-up and a delete for hardly more bytes than these take.
/// - Cost: 36 bytes a node below, about 41 a leaf in a tree of ten million.
/// - Spec: STATE-11.
enum StateNode {
    static let width = 16
    /// A nested node has no more bytes: four leaves, or five deep down.
    static let nestedBytesMax = 184
    /// Where a record would grow longer, a node is not nested in it: it is rewritten for each of its slots.
    static let nestingBytesMax = 512
    /// A path's first bytes, kept beside a leaf's digest.
    private static let headBytes = 8

    /// The first byte of a leaf's head that is stored in a node at `depth`.
    private static func headStart(_ depth: Int) -> Int { min((depth + 1) / 2, headBytes) }

    /// - Parameter nested: holds the bytes of nested nodes, where the slots say.
    static func encode(_ slots: ArraySlice<Slot>, nested: [UInt8] = [], depth: Int, version: UInt64) -> [UInt8] {
        var first: UInt16 = 0
        var second: UInt16 = 0
        var size = 4
        for (index, slot) in slots.enumerated() where slot.kind != .empty {
            if slot.kind != .nested { first |= 0x8000 >> UInt16(index) }
            if slot.kind != .inner { second |= 0x8000 >> UInt16(index) }
            size += slot.weight + 8
        }
        var writer = NodeWriter(reserving: size)
        writer.append(UInt64(first) << 16 | UInt64(second), byteCount: 4)
        let headStart = headStart(depth)
        for slot in slots where slot.kind != .empty {
            writer.number(version - slot.version)
            if slot.kind == .leaf {
                writer.number(UInt64(slot.ordinal))
                writer.append(slot.head, byteCount: headBytes - headStart)
            } else if slot.kind == .nested {
                writer.number(slot.head)
                writer.append(nested[slot.place])
            }
            writer.append(slot.digest)
        }
        return writer.finish()
    }

    /// Reads all slots into `slots` from `base` on, where sixteen empty ones stand.
    /// - Parameters:
    ///   - place: where the node stands among the bytes; nil for all of them.
    ///   - head: the first 64 bits of any path through this node.
    ///   - isWhole: false for a node that a snapshot goes on with, which may hold less than a node must.
    /// - Returns: false where the bytes are not a node's.
    static func decode(
        _ bytes: [UInt8], in place: Range<Int>? = nil, depth: Int, version: UInt64, head: UInt64,
        into slots: inout [Slot], at base: Int, isWhole: Bool = true
    ) -> Bool {
        var reader = NodeReader(bytes, in: place)
        guard let maps = reader.word(byteCount: 4) else { return false }
        // A lone leaf hashes as itself: such a node would pass for a leaf until a delete beside it lifts it.
        if isWhole, depth > 0, holdLeavesOnly(maps), !holdTwo(maps) { return false }
        for index in 0..<width {
            let kind = kind(index, maps)
            if kind == .empty { continue }
            guard let slot = reader.slot(kind, index, depth, version, head) else { return false }
            slots[base + index] = slot
        }
        return reader.isAtEnd
    }

    /// Whether a node's maps name no node below it.
    fileprivate static func holdLeavesOnly(_ maps: UInt64) -> Bool { maps >> 16 == maps & 0xffff }

    /// Whether maps of leaves only name two or more: each stands in both.
    fileprivate static func holdTwo(_ maps: UInt64) -> Bool { maps.nonzeroBitCount >= 4 }

    private static func kind(_ index: Int, _ maps: UInt64) -> Slot.Kind {
        switch (maps << UInt64(index) & 0x8000_0000 != 0, maps << UInt64(index) & 0x8000 != 0) {
        case (false, false): .empty
        case (true, true): .leaf
        case (true, false): .inner
        case (false, true): .nested
        }
    }

    /// Whether nested nodes stand in a node's bytes.
    static func hasNested(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && (bytes[2] & ~bytes[0] | bytes[3] & ~bytes[1]) != 0
    }

    /// Reads one slot only, skipping over those before it.
    /// - Returns: nil where the bytes are not a node's.
    static func slot(
        _ nibble: Int, in bytes: [UInt8], _ place: Range<Int>? = nil, depth: Int, version: UInt64, head: UInt64
    ) -> Slot? {
        var reader = NodeReader(bytes, in: place)
        guard let maps = reader.word(byteCount: 4) else { return nil }
        let sought = kind(nibble, maps)
        guard sought != .empty else { return Slot.empty }
        for index in 0..<nibble {
            let kind = kind(index, maps)
            if kind == .empty { continue }
            guard reader.skip(kind, headBytes - headStart(depth)) else { return nil }
        }
        return reader.slot(sought, nibble, depth, version, head)
    }

    /// What a path meets in a node's bytes, nested nodes included: nothing, a leaf, or a node with a record of its own.
    /// - Returns: nil where the bytes are not a node's.
    static func end(of path: Digest, in bytes: [UInt8], depth: Int, version: UInt64) -> Slot? {
        let slot = slot(path.nibble(depth), in: bytes, depth: depth, version: version, head: path.head)
        guard let slot, slot.kind == .nested else { return slot }
        guard depth + 1 < Digest.nibbleCount else { return nil }
        return StateNode.slot(
            path.nibble(depth + 1), in: bytes, slot.place, depth: depth + 1, version: slot.version, head: path.head)
    }

    /// All slots of one node.
    static func slots(
        _ bytes: [UInt8], in place: Range<Int>? = nil, depth: Int, version: UInt64, head: UInt64, isWhole: Bool = true
    ) -> [Slot]? {
        var slots = [Slot](repeating: Slot.empty, count: width)
        let isNode = decode(
            bytes, in: place, depth: depth, version: version, head: head, into: &slots, at: 0, isWhole: isWhole)
        return isNode ? slots : nil
    }

    /// The leaves of a nested node, in order.
    /// - Parameter path: any path through it.
    static func leaves(of slot: Slot, in bytes: [UInt8], depth: Int, path: Digest) -> [Slot]? {
        guard depth < Digest.nibbleCount else { return nil }
        return slots(bytes, in: slot.place, depth: depth, version: slot.version, head: path.head)?
            .filter { $0.kind == .leaf }
    }

    /// Joins what a node's place says of a leaf's path (its first `depth` nibbles and the slot) to the stored
    /// bytes.
    fileprivate static func join(_ head: UInt64, _ nibble: Int, _ depth: Int, _ stored: UInt64) -> UInt64 {
        guard depth < 16 else { return head }
        let shift = UInt64(60 - 4 * depth)
        let settled = shift == 60 ? 0 : (head >> (shift + 4)) << (shift + 4)
        let storedBytes = UInt64(headBytes - headStart(depth))
        let low = storedBytes == 8 ? stored : stored & ((1 << (8 * storedBytes)) - 1)
        return settled | UInt64(nibble) << shift | low
    }

    /// Whether a leaf's stored bytes are of a path through its slot: at even depths they begin with that digit.
    fileprivate static func agrees(_ stored: UInt64, with nibble: Int, _ depth: Int) -> Bool {
        let bytes = storedHeadBytes(depth)
        return depth % 2 != 0 || bytes == 0 || stored >> UInt64(8 * bytes - 4) == UInt64(nibble)
    }

    fileprivate static func storedHeadBytes(_ depth: Int) -> Int { headBytes - headStart(depth) }
}

/// Appends a node's fields to one buffer that is grown once.
private struct NodeWriter {
    private var bytes: [UInt8]
    private var count = 0

    init(reserving capacity: Int) { bytes = [UInt8](repeating: 0, count: capacity + 32) }

    mutating func append(_ value: UInt64, byteCount: Int) {
        if bytes.count - count < 40 { bytes.append(contentsOf: repeatElement(0, count: 512)) }
        for index in 0..<byteCount {
            bytes[count + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (byteCount - 1 - index)))
        }
        count += byteCount
    }

    mutating func append(_ digest: Digest) {
        let words = digest.words
        if bytes.count - count < 40 { bytes.append(contentsOf: repeatElement(0, count: 512)) }
        let big = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        let range = count..<count + Digest.byteCount
        // SAFETY: four integers are 32 bytes and nothing else; the slice checks that there is room for them.
        unsafe withUnsafeBytes(of: big) { source in
            unsafe bytes.withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[range]).copyMemory(from: source)
            }
        }
        count += Digest.byteCount
    }

    mutating func append(_ other: ArraySlice<UInt8>) {
        let missing = count + other.count + 40 - bytes.count
        if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
        bytes.replaceSubrange(count..<count + other.count, with: other)
        count += other.count
    }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            append(rest & 0x7f | 0x80, byteCount: 1)
            rest >>= 7
        }
        append(rest, byteCount: 1)
    }

    consuming func finish() -> [UInt8] {
        let count = count
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// Reads a node's fields; nil wherever the bytes end too soon.
private struct NodeReader {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    /// - Parameter place: lies within the bytes; nil for all of them.
    init(_ bytes: [UInt8], in place: Range<Int>? = nil) {
        self.bytes = bytes
        offset = place?.lowerBound ?? 0
        end = place?.upperBound ?? bytes.count
    }

    var isAtEnd: Bool { offset == end }

    mutating func word(byteCount: Int) -> UInt64? {
        guard end - offset >= byteCount else { return nil }
        var value: UInt64 = 0
        for index in 0..<byteCount { value = value << 8 | UInt64(bytes[offset + index]) }
        offset += byteCount
        return value
    }

    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, offset < end {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    mutating func digest() -> Digest? {
        guard end - offset >= 32 else { return nil }
        defer { offset += 32 }
        return digest(at: offset)
    }

    private func digest(at offset: Int) -> Digest {
        // Cut out first, so that the constant indices below need no check of their own.
        let span = bytes.span.extracting(offset..<(offset + 32))
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for index in 0..<8 {
            words.0 = words.0 << 8 | UInt64(span[index])
            words.1 = words.1 << 8 | UInt64(span[8 + index])
            words.2 = words.2 << 8 | UInt64(span[16 + index])
            words.3 = words.3 << 8 | UInt64(span[24 + index])
        }
        return Digest(words: words)
    }

    mutating func slot(_ kind: Slot.Kind, _ nibble: Int, _ depth: Int, _ version: UInt64, _ head: UInt64)
        -> Slot?
    {
        guard let age = number(), age <= version else { return nil }
        if kind == .nested {
            guard let place = nested(), let digest = digest() else { return nil }
            return Slot.nested(version: version - age, at: place, digest: digest)
        }
        guard kind == .leaf else {
            guard let digest = digest() else { return nil }
            return Slot.inner(version: version - age, digest: digest)
        }
        guard let ordinal = number(), ordinal <= UInt64(UInt32.max),
            let stored = word(byteCount: StateNode.storedHeadBytes(depth)),
            StateNode.agrees(stored, with: nibble, depth), let digest = digest()
        else { return nil }
        let address = LeafAddress(version: version - age, ordinal: UInt32(ordinal))
        return Slot.leaf(address, head: StateNode.join(head, nibble, depth, stored), digest: digest)
    }

    /// Steps over the bytes of a nested node, to its digest: one of leaves only, two at least.
    private mutating func nested() -> Range<Int>? {
        guard let count = number(), count <= UInt64(end - offset) else { return nil }
        let place = offset..<offset + Int(count)
        guard let maps = word(byteCount: 4), place.count >= 4, StateNode.holdLeavesOnly(maps), StateNode.holdTwo(maps)
        else { return nil }
        offset = place.upperBound
        return place
    }

    /// Steps over one slot.
    mutating func skip(_ kind: Slot.Kind, _ headBytes: Int) -> Bool {
        guard number() != nil else { return false }
        switch kind {
        case .empty, .inner: break
        case .nested: if nested() == nil { return false }
        case .leaf:
            guard number() != nil else { return false }
            offset += headBytes
        }
        offset += 32
        return offset <= end
    }
}
