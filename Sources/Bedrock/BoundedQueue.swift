// SPDX-License-Identifier: Apache-2.0

/// First in, first out, never longer than its bound. The caller says what happens at the bound.
///
/// A ring over one array: adding and taking cost constant time and no allocation once it has grown.
package struct BoundedQueue<Element: Sendable>: Sendable {
    private var slots: [Element?] = []
    private var head = 0
    package private(set) var count = 0
    /// The most elements the queue holds.
    package let bound: Int

    package init(bound: Int) {
        precondition(bound > 0, "a queue holds at least one element")
        self.bound = bound
    }

    package var isEmpty: Bool { count == 0 }
    package var isFull: Bool { count == bound }

    /// Adds an element at the back. False, and nothing changed, where the queue is full: the refusing policy.
    package mutating func offer(_ element: Element) -> Bool {
        if isFull { return false }
        if count == slots.count { grow() }
        slots[(head + count) % slots.count] = element
        count += 1
        return true
    }

    /// Adds an element at the back and gives back the one dropped at the front: newer replaces older.
    package mutating func push(_ element: Element) -> Element? {
        let dropped = isFull ? take() : nil
        _ = offer(element)
        return dropped
    }

    package mutating func take() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head]
        slots[head] = nil
        head = (head + 1) % slots.count
        count -= 1
        return element
    }

    /// Takes everything, oldest first.
    package mutating func drain() -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        while let element = take() { elements.append(element) }
        return elements
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(Swift.min(bound, Swift.max(8, count * 2)))
        for index in 0..<count { larger.append(slots[(head + index) % slots.count]) }
        while larger.count < Swift.min(bound, Swift.max(8, count * 2)) { larger.append(nil) }
        slots = larger
        head = 0
    }
}
