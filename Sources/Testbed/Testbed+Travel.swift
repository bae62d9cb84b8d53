// SPDX-License-Identifier: Apache-2.0
package import Ledger

// Going on without calls, and going back.
extension Testbed {
    /// A place to go back to, on whatever way was gone to it.
    package struct Mark: Sendable {
        let history: [Stand]

        package var height: Height { history.last?.height ?? .zero }
    }

    /// - Complexity: O(1).
    package var mark: Mark { Mark(history: history) }

    /// Goes back to a mark; the next block stands on it. Another mark leads to where this way had come.
    package mutating func go(back mark: Mark) throws(TestbedError) { try stand(on: mark.history) }

    /// Goes back to an earlier block of the way gone so far.
    /// - Throws: `TestbedError.unreachable` where there is none of that height.
    package mutating func go(back height: Height) throws(TestbedError) {
        guard height <= self.height else { throw .unreachable(height) }
        try stand(on: Array(history.prefix { $0.height <= height }))
    }

    /// Makes empty blocks until the newest one has a height.
    /// - Throws: `TestbedError.unreachable` where it is behind.
    /// - Cost: some microseconds a block; each is executed, for what governance decided takes effect in one.
    package mutating func go(to height: Height) throws(TestbedError) {
        guard height >= self.height else { throw .unreachable(height) }
        while self.height < height { _ = try run([]) }
    }

    /// Lets time pass so that the next block has a time, or the first after it.
    /// - Throws: `TestbedError.unreachable` where it has passed.
    package mutating func go(to time: Timestamp) throws(TestbedError) {
        guard time >= nextTime else { throw .unreachable(height) }
        wait(milliseconds: time.value - nextTime.value)
    }
}
