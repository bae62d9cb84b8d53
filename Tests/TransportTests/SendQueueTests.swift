// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing
import Transport

/// What leaves first, what waits, what is dropped.
@Suite struct SendQueueTests {
    private let chains = (0..<4).map { ChainID(SM3.hash([UInt8($0)])) }

    private func message(_ count: Int, _ mark: UInt8 = 0) -> [UInt8] { [UInt8](repeating: mark, count: count) }

    @Test("LINK-6: a vote waits behind one piece of a message that is on its way, never behind the message")
    func votesFirst() {
        var queue = SendQueue()
        _ = queue.offer(message(1 << 20), chains[0], .blocks)
        #expect(queue.next()?.traffic == .blocks)
        _ = queue.offer(message(200, 7), chains[0], .votes)
        let next = queue.next()
        #expect(next?.traffic == .votes && next?.isLast == true && next?.bytes.first == 7)
        #expect(queue.next()?.traffic == .blocks)
    }

    @Test("LINK-6: classes leave in their order, and of 17 pieces one is of those behind the first, each in turn")
    func order() {
        var queue = SendQueue()
        for traffic in [TrafficClass.sync, .transactions, .blocks] {
            for _ in 0..<3 { _ = queue.offer(message(4 << 20), chains[0], traffic) }
        }
        let pieces = (0..<170).compactMap { _ in queue.next()?.traffic }
        #expect(pieces.count { $0 == .blocks } == 160)
        #expect(pieces.count { $0 == .sync } == 5 && pieces.count { $0 == .transactions } == 5)
        #expect(pieces.prefix(16).allSatisfy { $0 == .blocks })
    }

    @Test("LINK-6: a busy chain and a quiet one take turns by bytes")
    func turns() {
        var queue = SendQueue()
        for _ in 0..<50 { _ = queue.offer(message(100_000, 1), chains[0], .transactions) }
        for _ in 0..<50 { _ = queue.offer(message(1_000, 2), chains[1], .transactions) }
        var sent = [0, 0]
        while sent[1] < 50_000, let piece = queue.next() { sent[piece.bytes.first == 1 ? 0 : 1] += piece.bytes.count }
        // The quiet one is through before the busy one has sent two of its fifty messages.
        #expect(sent[1] == 50_000)
        #expect(sent[0] <= 200_000)
    }

    @Test("LINK-6: a chain that was silent comes back without credit for the time away")
    func noCredit() {
        var queue = SendQueue()
        for _ in 0..<40 { _ = queue.offer(message(100_000, 1), chains[0], .transactions) }
        for _ in 0..<140 { _ = queue.next() }
        for _ in 0..<40 { _ = queue.offer(message(100_000, 2), chains[1], .transactions) }
        let next = (0..<70).compactMap { _ in queue.next()?.bytes.first }
        #expect(next.count { $0 == 1 } >= 28)
    }

    @Test("LINK-5: votes and blocks drop the oldest, transactions and sync refuse the newest; bytes stay bounded")
    func bounds() {
        for traffic in TrafficClass.allCases {
            var queue = SendQueue()
            let size = traffic == .votes ? 200_000 : 4 << 20
            var outcomes: [SendQueue.Outcome] = []
            for mark in 0..<40 {
                outcomes.append(queue.offer(message(size, UInt8(mark)), chains[mark % 2], traffic))
                #expect(queue.byteCount(traffic) <= traffic.queueBytesMax)
            }
            let kept = traffic.queueBytesMax / size
            #expect(outcomes.prefix(kept).allSatisfy { $0 == .queued })
            let over: SendQueue.Outcome = traffic.overflow == .dropOldest ? .replaced(1) : .refused
            #expect(outcomes.dropFirst(kept).allSatisfy { $0 == over })
            var marks: Set<UInt8> = []
            while let piece = queue.next() {
                if piece.chain != nil, let mark = piece.bytes.first { marks.insert(mark) }
            }
            #expect(marks.contains(39) == (traffic.overflow == .dropOldest))
            #expect(marks.contains(0) == (traffic.overflow == .refuseNewest))
            #expect(queue.isEmpty)
        }
    }

    @Test("LINK-5: a message too long for its class, or empty, is not taken")
    func refused() {
        var queue = SendQueue()
        for traffic in TrafficClass.allCases {
            #expect(queue.offer(message(traffic.messageBytesMax + 1), chains[0], traffic) == .refused)
            #expect(queue.offer([], chains[0], traffic) == .refused)
            #expect(queue.offer(message(traffic.messageBytesMax), chains[0], traffic) == .queued)
        }
    }

    @Test("A chain that is forgotten sends no more; what is on its way ends whole")
    func forget() {
        var queue = SendQueue()
        for _ in 0..<3 { _ = queue.offer(message(40_000, 1), chains[0], .sync) }
        _ = queue.offer(message(10, 2), chains[1], .sync)
        #expect(queue.next()?.isLast == false)
        queue.forget(chains[0])
        var rest: [SendQueue.Piece] = []
        while let piece = queue.next() { rest.append(piece) }
        #expect(rest.map(\.isLast) == [false, true, true])
        #expect(rest.last?.chain == chains[1])
        #expect(queue.byteCount(.sync) == 0)
    }
}
