// SPDX-License-Identifier: Apache-2.0

/// Keeps tables for keys, and decides when a key has earned one: a short comb for each of a crowd, a comb for
/// those that come again and again.
///
/// A key earns a table once it has been used so often without that the slower way has cost as much as the table
/// would have. This is the rule for renting or buying skis: whatever comes after, the total is at most twice what
/// foresight would have paid, so keys that never return cannot make a verifier build for nothing.
/// - Spec: CRYPTO-9.
struct KeyCache: Sendable {
    enum Table: Sendable {
        case comb(MultiplesTable)
        case shortComb(MultiplesTable)
    }

    /// Keys of which something is remembered besides tables: a use count here, Z in the verifier; 11 MB together for a
    /// crowd, 3 MB for who expects none.
    static func rememberedKeysMax(crowdMax: Int) -> Int { crowdMax > 0 ? 32_768 : 8_192 }

    private var combs: TableShelf
    private var shortCombs: TableShelf
    private let radix: MultiplesTable.Radix
    private let usesBeforeComb: Int
    private let usesBeforeShortComb: Int
    /// Keys that have earned a short comb and wait until it pays to make them together: in lanes eight cost as much as
    /// one. Fewer than `groupMax`.
    private var waiting: [SM2.PublicKey] = []
    /// Uses of waiting keys since the first of them: when it is `groupMax`, those of eight keys have paid for it, and
    /// one key alone need not wait longer.
    private var waitingUses = 0
    private let groupMax: Int
    private var uses: RecentMap<Int>
    private var clock: UInt64 = 0

    /// - Parameters:
    ///   - tableBytesMax: what all combs together may weigh; less than one comb (256 KiB) means none.
    ///   - crowdMax: how many keys may have short combs (4 KiB).
    ///   - usesBeforeTable: the number for both kinds, and then nobody waits; nil for what pays.
    init(tableBytesMax: Int, crowdMax: Int, path: CodePath, usesBeforeTable: Int?) {
        let (isPortable, hasCrowd) = (path == .portable, crowdMax > 0)
        // A check takes 82 µs without a table, 33 µs with a short comb and 19 µs with a comb; in lanes 11.8, 6.7 and
        // 3.4 µs. A comb takes 550 µs to make, a short one 75 µs, in lanes 12 µs among eight [`bench crypto`].
        usesBeforeComb = usesBeforeTable ?? (hasCrowd ? (isPortable ? 40 : 167) : (isPortable ? 9 : 65))
        usesBeforeShortComb = usesBeforeTable ?? (isPortable ? 2 : 1)
        groupMax = isPortable || usesBeforeTable != nil ? 1 : LaneKernel.laneCount
        radix = isPortable ? .words : .lanes
        combs = TableShelf(
            capacity: max(0, tableBytesMax) / MultiplesTable.Comb.byteCount, earnedBy: usesBeforeComb,
            keptBy: usesBeforeComb / 2)
        shortCombs = TableShelf(capacity: max(0, crowdMax), earnedBy: usesBeforeShortComb, keptBy: 1)
        uses = RecentMap(bound: KeyCache.rememberedKeysMax(crowdMax: crowdMax))
    }

    /// How many tables are held now, of both kinds.
    var tableCount: Int { combs.count + shortCombs.count }

    /// The keys with a table of either kind.
    var tableKeys: Set<SM2.PublicKey> { combs.keys.union(shortCombs.keys) }

    /// Counts one use of the key, and gives the best table it has or has just earned.
    mutating func use(_ key: SM2.PublicKey) -> Table? {
        clock += 1
        if let (comb, _) = combs.use(key, at: clock) { return .comb(comb) }
        if let (shortComb, count) = shortCombs.use(key, at: clock) {
            return count > usesBeforeComb ? promoted(key) ?? .shortComb(shortComb) : .shortComb(shortComb)
        }
        if combs.capacity == 0, shortCombs.capacity == 0 { return nil }
        let count = (uses[key] ?? 0) + 1
        uses[key] = count
        if count > usesBeforeComb, let comb = promoted(key) { return comb }
        if shortCombs.capacity > 0, count > usesBeforeShortComb { wait(key) }
        return shortCombs.use(key, at: clock).map { .shortComb($0.table) }
    }

