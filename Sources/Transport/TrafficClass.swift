// SPDX-License-Identifier: Apache-2.0

/// What kind of message a link carries: votes first, so that agreement never waits behind bulk.
/// - Spec: LINK-5, LINK-6.
package enum TrafficClass: UInt8, Hashable, Sendable, CaseIterable {
    case votes = 0
    case blocks = 1
    case transactions = 2
    case sync = 3

    /// What happens to a message that finds its queue full.
    package enum Overflow: Hashable, Sendable {
        /// The oldest that wait go, as many as need be.
        case dropOldest
        /// The new one is not taken.
        case refuseNewest
    }

    package var overflow: Overflow {
        switch self {
        case .votes, .blocks: .dropOldest
        case .transactions, .sync: .refuseNewest
        }
    }

    /// Of one message, without the chain in front of it.
    package var messageBytesMax: Int { self == .votes ? 256 << 10 : 8 << 20 }

    /// Of all messages of the class that wait for one peer.
    package var queueBytesMax: Int {
        switch self {
        case .votes: 4 << 20
        case .blocks: 24 << 20
        case .transactions, .sync: 16 << 20
        }
    }
}
