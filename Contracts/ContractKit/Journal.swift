// SPDX-License-Identifier: Apache-2.0

/// A list that only grows, one for each owner: entries are numbered from 0, never changed, never removed.
///
/// The count lies under name ‖ '#' ‖ owner, an entry under name ‖ '/' ‖ owner ‖ its number as eight bytes (KIT-3).
public struct Journal<Owner: Storable, Entry: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    public func count(of owner: Owner) throws(Failure) -> UInt64 {
        try Slot.read(Slot.key(name, Slot.hash, owner.encoded)) ?? 0
    }

    /// - Returns: the entry's number.
    @discardableResult
    public func append(_ entry: Entry, to owner: Owner) throws(Failure) -> UInt64 {
        let place = try count(of: owner)
        try Slot.write(slot(owner, place), entry.encoded)
        try Slot.write(Slot.key(name, Slot.hash, owner.encoded), try place.plus(1).encoded)
        return place
    }

    public func entry(_ place: UInt64, of owner: Owner) throws(Failure) -> Entry? { try Slot.read(slot(owner, place)) }

    /// Entries from `start` on, at most `limit`.
    public func entries(of owner: Owner, from start: UInt64, limit: UInt64) throws(Failure) -> [Entry] {
        let count = try count(of: owner)
        var entries: [Entry] = []
        var place = start
        while place < count, UInt64(truncatingIfNeeded: entries.count) < limit {
            guard let entry = try entry(place, of: owner) else { throw .stateMismatch }
            entries.append(entry)
            place += 1
        }
        return entries
    }

    private func slot(_ owner: Owner, _ place: UInt64) throws(Failure) -> Bytes {
        var writer = Writer()
        writer.put(owner)
        writer.bigEndian(place, count: 8)
        return try Slot.key(name, Slot.slash, writer.done())
    }
}
