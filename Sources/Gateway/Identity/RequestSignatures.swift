// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi
import Synchronization

/// Checks signed requests: their time, their signature, and that none serves twice.
///
/// A request is taken when its time has come and not before, so whatever an earlier process took is dated before this
/// one began, and refused; and a nonce need be remembered only for as long as its request's time would be taken. All
/// members share one bound: beyond it the member with the most loses its oldest, and with them the right to send
/// anything as old.
/// - Spec: API-42, API-43.
package final class RequestSignatures: Sendable {
    /// How far a request's time may be behind this node's clock, and how far ahead of it.
    static let behindMillis: UInt64 = 60_000
    static let aheadMillis: UInt64 = 5_000
    package static let noncesMax = 65_536
    /// Requests that wait for their time.
    static let waitingMax = 256

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

        /// Forgets the older half, and refuses what could be of it.
        mutating func halve() {
            let times = order.map(\.time).sorted()
            guard let middle = times.isEmpty ? nil : times[times.count / 2] else { return }
            floor = max(floor, middle)
            forget(before: middle + 1)
        }
    }

    private struct State {
        var shares: [AccountID: Share] = [:]
        var count = 0
        var swept: UInt64 = 0
        var waiting = 0
    }

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
    func awaitTime(_ time: Timestamp, _ clock: @Sendable () -> Timestamp) async throws(Problem) {
        guard clock() < time else { return }
        let isRoom = state.withLock { state in
            defer { state.waiting += 1 }
            return state.waiting < RequestSignatures.waitingMax
        }
        defer { state.withLock { $0.waiting -= 1 } }
        guard isRoom else { throw Problem(.tooManyRequests, "many requests are dated ahead of this node's clock") }
        let end = ContinuousClock.now + .milliseconds(2 * RequestSignatures.aheadMillis)
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
            if state.count > noncesMax || now.value > state.swept + RequestSignatures.behindMillis {
                RequestSignatures.sweep(&state, before: oldest)
                state.swept = now.value
            }
            while state.count > noncesMax {
                guard let largest = state.shares.max(by: { $0.value.order.count < $1.value.order.count }) else { break }
                state.shares[largest.key]?.halve()
                state.count -= largest.value.order.count - (state.shares[largest.key]?.order.count ?? 0)
            }
        }
    }

    private static func sweep(_ state: inout State, before oldest: UInt64) {
        for account in state.shares.keys { state.shares[account]?.forget(before: oldest) }
        state.shares = state.shares.filter { !$0.value.order.isEmpty || $0.value.floor >= oldest }
        state.count = state.shares.values.reduce(0) { $0 + $1.order.count }
    }
}
