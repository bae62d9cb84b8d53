// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// What will happen, in one total order: by instant, then by order of entry.
///
/// A heap of small keys beside the entries themselves, so that keeping order moves no large values.
/// - Spec: SIM-1.
struct Agenda<Entry> {
    private struct Key {
        let instant: UInt64
        let sequence: UInt64
        let slot: Int

        func precedes(_ other: Key) -> Bool { (instant, sequence) < (other.instant, other.sequence) }
    }

    private var heap: [Key] = []
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var sequence: UInt64 = 0

    var count: Int { heap.count }

    /// When the next thing happens, in nanoseconds; nil where nothing will.
    var next: UInt64? { heap.first?.instant }

    mutating func add(_ entry: Entry, at instant: UInt64) {
        var slot = entries.count
        if let reused = free.popLast() {
            slot = reused
            entries[slot] = entry
        } else {
            entries.append(entry)
        }
        heap.append(Key(instant: instant, sequence: sequence, slot: slot))
        sequence += 1
        rise(heap.count - 1)
    }

    mutating func pop() -> (instant: UInt64, entry: Entry)? {
        guard let first = heap.first, let entry = entries[first.slot].take() else { return nil }
        free.append(first.slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.instant, entry)
    }

    private mutating func rise(_ start: Int) {
        var place = start
        let key = heap[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard key.precedes(heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = key
    }

    private mutating func sink() {
        var place = 0
        let key = heap[0]
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(key) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = key
    }
}

/// Lengths of simulated time, in nanoseconds.
enum Span {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000
}

extension SeededRandom {
    /// A number within a range, both ends included.
    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next() % (range.upperBound - range.lowerBound + 1)
    }

    /// True `permille` times in a thousand.
    mutating func happens(_ permille: Int) -> Bool { permille > 0 && below(1_000) < permille }

    /// A wait with the given mean: from a quarter of it to seven quarters, so that nothing is endless.
    mutating func wait(mean: Instant.Span) -> Instant.Span {
        let quarter = max(1, mean.nanoseconds / 4)
        return Instant.Span(nanoseconds: within(quarter...(quarter * 7)))
    }

    /// One of some things, at random.
    mutating func pick<Thing>(_ things: [Thing]) -> Thing { things[below(things.count)] }

    /// `count` of some things, in a random order.
    mutating func some<Thing>(_ count: Int, of things: [Thing]) -> [Thing] {
        var left = things
        var chosen: [Thing] = []
        while chosen.count < count, !left.isEmpty { chosen.append(left.remove(at: below(left.count))) }
        return chosen
    }
}