    /// Gives the key a comb if another makes room for it.
    private mutating func promoted(_ key: SM2.PublicKey) -> Table? {
        guard combs.makeRoom(at: clock) else { return nil }
        uses[key] = nil
        let comb = MultiplesTable.comb(of: key.point, radix: radix)
        combs.add(comb, of: key, at: clock)
        return .comb(comb)
    }

    /// Lets the key wait for its short comb, and makes those of all that wait when it is time.
    private mutating func wait(_ key: SM2.PublicKey) {
        if !waiting.contains(key) { waiting.append(key) }
        waitingUses += 1
        guard waitingUses >= groupMax else { return }
        var group: [SM2.PublicKey] = []
        for key in waiting where !combs.holds(key) && shortCombs.makeRoom(at: clock) {
            group.append(key)
            // Its place is taken before the next one asks for one.
            shortCombs.add(MultiplesTable(rows: []), of: key, at: clock)
        }
        let tables = MultiplesTable.shortCombs(of: group.map { $0.point }, radix: radix)
        for (key, table) in zip(group, tables) {
            shortCombs.replace(table, of: key)
            uses[key] = nil
        }
        waiting.removeAll(keepingCapacity: true)
        waitingUses = 0
    }
}

/// Tables of one kind, at most `capacity`: a new one takes the place of one that has rested, or finds none.
///
/// A hand goes round the places, one step whenever room is asked for. So asking costs the same however many there are.
/// A table is judged by a window of uses of all keys, four times as many as earn all tables of the shelf: was its key
/// used too seldom in it, the place is free. So whoever would hold all places has to send a good part of all that is
/// sent, and a crowd twice too large has tables for half of it instead of making tables all the time.
struct TableShelf: Sendable {
    private struct Slot: Sendable {
        var key: SM2.PublicKey
        var table: MultiplesTable
        var uses = 0
        /// Where the window began, and the uses by then.
        var windowStart: UInt64
        var windowStartUses = 0
    }

    let capacity: Int
    /// Uses of all keys that make a window; 0 means that nobody keeps a place.
    private let window: UInt64
    /// Uses in a window that keep a place.
    private let needed: Int
    private var slots: [Slot] = []
    /// Where a key's table lies in `slots`.
    private var places: [SM2.PublicKey: Int] = [:]
    private var hand = 0

    /// - Parameters:
    ///   - uses: how many earn a key its table.
    ///   - needed: how many in a window keep it there.
    init(capacity: Int, earnedBy uses: Int, keptBy needed: Int) {
        self.capacity = capacity
        self.needed = max(1, needed)
        let (window, overflow) = UInt64(max(0, uses)).multipliedReportingOverflow(by: 4 * UInt64(capacity))
        self.window = overflow ? .max : window
    }

    func holds(_ key: SM2.PublicKey) -> Bool { places[key] != nil }
    var count: Int { slots.count }
    var keys: Set<SM2.PublicKey> { Set(places.keys) }

    /// The key's table, if it has one, and how often it was used by now.
    mutating func use(_ key: SM2.PublicKey, at clock: UInt64) -> (table: MultiplesTable, uses: Int)? {
        guard let place = places[key] else { return nil }
        slots[place].uses += 1
        return (slots[place].table, slots[place].uses)
    }

    /// Whether `add` may be called now; forgets a table that is used too seldom if that is what it takes.
    mutating func makeRoom(at clock: UInt64) -> Bool {
        if slots.count < capacity { return true }
        if slots.isEmpty { return false }
        hand = (hand + 1) % slots.count
        if window > 0 {
            guard clock - slots[hand].windowStart >= window else { return false }
            guard slots[hand].uses - slots[hand].windowStartUses < needed else {
                (slots[hand].windowStart, slots[hand].windowStartUses) = (clock, slots[hand].uses)
                return false
            }
        }
        places[slots[hand].key] = nil
        return true
    }

    /// - Precondition: `makeRoom` has just said so, and the key has no table here.
    mutating func add(_ table: MultiplesTable, of key: SM2.PublicKey, at clock: UInt64) {
        let slot = Slot(key: key, table: table, windowStart: clock)
        if slots.count < capacity {
            places[key] = slots.count
            slots.append(slot)
        } else {
            places[key] = hand
            slots[hand] = slot
        }
    }

    /// Puts another table in the place of the one the key has.
    mutating func replace(_ table: MultiplesTable, of key: SM2.PublicKey) {
        guard let place = places[key] else { preconditionFailure("its place was taken a moment ago") }
        slots[place].table = table
    }
}
