// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import ShangMi

/// The records one version made stale, written down beside it, so that pruning reads a list and never walks
/// the tree. What pruning holds for a pin is listed in the same form.
///
/// A slice is a row of entries: tag 0 and a version for a root; tag 1, version and ordinal for a leaf; tag 2
/// + depth, version and ⌈depth / 2⌉ bytes of the path for a node. Numbers are base 128.
/// - Spec: STATE-12, STATE-16.
struct StaleJournal: Sendable {
    /// The most entries in one slice, and so the least a pruning step may be asked for.
    static let sliceEntriesMax = 1024

    private var finished: [[UInt8]] = []
    private var open = Encoder()
    private var openCount = 0
    private(set) var count = 0

    mutating func add(root version: UInt64) {
        open.number(0)
        open.number(version)
        added()
    }

    mutating func add(leaf address: LeafAddress) {
        open.number(1)
        open.number(address.version)
        open.number(UInt64(address.ordinal))
        added()
    }

    mutating func add(node version: UInt64, depth: Int, path: Digest) {
        open.number(UInt64(2 + depth))
        open.number(version)
        for index in stride(from: 0, to: depth, by: 2) {
            open.u8(UInt8(path.nibble(index) << 4 | (index + 1 < depth ? path.nibble(index + 1) : 0)))
        }
        added()
    }

    private mutating func added() {
        count += 1
        openCount += 1
        if openCount == StaleJournal.sliceEntriesMax {
            finished.append(open.bytes)
            (open, openCount) = (Encoder(), 0)
        }
    }

    func slices() -> [[UInt8]] { openCount == 0 ? finished : finished + [open.bytes] }

    /// One record of a slice.
    struct Entry: Sendable {
        /// The version that wrote the record, and so the first one that needs it.
        let born: UInt64
        let isRoot: Bool
        let key: [UInt8]
        /// The entry as it stands in the slice.
        let bytes: [UInt8]
    }

    /// The records a slice lists.
    static func entries(in slice: [UInt8], _ layout: StateLayout) throws(DecodeError) -> [Entry] {
        var decoder = Decoder(slice)
        var entries: [Entry] = []
        while decoder.remaining > 0 {
            let start = decoder.offset
            let tag = try decoder.number(max: UInt64(2 + Digest.nibbleCount))
            let version = try decoder.number()
            let key: [UInt8]
            switch tag {
            case 0: key = layout.root(version: version)
            case 1:
                let ordinal = UInt32(try decoder.number(max: UInt64(UInt32.max)))
                key = layout.leaf(LeafAddress(version: version, ordinal: ordinal))
            default:
                let depth = Int(tag) - 2
                let bytes = try decoder.raw(count: (depth + 1) / 2)
                let path = try Digest(decoding: bytes + [UInt8](repeating: 0, count: 32 - bytes.count))
                key = layout.node(version: version, depth: depth, path: path)
            }
            entries.append(Entry(born: version, isRoot: tag == 0, key: key, bytes: decoder.bytesRead(since: start)))
        }
        return entries
    }
}
