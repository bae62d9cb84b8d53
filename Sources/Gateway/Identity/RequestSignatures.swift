// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi
import Synchronization

/// Checks signed requests: their time, their signature, and that none serves twice.
///
/// A request is taken when its time has come and not before, so whatever an earlier process took is dated before this
/// one began, and refused; and a nonce need be remembered only for as long as its request's time would be taken. All
/// members share one bound: beyond it those with the most lose their oldest, and with them the right to send anything
/// as old.
/// - Spec: API-42, API-43.
package final class RequestSignatures: Sendable {
    /// How far a request's time may be behind this node's clock, and how far ahead of it.
    static let behindMillis: UInt64 = 60_000
    package static let aheadMillis: UInt64 = 5_000
    package static let noncesMax = 65_536
    /// Requests that wait for their time: of a member, of all members of an organisation, of all together. One member's
    /// leave room for its colleagues', and one organisation's for the others'.
    package static let waitingPerMember = 8
    package static let waitingPerOrganization = 64
    package static let waitingMax = 1_024

    /// What one member has sent.
    private struct Share {
        var spent: Set<[UInt8]> = []
        /// In the order they came.
        var order: [(nonce: [UInt8], time: UInt64)] = []
        /// Nothing this old is taken any more.
        var floor: UInt64 = 0

        mutating func forget(before time: UInt64) {
            let kept = order.filter { $0.time >= time }
            guard kept.count < order.count else { return }
            for entry in order where entry.time < time { spent.remove(entry.nonce) }
            order = kept
        }

        /// Forgets all but so many of the newest, and refuses what could be of the others.
        mutating func keep(_ count: Int) {
            guard order.count > count else { return }
            let times = order.map(\.time).sorted()
            let newest = times[times.count - count - 1]
            floor = max(floor, newest)
            forget(before: newest + 1)
        }
    }

    private struct State {
        var shares: [AccountID: Share] = [:]
        var count = 0
        var swept: UInt64 = 0
        /// Requests that wait, by who has them waiting; none that are 0.
        var waiting: [Waiter: Int] = [:]
    }

    private enum Waiter: Hashable { case member(AccountID), organization(String), everybody }

    private let verifier = Mutex(SM2.Verifier(tableBytesMax: 4 << 20))
    private let state = Mutex(State())
    private let began: UInt64
    private let noncesMax: Int

    package init(began: Timestamp, noncesMax: Int = RequestSignatures.noncesMax) {
        (self.began, self.noncesMax) = (began.value, noncesMax)
    }

    /// Whether the time is one a request may have: costs nothing, so it comes first.
    package func check(_ time: Timestamp, now: Timestamp) throws(Problem) {
        let (time, clock) = (time.value, now.value)
        let isAhead = time > clock
        let (distance, bound) = isAhead ? (time - clock, Self.aheadMillis) : (clock - time, Self.behindMillis)
        guard distance <= bound else {
            throw Problem(
                .requestClock,
                "the request's clock is \(distance / 1_000) s \(isAhead ? "ahead of" : "behind") this node's, "
                    + "at most \(bound / 1_000) s are allowed")
        }
        guard time >= began else {
            throw Problem(.requestClock, "the request was signed before this gateway began; sign it again")
        }
    }

    func check(_ request: SignedRequest, _ key: SM2.PublicKey, _ signature: SM2.Signature) throws(Problem) {
        let claim = SM2.Claim(key: key, message: request.message, signature: signature)
        guard verifier.withLock({ $0.verify([claim]) }) == [true] else {
            throw Problem(.requestSignature, "the signature is not that of \(AccountID(key).hex) over this request")
        }
    }

    /// Returns when a request's time has come: taken before, it could be taken again by the process after this one.
    /// - Parameter patience: how long to wait by a clock that never stands still, for `clock` may.
    package func awaitTime(
        _ time: Timestamp, of account: AccountID, in home: String,
        patience: Duration = .milliseconds(2 * RequestSignatures.aheadMillis), _ clock: @Sendable () -> Timestamp
    ) async throws(Problem) {
        guard clock() < time else { return }
        let places = [
            (Waiter.member(account), RequestSignatures.waitingPerMember),
            (.organization(home), RequestSignatures.waitingPerOrganization), (.everybody, RequestSignatures.waitingMax),
        ]
        let isRoom = state.withLock { state in
            guard places.allSatisfy({ state.waiting[$0.0, default: 0] < $0.1 }) else { return false }
            for (waiter, _) in places { state.waiting[waiter, default: 0] += 1 }
            return true
        }
        guard isRoom else { throw Problem(.tooManyRequests, "many requests are dated ahead of this node's clock") }
        defer {
            state.withLock { state in
                for (waiter, _) in places {
                    let left = state.waiting[waiter, default: 1] - 1
                    state.waiting[waiter] = left > 0 ? left : nil
                }
            }
        }
        let end = ContinuousClock.now + patience
        while clock() < time {
            let left = time.value - min(time.value, clock().value)
            let isCancelled = (try? await Task.sleep(for: .milliseconds(min(left, 100)))) == nil
            guard !isCancelled, ContinuousClock.now < end else {
                throw Problem(.requestClock, "the request's time did not come by this node's clock")
            }
        }
    }

    /// Takes a request's nonce, once.
    package func spend(_ request: SignedRequest, _ account: AccountID, now: Timestamp) throws(Problem) {
        let time = request.time.value
        try state.withLock { (state) throws(Problem) in
            if let share = state.shares[account] {
                if share.spent.contains(request.nonce) {
                    throw Problem(.requestReplayed, "its nonce was used before")
                }
                guard time > share.floor else {
                    throw Problem(
                        .requestReplayed,
                        "this member sent more requests within a minute than are remembered; sign it again")
                }
            }
            state.shares[account, default: Share()].spent.insert(request.nonce)
            state.shares[account]?.order.append((request.nonce, time))
            state.count += 1
            let oldest = now.value - min(now.value, RequestSignatures.behindMillis)
            let isOver = state.count > noncesMax
            if isOver || now.value > state.swept + RequestSignatures.behindMillis {
                RequestSignatures.sweep(&state, before: oldest)
                state.swept = now.value
            }
            // A quarter at once: looking at all of them is paid for by the many that find room then.
            if isOver { RequestSignatures.cut(&state, to: noncesMax - noncesMax / 4) }
        }
    }

    /// Takes from those that have the most, down to one length for all of them.
    private static func cut(_ state: inout State, to bound: Int) {
        var (rest, left) = (bound, state.shares.count)
        var length = 0
        for size in state.shares.values.map(\.order.count).sorted() {
            length = rest / left
            guard size <= length else { break }
            (rest, left) = (rest - size, left - 1)
            if left == 0 { return }
        }
        for account in state.shares.keys { state.shares[account]?.keep(length) }
        state.count = state.shares.values.reduce(0) { $0 + $1.order.count }
    }

    private static func sweep(_ state: inout State, before oldest: UInt64) {
        for account in state.shares.keys { state.shares[account]?.forget(before: oldest) }
        state.shares = state.shares.filter { !$0.value.order.isEmpty || $0.value.floor >= oldest }
        state.count = state.shares.values.reduce(0) { $0 + $1.order.count }
    }
}
