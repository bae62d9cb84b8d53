// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// What waits to go to one peer, cut into chunks in the order in which they leave.
///
/// Strict order between classes but for one piece in 17, turns by bytes between chains. Bytes are shared between the
/// queues of all peers a message goes to.
/// - Cost: a chunk looks at each chain that has something waiting in its class.
/// - Spec: LINK-5, LINK-6.
package struct SendQueue {
    /// One piece, to be framed by whoever writes it.
    package struct Piece: Equatable {
        package let traffic: TrafficClass
        package let isLast: Bool
        /// The chain, in front of a message's first bytes only.
        package let chain: ChainID?
        package let bytes: ArraySlice<UInt8>
    }

    package enum Outcome: Equatable {
        case queued
        /// Queued, and so many older messages are gone for it.
        case replaced(Int)
        case refused
    }

    /// The messages of one chain in one class.
    private struct Lane {
        var messages: [[UInt8]] = []
        var first = 0
        /// Bytes this chain has had of the class, on the scale of the others.
        var served: UInt64 = 0

        var isEmpty: Bool { first == messages.count }

        mutating func raise(to served: UInt64) { self.served = max(self.served, served) }

        mutating func take() -> [UInt8] {
            let message = messages[first]
            messages[first] = []
            first += 1
            if first == messages.count || first == 256 {
                messages.removeFirst(first)
                first = 0
            }
            return message
        }
    }

    private struct Queue {
        var lanes: [ChainID: Lane] = [:]
        /// Chains in the order in which they first had something: turns are taken in it where bytes are equal.
        var order: [ChainID] = []
        var byteCount = 0
        /// The message on its way: its chain, its bytes and how many of them have gone.
        var current: (chain: ChainID, bytes: [UInt8], sent: Int)?

        var isEmpty: Bool { current == nil && byteCount == 0 }
    }

    private var queues = [Queue](repeating: Queue(), count: TrafficClass.allCases.count)
    /// Bulk pieces since one of a class that would not have had its turn.
    private var sinceFavour = 0
    private var lastFavoured = 0
    private static let favourEvery = 16

    package init() {}

    package var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }

    package func byteCount(_ traffic: TrafficClass) -> Int { queues[Int(traffic.rawValue)].byteCount }

    /// Takes a message to be sent.
    package mutating func offer(_ bytes: [UInt8], _ chain: ChainID, _ traffic: TrafficClass) -> Outcome {
        guard !bytes.isEmpty, bytes.count <= traffic.messageBytesMax else { return .refused }
        let place = Int(traffic.rawValue)
        var dropped = 0
        while queues[place].byteCount + bytes.count > traffic.queueBytesMax {
            guard traffic.overflow == .dropOldest, dropOldest(place, like: chain) else { return .refused }
            dropped += 1
        }
        if queues[place].lanes[chain] == nil { queues[place].order.append(chain) }
        if queues[place].lanes[chain]?.isEmpty ?? true {
            // Who comes back from silence begins where the others are, not with the credit of the time away.
            let others = queues[place].lanes.values.filter { !$0.isEmpty }.map(\.served).min() ?? 0
            queues[place].lanes[chain, default: Lane()].raise(to: others)
        }
        // In place: a copy would cost as much as everything that waits.
        queues[place].lanes[chain, default: Lane()].messages.append(bytes)
        queues[place].byteCount += bytes.count
        return dropped == 0 ? .queued : .replaced(dropped)
    }

    /// Drops the oldest message of the chain that wants room, or else of the first that has one waiting.
    private mutating func dropOldest(_ place: Int, like chain: ChainID) -> Bool {
        let waiting = queues[place].order.filter { queues[place].lanes[$0].map { !$0.isEmpty } ?? false }
        guard let victim = waiting.contains(chain) ? chain : waiting.first,
            let bytes = queues[place].lanes[victim]?.take()
        else { return false }
        queues[place].byteCount -= bytes.count
        return true
    }

    /// The next piece to leave; nil where nothing waits.
    package mutating func next() -> Piece? {
        let waiting = queues.indices.filter { !queues[$0].isEmpty }
        guard let first = waiting.first else { return nil }
        var place = first
        if first != Int(TrafficClass.votes.rawValue) {
            sinceFavour += 1
            if sinceFavour > SendQueue.favourEvery, waiting.count > 1 {
                sinceFavour = 0
                // Each of the classes behind the first in turn, so that none waits for ever.
                place = waiting.first { $0 > lastFavoured && $0 > first } ?? waiting[1]
                lastFavoured = place
            }
        }
        return take(place)
    }

    private mutating func take(_ place: Int) -> Piece? {
        if queues[place].current == nil { begin(place) }
        guard var current = queues[place].current, let traffic = TrafficClass(rawValue: UInt8(place)) else {
            return nil
        }
        let isFirst = current.sent == 0
        let room = Chunk.bytesMax - (isFirst ? 32 : 0)
        let end = min(current.bytes.count, current.sent + room)
        let piece = current.bytes[current.sent..<end]
        current.sent = end
        let isLast = end == current.bytes.count
        queues[place].lanes[current.chain]?.served += UInt64(piece.count)
        queues[place].current = isLast ? nil : current
        return Piece(traffic: traffic, isLast: isLast, chain: isFirst ? current.chain : nil, bytes: piece)
    }

    private mutating func begin(_ place: Int) {
        var best: (chain: ChainID, served: UInt64)?
        for chain in queues[place].order {
            guard let lane = queues[place].lanes[chain], !lane.isEmpty else { continue }
            if best.map({ lane.served < $0.served }) ?? true { best = (chain, lane.served) }
        }
        guard let chain = best?.chain, let bytes = queues[place].lanes[chain]?.take() else { return }
        queues[place].byteCount -= bytes.count
        queues[place].current = (chain, bytes, 0)
    }

    /// Forgets a chain that is served no more; a message on its way still ends.
    package mutating func forget(_ chain: ChainID) {
        for place in queues.indices {
            while let lane = queues[place].lanes[chain], !lane.isEmpty {
                queues[place].byteCount -= queues[place].lanes[chain]?.take().count ?? 0
            }
            queues[place].lanes[chain] = nil
            queues[place].order.removeAll { $0 == chain }
        }
    }
}
