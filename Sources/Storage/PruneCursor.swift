// SPDX-License-Identifier: Apache-2.0

/// How far pruning has come in each of its three lists.
///
/// Only a memory of the way: a tree that is loaded anew begins each list again and finds what is still there.
/// The starts spare the store a walk over its own deletions.
/// - Spec: STATE-12, STATE-16, SNAP-9.
struct PruneCursor: Sendable {
    /// The kinds of records that have their version in the key, in the order in which they are swept.
    static let sweptKinds: [Character] = ["H", "J", "L", "N", "P", "R"]

    /// The first journal slice not yet handed out.
    var journalStart: [UInt8]
    /// Versions that were pinned once and still have records held for them; the last one is gone through
    /// first.
    private(set) var released: [UInt64] = []
    /// The first slice held for the last of `released` that was not yet handed out.
    var heldStart: [UInt8] = []
    /// The version of a snapshot below which no record is anyone's; nil where there are none.
    var sweepBelow: UInt64?
    /// The kind being swept, as a place among `sweptKinds`.
    var sweepKind = 0
    /// The first key of that kind not yet handed out; nil at its beginning.
    var sweepStart: [UInt8]?

    /// - Cost: a scan of one key for each pin and each released version.
    init<Store: KeyValueStore>(_ store: Store, _ layout: StateLayout, pins: [UInt64]) throws(StoreError) {
        journalStart = layout.journal(version: 0, slice: 0)
        if let bytes = try store.value(for: layout.sweep) {
            guard bytes.count == 8 else { throw .corrupt(what: "the state tree's mark of a new snapshot") }
            sweepBelow = bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
        var start = layout.start(of: "H")
        let end = layout.start(of: "I")
        while let slice = try store.scan(from: start, to: end, limit: 1, reverse: false).first {
            guard let version = layout.version(ofKey: slice.key) else {
                throw .corrupt(what: "the state tree's list of held records")
            }
            if !pins.contains(version) { release(version, layout) }
            start = layout.end(of: "H", version: version)
        }
    }

    mutating func release(_ version: UInt64, _ layout: StateLayout) {
        released.append(version)
        heldStart = layout.start(of: "H", version: version)
    }

    /// Leaves the last of `released`, for which nothing is held any more.
    mutating func endReleased(_ layout: StateLayout) {
        released.removeLast()
        heldStart = released.last.map { layout.start(of: "H", version: $0) } ?? []
    }
}
