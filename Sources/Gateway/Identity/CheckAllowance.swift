// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import NIOCore
import Synchronization

/// How many signed requests that come to nothing an address may send: a check costs as much as hundreds of plain
/// requests, and whoever holds no key could ask for as many as he likes.
///
/// Only what failed is counted, when it has failed, so that who signs truly never meets this bound, however many share
/// an address; what is being looked at meanwhile has a bound of its own, and what it comes to beyond the rate is a debt
/// to be paid by waiting. Counted for the address, and more narrowly for the organisation the key would be of: junk in
/// the name of one leaves room for others behind the same address.
/// - Spec: API-47.
package final class CheckAllowance: Sendable {
    package static let addressPerSecond: UInt64 = 200
    package static let organizationPerSecond: UInt64 = 50
    /// Looked at at once: of one address, and of one organisation there.
    package static let addressAtOnce = 1_024
    package static let organizationAtOnce = 512
    /// Addresses and organisations counted at once; what is beyond shares one account.
    package static let accountsMax = 8_192

    struct Key: Hashable, Sendable {
        let address: String
        /// Empty for the address itself.
        let organization: String
    }

    private struct Account {
        /// Thousandths of a failure; below zero where more failed at once than may.
        var room: Int64
        var filled: UInt64
        var underWay = 0

        func isIdle(at now: UInt64, _ rate: Int64) -> Bool {
            let since = Int64(now > filled ? min(now - filled, 60_000) : 0)
            return underWay == 0 && room + since * rate >= rate * 1_000
        }
    }

    private let accounts: Mutex<[Key: Account]> = Mutex([:])

    package init() {}

    /// Before a request is looked at; each is followed by one `leave`.
    package func enter(_ address: String, _ organization: String = "", at time: Timestamp) throws(Problem) {
        let (rate, atOnce) = CheckAllowance.bounds(organization)
        let isTaken = accounts.withLock { accounts in
            let key = CheckAllowance.place(Key(address: address, organization: organization), &accounts, time.value)
            var account = accounts[key] ?? Account(room: rate * 1_000, filled: time.value)
            // A clock that was set back fills nothing.
            let since = Int64(time.value > account.filled ? min(time.value - account.filled, 60_000) : 0)
            account.room = min(rate * 1_000, account.room + since * rate)
            account.filled = time.value
            let isTaken = account.room >= 1_000 && account.underWay < atOnce
            if isTaken { account.underWay += 1 }
            accounts[key] = account
            return isTaken
        }
        guard !isTaken else { return }
        throw Problem(
            .rateUsed, "more than \(rate) signed requests a second that nobody could have signed came from this address"
        )
    }

    /// After it was looked at.
    /// - Parameter isSound: whether a member had signed it.
    package func leave(_ address: String, _ organization: String = "", isSound: Bool) {
        accounts.withLock { accounts in
            var key = Key(address: address, organization: organization)
            if accounts[key] == nil { key = CheckAllowance.others }
            guard var account = accounts[key] else { return }
            account.underWay = max(0, account.underWay - 1)
            if !isSound { account.room -= 1_000 }
            accounts[key] = account
        }
    }

    private static let others = Key(address: "", organization: "")

    private static func bounds(_ organization: String) -> (rate: Int64, atOnce: Int) {
        organization.isEmpty
            ? (Int64(addressPerSecond), addressAtOnce) : (Int64(organizationPerSecond), organizationAtOnce)
    }

    /// The account to count in. Full ones that nobody uses are as good as none.
    private static func place(_ key: Key, _ accounts: inout [Key: Account], _ now: UInt64) -> Key {
        guard accounts[key] == nil, accounts.count >= accountsMax else { return key }
        accounts = accounts.filter { !$0.value.isIdle(at: now, bounds($0.key.organization).rate) }
        return accounts.count < accountsMax ? key : others
    }

    /// What counts as one address: all of an IPv6 network of 64 bits, since whoever has one address there has all of
    /// them, and an IPv4 address whichever way it is written. Empty where it is neither.
    package static func name(of address: SocketAddress?) -> String {
        guard let address, let bytes = TrustedProxies.bytes(of: address) else { return "" }
        guard !bytes.starts(with: TrustedProxies.mapped) else {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        let network = stride(from: 0, to: 8, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return network.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
