// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

@Suite("BoundedQueue: first in, first out, never longer than its bound")
struct BoundedQueueTests {
    @Test("it does what a plain array would, over seeded runs at every small bound", arguments: 1...20)
    func model(_ bound: Int) {
        var random = SeededRandom(seed: UInt64(bound))
        var queue = BoundedQueue<Int>(bound: bound)
        var model: [Int] = []
        for step in 0..<4_000 {
            switch random.below(20) {
            case 0..<8:
                let fits = model.count < bound
                if fits { model.append(step) }
                let accepted = queue.offer(step)
                #expect(accepted == fits)
            case 8..<12:
                let dropped = model.count == bound ? model.removeFirst() : nil
                model.append(step)
                let pushed = queue.push(step)
                #expect(pushed == dropped)
            case 12..<19:
                let taken = queue.take()
                #expect(taken == (model.isEmpty ? nil : model.removeFirst()))
            default:
                let drained = queue.drain()
                #expect(drained == model)
                model = []
            }
            #expect(queue.count == model.count)
            #expect(queue.isEmpty == model.isEmpty)
            #expect(queue.isFull == (model.count == bound))
        }
    }

    @Test("a bound larger than the first block is reached, and not passed")
    func growth() {
        var queue = BoundedQueue<Int>(bound: 1_000)
        let accepted = (0..<1_001).map { queue.offer($0) }
        #expect(accepted == [Bool](repeating: true, count: 1_000) + [false])
        let drained = queue.drain()
        #expect(drained == Array(0..<1_000))
    }

    @Test("a queue is a value: a copy lives its own life")
    func copies() {
        var first = BoundedQueue<Int>(bound: 3)
        _ = first.offer(1)
        var second = first
        _ = second.take()
        #expect(first.count == 1)
        #expect(second.isEmpty)
    }
}
