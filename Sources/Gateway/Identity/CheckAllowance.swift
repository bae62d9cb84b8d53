// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import NIOCore
import Synchronization

/// How many signed requests that come to nothing an address may send: a check costs as much as hundreds of plain
/// requests, and whoever holds no key could ask for as many as he likes.
///
/// Taken before a signature is looked at and given back where it holds, so that who signs truly never meets it. Counted
/// for the address, and more narrowly for the organisation the key would be of: junk in the name of one leaves room for
/// others behind the same address.
/// - Spec: API-47.
package final class CheckAllowance: Sendable {
    package static let addressPerSecond: UInt64 = 200
    package static let organizationPerSecond: UInt64 = 50
    /// Addresses and organisations counted at once; what is beyond shares one account.
    package static let accountsMax = 8_192

    struct Key: Hashable, Sendable {
        let address: String
        /// Empty for the address itself.
        let organization: String
    }

    private struct Account {
        /// Thousandths of a check.
        var room: UInt64
        var filled: UInt64
    }

    private let accounts: Mutex<[Key: Account]> = Mutex([:])

    package init() {}

    package func take(_ address: String, _ organization: String = "", at time: Timestamp) throws(Problem) {
        let rate = CheckAllowance.rate(organization)
        let isTaken = accounts.withLock { accounts in
            let key = CheckAllowance.place(Key(address: address, organization: organization), &accounts, time.value)
            var account = accounts[key] ?? Account(room: rate * 1_000, filled: time.value)
            // A clock that was set back fills nothing.
            let since = min(time.value > account.filled ? time.value - account.filled : 0, 1_000)
            account.room = min(rate * 1_000, account.room + since * rate)
            account.filled = time.value
            let isTaken = account.room >= 1_000
            if isTaken { account.room -= 1_000 }
            accounts[key] = account
            return isTaken
        }
        guard !isTaken else { return }
        throw Problem(
            .rateUsed, "more than \(rate) signed requests a second that nobody could have signed came from this address"
        )
    }

    package func giveBack(_ address: String, _ organization: String = "") {
        accounts.withLock { accounts in
            var key = Key(address: address, organization: organization)
            if accounts[key] == nil { key = CheckAllowance.others }
            guard let account = accounts[key] else { return }
            accounts[key]?.room = min(CheckAllowance.rate(organization) * 1_000, account.room + 1_000)
        }
    }

    private static let others = Key(address: "", organization: "")

    private static func rate(_ organization: String) -> UInt64 {
        organization.isEmpty ? addressPerSecond : organizationPerSecond
    }

    /// The account to count in. Full ones that nobody used for a second are as good as none.
    private static func place(_ key: Key, _ accounts: inout [Key: Account], _ now: UInt64) -> Key {
        guard accounts[key] == nil, accounts.count >= accountsMax else { return key }
        accounts = accounts.filter { $0.value.filled <= now && now - $0.value.filled < 1_000 }
        return accounts.count < accountsMax ? key : others
    }

    /// What counts as one address: all of an IPv6 network, since whoever has one address there has all of them.
    package static func name(of address: SocketAddress?) -> String {
        guard let text = address?.ipAddress else { return "" }
        guard text.contains(":"), !text.contains(".") else {
            return text.split(separator: ":").last.map(String.init) ?? text
        }
        let halves = text.split(separator: "%")[0].split(separator: ":", omittingEmptySubsequences: false)
        let gap = halves.firstIndex(of: "") ?? halves.count
        let front = halves[..<gap].map(String.init)
        return (front + Array(repeating: "0", count: 4)).prefix(4).joined(separator: ":")
    }
}
