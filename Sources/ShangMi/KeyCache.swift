// SPDX-License-Identifier: Apache-2.0

/// Keeps tables for keys, and decides when a key has earned one: a short comb for each of a crowd, a comb for those that
/// come again and again.
///
/// A key earns a table once it has been used so often without that the slower way has cost as much as the table would
/// have. This is the rule for renting or buying skis: whatever comes after, the total is at most twice what foresight
/// would have paid, so keys that never return cannot make a verifier build for nothing.
/// - Spec: CRYPTO-9.
struct KeyCache: Sendable {
    enum Table: Sendable {
        case comb(MultiplesTable)
        case shortComb(MultiplesTable)
    }

    /// Keys whose uses are counted: enough for all accounts of a busy hour, 4 MB at most.
    static let countedKeysMax = 32_768

    private var combs: TableShelf
    private var shortCombs: TableShelf
    private let radix: MultiplesTable.Radix
    private let usesBeforeComb: Int
    private let usesBeforeShortComb: Int
    /// Keys that have earned a short comb and wait until it pays to make them together: in lanes eight cost as much as
    /// one. Fewer than `groupMax`.
    private var waiting: [SM2.PublicKey] = []
    /// Uses of waiting keys since the first of them: when it is `groupMax`, waiting has cost as much as making.
    private var waitingUses = 0
    private let groupMax: Int
    private var uses = RecentMap<Int>(bound: KeyCache.countedKeysMax)
    private var clock: UInt64 = 0

    /// - Parameters:
    ///   - tableBytesMax: what all combs together may weigh; less than one comb (256 KiB) means none.
    ///   - crowdMax: how many keys may have short combs (4 KiB).
    ///   - usesBeforeTable: the number for both kinds, and then nobody waits; nil for what pays.
    init(tableBytesMax: Int, crowdMax: Int, path: CodePath, usesBeforeTable: Int?) {
        let isPortable = path == .portable
        // A comb takes about 0.55 ms to build. It saves 39 µs a check on the portable path and 5 µs in lanes against
        // no table, and 15 µs or 2 µs against a short comb, which itself takes 75 µs, or 12 µs among eight, and saves
        // 30 µs or 7 µs [measured].
        let usual = crowdMax > 0 ? (isPortable ? 36 : 275) : (isPortable ? 14 : 110)
        usesBeforeComb = usesBeforeTable ?? usual
        usesBeforeShortComb = usesBeforeTable ?? (isPortable ? 2 : 1)
        groupMax = isPortable || usesBeforeTable != nil ? 1 : LaneKernel.laneCount
        radix = isPortable ? .words : .lanes
        let combsMax = max(0, tableBytesMax) / MultiplesTable.Comb.byteCount
        combs = TableShelf(capacity: combsMax, patience: UInt64(usesBeforeComb * combsMax))
        shortCombs = TableShelf(capacity: crowdMax, patience: UInt64(4 * usesBeforeShortComb * crowdMax))
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
        if shortCombs.capacity == 0 { return count > usesBeforeComb ? promoted(key) : nil }
        if count > usesBeforeShortComb { wait(key) }
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
        for key in waiting where shortCombs.makeRoom(at: clock) {
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
/// A hand goes round the places, one step whenever room is asked for. So asking costs the same however many there are;
/// and keys that are all in use keep their tables, however many others would like one: a crowd twice too large has
/// tables for half of it instead of making tables all the time.
struct TableShelf: Sendable {
    private struct Slot: Sendable {
        var key: SM2.PublicKey
        var table: MultiplesTable
        var lastUse: UInt64
        var uses = 0
    }

    let capacity: Int
    /// Uses of any key after which a key without any has rested.
    private let patience: UInt64
    private var slots: [Slot] = []
    /// Where a key's table lies in `slots`.
    private var places: [SM2.PublicKey: Int] = [:]
    private var hand = 0

    init(capacity: Int, patience: UInt64) { (self.capacity, self.patience) = (max(0, capacity), patience) }

    var count: Int { slots.count }
    var keys: Set<SM2.PublicKey> { Set(places.keys) }

    /// The key's table, if it has one, and how often it was used by now.
    mutating func use(_ key: SM2.PublicKey, at clock: UInt64) -> (table: MultiplesTable, uses: Int)? {
        guard let place = places[key] else { return nil }
        slots[place].lastUse = clock
        slots[place].uses += 1
        return (slots[place].table, slots[place].uses)
    }

    /// Whether `add` may be called now; forgets a table that has rested if that is what it takes.
    mutating func makeRoom(at clock: UInt64) -> Bool {
        if slots.count < capacity { return true }
        if slots.isEmpty { return false }
        hand = (hand + 1) % slots.count
        guard clock - slots[hand].lastUse >= patience else { return false }
        places[slots[hand].key] = nil
        return true
    }

    /// - Precondition: `makeRoom` has just said so, and the key has no table here.
    mutating func add(_ table: MultiplesTable, of key: SM2.PublicKey, at clock: UInt64) {
        let slot = Slot(key: key, table: table, lastUse: clock)
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
        if let place = places[key] { slots[place].table = table }
    }
}
