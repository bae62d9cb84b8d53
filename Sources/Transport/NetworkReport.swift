// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// What a link, and those to the same node before it, have carried and lost; by class, in the order of `TrafficClass`.
package struct LinkAccount: Hashable, Sendable {
    package internal(set) var messagesOut = [UInt64](repeating: 0, count: TrafficClass.allCases.count)
    package internal(set) var bytesOut = [UInt64](repeating: 0, count: TrafficClass.allCases.count)
    package internal(set) var messagesIn = [UInt64](repeating: 0, count: TrafficClass.allCases.count)
    package internal(set) var bytesIn = [UInt64](repeating: 0, count: TrafficClass.allCases.count)
    /// Messages that found their queue full, or no link.
    package internal(set) var dropped = [UInt64](repeating: 0, count: TrafficClass.allCases.count)
    /// Times this peer's link was not read because it brought too much.
    package internal(set) var throttled: UInt64 = 0
    package internal(set) var links: UInt64 = 0
}

/// How one peer stands, for people and for metrics.
package struct PeerReport: Hashable, Sendable {
    package let peer: AccountID
    package let isLinked: Bool
    /// Nil without a link.
    package let role: LinkRole?
    package let address: String?
    /// The last ping's way there and back; nil before one came back.
    package let roundTrip: Instant.Span?
    package let waitingBytes: Int
    /// Why the last link or attempt ended; nil where none has.
    package let lastEnd: String?
    package let account: LinkAccount
}

/// Everything a node's links have to report.
package struct NetworkReport: Hashable, Sendable {
    package let peers: [PeerReport]
    /// Connections that never became a link, or links that were ended, by cause (LINK-9).
    package let refusals: [String: UInt64]
    /// Connections that are not greeted yet.
    package let pending: Int
}

extension LinkAccount {
    /// What both have carried and lost together.
    func adding(_ other: LinkAccount?) -> LinkAccount {
        guard let other else { return self }
        var sum = self
        for index in messagesOut.indices {
            sum.messagesOut[index] += other.messagesOut[index]
            sum.bytesOut[index] += other.bytesOut[index]
            sum.messagesIn[index] += other.messagesIn[index]
            sum.bytesIn[index] += other.bytesIn[index]
            sum.dropped[index] += other.dropped[index]
        }
        sum.throttled += other.throttled
        sum.links += other.links
        return sum
    }
}
