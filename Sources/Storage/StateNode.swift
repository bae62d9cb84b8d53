// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// One of a node's sixteen places: empty, a leaf, or a node below.
struct Slot: Hashable, Sendable {
    enum Kind: UInt8, Sendable { case empty, leaf, inner }

    var kind: Kind
    /// A leaf's place among its version's writes.
    var ordinal: UInt32
    /// The version that wrote the leaf or the node below.
    var version: UInt64
    /// The first 64 bits of a leaf's path: enough to see nearly always that it is not the one sought, unread.
    var head: UInt64
    var digest: Digest

    static let empty = Slot(kind: .empty, ordinal: 0, version: 0, head: 0, digest: Digest.zero)

    static func leaf(_ address: LeafAddress, head: UInt64, digest: Digest) -> Slot {
        Slot(kind: .leaf, ordinal: address.ordinal, version: address.version, head: head, digest: digest)
    }

    static func inner(version: UInt64, digest: Digest) -> Slot {
        Slot(kind: .inner, ordinal: 0, version: version, head: 0, digest: digest)
    }

    var address: LeafAddress { LeafAddress(version: version, ordinal: ordinal) }
}

/// The bytes of a node.
///
/// Two maps of 16 bits, slot 0 at the top bit: which slots are taken, which of those hold a leaf. Then for
/// each taken slot, in order: the age of its record in versions (base 128); for a leaf its ordinal (base 128)
/// and the bytes of its path from the first not settled by the node's place up to byte 7; the digest.
/// - Cost: 36 bytes a node below, about 41 a leaf in a tree of ten million.
/// - Spec: STATE-11.
enum StateNode {
    static let width = 16
    /// A path's first bytes, kept beside a leaf's digest.
    private static let headBytes = 8

    /// The first byte of a leaf's head that is stored in a node at `depth`.
    private static func headStart(_ depth: Int) -> Int { min((depth + 1) / 2, headBytes) }

    static func encode(_ slots: ArraySlice<Slot>, depth: Int, version: UInt64) -> [UInt8] {
        var taken: UInt16 = 0
        var leaves: UInt16 = 0
        var count = 0
        for (index, slot) in slots.enumerated() where slot.kind != .empty {
            taken |= 0x8000 >> UInt16(index)
            if slot.kind == .leaf { leaves |= 0x8000 >> UInt16(index) }
            count += 1
        }
        var writer = NodeWriter(reserving: 4 + count * 45)
        writer.append(UInt64(taken) << 16 | UInt64(leaves), byteCount: 4)
        let headStart = headStart(depth)
        for slot in slots where slot.kind != .empty {
            writer.number(version - slot.version)
            if slot.kind == .leaf {
                writer.number(UInt64(slot.ordinal))
                writer.append(slot.head, byteCount: headBytes - headStart)
            }
            writer.append(slot.digest)
        }
        return writer.finish()
    }

    /// Reads all slots into `slots` from `base` on, where sixteen empty ones stand.
    /// - Parameter head: the first 64 bits of any path through this node.
    /// - Returns: false where the bytes are not a node's.
    static func decode(
        _ bytes: [UInt8], depth: Int, version: UInt64, head: UInt64, into slots: inout [Slot], at base: Int
    ) -> Bool {
        var reader = NodeReader(bytes)
        guard let maps = reader.word(byteCount: 4) else { return false }
        for index in 0..<width where maps << UInt64(index) & 0x8000_0000 != 0 {
            let isLeaf = maps << UInt64(index) & 0x8000 != 0
            guard let slot = reader.slot(isLeaf, index, depth, version, head) else { return false }
            slots[base + index] = slot
        }
        return reader.isAtEnd
    }

    /// Reads one slot only, skipping over those before it.
    /// - Returns: nil where the bytes are not a node's.
    static func slot(_ nibble: Int, in bytes: [UInt8], depth: Int, version: UInt64, head: UInt64) -> Slot? {
        var reader = NodeReader(bytes)
        guard let maps = reader.word(byteCount: 4) else { return nil }
        guard maps << UInt64(nibble) & 0x8000_0000 != 0 else { return Slot.empty }
        for index in 0..<nibble where maps << UInt64(index) & 0x8000_0000 != 0 {
            guard reader.skip(isLeaf: maps << UInt64(index) & 0x8000 != 0, headBytes - headStart(depth))
            else { return nil }
        }
        return reader.slot(maps << UInt64(nibble) & 0x8000 != 0, nibble, depth, version, head)
    }

    /// All slots of one node.
    static func slots(_ bytes: [UInt8], depth: Int, version: UInt64, head: UInt64) -> [Slot]? {
        var slots = [Slot](repeating: Slot.empty, count: width)
        return decode(bytes, depth: depth, version: version, head: head, into: &slots, at: 0) ? slots : nil
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
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func word(byteCount: Int) -> UInt64? {
        guard bytes.count - offset >= byteCount else { return nil }
        var value: UInt64 = 0
        for index in 0..<byteCount { value = value << 8 | UInt64(bytes[offset + index]) }
        offset += byteCount
        return value
    }

    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    mutating func digest() -> Digest? {
        guard bytes.count - offset >= 32 else { return nil }
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

    mutating func slot(_ isLeaf: Bool, _ nibble: Int, _ depth: Int, _ version: UInt64, _ head: UInt64)
        -> Slot?
    {
        guard let age = number(), age <= version else { return nil }
        guard isLeaf else {
            guard let digest = digest() else { return nil }
            return Slot.inner(version: version - age, digest: digest)
        }
        guard let ordinal = number(), ordinal <= UInt64(UInt32.max),
            let stored = word(byteCount: StateNode.storedHeadBytes(depth)), let digest = digest()
        else { return nil }
        let address = LeafAddress(version: version - age, ordinal: UInt32(ordinal))
        return Slot.leaf(address, head: StateNode.join(head, nibble, depth, stored), digest: digest)
    }

    /// Steps over one slot.
    mutating func skip(isLeaf: Bool, _ headBytes: Int) -> Bool {
        guard number() != nil else { return false }
        if isLeaf, number() == nil { return false }
        offset += 32 + (isLeaf ? headBytes : 0)
        return offset <= bytes.count
    }
}
