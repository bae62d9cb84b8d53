// SPDX-License-Identifier: Apache-2.0

/// Keeps combs for the keys seen most lately, and decides when a key has earned one.
///
/// A key earns a comb once it has been used `usesBeforeTable` times without: by then the slower way has cost
/// as much as the comb would have. This is the rule for renting or buying skis: whatever comes after, the
/// total is at most twice what foresight would have paid, so a crowd of keys that never return cannot make a
/// verifier build for nothing.
/// - Spec: CRYPTO-9.
struct KeyCache: Sendable {
    private struct Slot: Sendable {
        var key: SM2.PublicKey
        var comb: MultiplesTable
        var lastUse: UInt64
    }

    /// Keys whose uses are counted: enough for every account of a busy block, 1 MB at most.
    static let countedKeysMax = 8192

    private let tablesMax: Int
    private let usesBeforeTable: Int
    private let radix: MultiplesTable.Radix
    private var slots: [Slot] = []
    /// Where a key's comb lies in `slots`.
    private var places: [SM2.PublicKey: Int] = [:]
    private var uses = RecentMap<Int>(bound: KeyCache.countedKeysMax)
    private var clock: UInt64 = 0

    /// - Parameter tableBytesMax: what all combs together may weigh; less than one comb (256 KiB) means none.
    init(tableBytesMax: Int, path: CodePath, usesBeforeTable: Int?) {
        tablesMax = max(0, tableBytesMax) / MultiplesTable.Comb.byteCount
        // A comb takes about 0.55 ms to build. It saves 39 µs a check on the portable path and 5 µs in lanes
        // [measured].
        self.usesBeforeTable = usesBeforeTable ?? (path == .portable ? 14 : 110)
        radix = path == .portable ? .words : .lanes
    }

    /// How many combs are held now.
    var tableCount: Int { slots.count }

    /// Counts one use of the key, and gives its comb if it has one or has just earned it.
    mutating func use(_ key: SM2.PublicKey) -> MultiplesTable? {
        guard tablesMax > 0 else { return nil }
        clock += 1
        if let place = places[key] {
            slots[place].lastUse = clock
            return slots[place].comb
        }
        let count = (uses[key] ?? 0) + 1
        if count <= usesBeforeTable {
            uses[key] = count
            return nil
        }
        uses[key] = nil
        let slot = Slot(key: key, comb: .comb(of: key.point, radix: radix), lastUse: clock)
        if slots.count < tablesMax {
            places[key] = slots.count
            slots.append(slot)
        } else {
            // The least recently used makes room. A scan of at most some hundred slots vanishes beside the
            // building.
            let oldest = slots.indices.min { slots[$0].lastUse < slots[$1].lastUse } ?? 0
            places[slots[oldest].key] = nil
            places[key] = oldest
            slots[oldest] = slot
        }
        return slot.comb
    }
}
