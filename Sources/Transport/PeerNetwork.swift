// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import NIOCore
import NIOPosix

/// Everything a node's links are told by whoever composes the process.
package struct NetworkSettings: Sendable {
    /// One node this one may be linked with.
    package struct Peer: Hashable, Sendable {
        package let account: AccountID
        /// Where to dial it, tried in turn; empty where it dials.
        package let addresses: [NodeAddress]

        package init(account: AccountID, addresses: [NodeAddress]) {
            self.account = account
            self.addresses = addresses
        }
    }

    package let me: AccountID
    package let listen: [NodeAddress]
    package let peers: [Peer]
    /// Names this run of the process; drawn anew at each start.
    package let instance: UInt64

    package init(me: AccountID, listen: [NodeAddress], peers: [Peer], instance: UInt64) {
        self.me = me
        self.listen = listen
        self.peers = peers.filter { $0.account != me }
        self.instance = instance
    }
}

/// All links of one node, one to each peer, carrying all chains: dials, takes in, sorts out doubles, delivers.
///
/// A chain gives it messages and gets messages; whether a peer is there is not the chain's matter (LINK-7). Everything
/// happens on one event loop; calls from elsewhere hop there and never wait.
/// - Spec: LINK-1 to LINK-9 (docs/spec/links.md).
package final class PeerNetwork: Sendable {
    private static let pendingMax = 64
    private static let pendingPerAddressMax = 8
    private static let refusalAfterFlood = Instant.Span.seconds(60)
    private static let connectTimeout = TimeAmount.seconds(5)

    /// One peer, linked or not.
    private struct Standing {
        var plan: DialPlan
        var link: PeerLink?
        var account = LinkAccount()
        var lastEnd: String?
        /// What the last refusal said, for how long to wait.
        var lastReason: CloseReason?
        /// Refused as a twin so often in a row: once may be a link of before that is not dead yet.
        var twinsInARow = 0
        var isDialling = false
        var refusedUntil: Instant?
    }

    private struct State {
        var peers: [AccountID: Standing] = [:]
        var inboxes: [ChainID: any LinkInbox] = [:]
        var listeners: [any Channel] = []
        var pending: [ObjectIdentifier: String] = [:]
        var refusals: [String: UInt64] = [:]
        var isClosed = false
        var chance: SeededRandom
    }

    package let settings: NetworkSettings
    package let loop: any EventLoop
    private let security: any LinkSecurity
    private let say: @Sendable (LinkNews) -> Void
    private let state: NIOLoopBoundBox<State>

    /// - Parameter say: told what an operator may want to read; called on the event loop.
    package init(
        _ settings: NetworkSettings, security: any LinkSecurity, on loop: any EventLoop,
        say: @escaping @Sendable (LinkNews) -> Void
    ) {
        self.settings = settings
        self.security = security
        self.loop = loop
        self.say = say
        var state = State(chance: SeededRandom(seed: settings.instance))
        for peer in settings.peers { state.peers[peer.account] = Standing(plan: DialPlan(peer.addresses)) }
        self.state = NIOLoopBoundBox.makeBoxSendingValue(state, eventLoop: loop)
    }

    // MARK: Starting and stopping

    /// Listens, then dials.
    /// - Throws: what the system says of an address that cannot be listened on.
    /// - Returns: the addresses listened on, with the ports the system chose where 0 was asked for.
    package func start() async throws -> [NodeAddress] {
        var bound: [NodeAddress] = []
        for address in settings.listen {
            let listener = try await ServerBootstrap(group: loop)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: PeerNetwork.waterMark)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { self.welcome($0) }
                .bind(host: address.host, port: address.port).get()
            bound.append(NodeAddress(host: address.host, port: listener.localAddress?.port ?? address.port))
            loop.execute { self.state.value.listeners.append(listener) }
        }
        loop.execute { for peer in self.settings.peers { self.dial(peer.account) } }
        return bound
    }

    package func close() async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.execute {
                self.state.value.isClosed = true
                for listener in self.state.value.listeners { listener.close(promise: nil) }
                for standing in self.state.value.peers.values { standing.link?.close(.shutdown) }
                // A closing link says why for 50 ms.
                self.loop.scheduleTask(in: .milliseconds(100)) { done.resume() }
            }
        }
    }

    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 128 << 10)

    // MARK: Chains

    /// Serves a chain from now on; peers are told.
    package func attach(_ chain: ChainID, _ inbox: any LinkInbox) {
        loop.execute {
            self.state.value.inboxes[chain] = inbox
            self.announce()
            for (account, standing) in self.state.value.peers
            where standing.link?.phase == .up && standing.link?.hello?.chains.contains(chain) == true {
                inbox.linked(account)
            }
        }
    }

    package func detach(_ chain: ChainID) {
        loop.execute {
            self.state.value.inboxes[chain] = nil
            for standing in self.state.value.peers.values { standing.link?.forget(chain) }
            self.announce()
        }
    }

    private func announce() {
        let chains = Array(state.value.inboxes.keys.sorted().prefix(Hello.chainsMax))
        for standing in state.value.peers.values { standing.link?.say(.chains(chains)) }
    }

    /// Sends a chain's message to some peers; the bytes are shared.
    package func send(_ bytes: [UInt8], _ traffic: TrafficClass, of chain: ChainID, to peers: [AccountID]) {
        loop.execute {
            for peer in peers {
                if let link = self.state.value.peers[peer]?.link, link.phase == .up {
                    link.send(bytes, chain, traffic)
                } else {
                    self.state.value.peers[peer]?.account.dropped[Int(traffic.rawValue)] += 1
                }
            }
        }
    }

    package func report() async -> NetworkReport {
        await withCheckedContinuation { done in
            loop.execute { done.resume(returning: self.makeReport()) }
        }
    }

    private func makeReport() -> NetworkReport {
        let peers = state.value.peers.map { peer, standing in
            let link = standing.link?.phase == .up ? standing.link : nil
            let waiting = link.map { link in TrafficClass.allCases.reduce(0) { $0 + link.queue.byteCount($1) } } ?? 0
            return PeerReport(
                peer: peer, isLinked: link != nil, role: link?.role, address: link?.address, roundTrip: link?.roundTrip,
                waitingBytes: waiting, lastEnd: standing.lastEnd, account: standing.account.adding(link?.account))
        }
        return NetworkReport(
            peers: peers.sorted { $0.peer < $1.peer }, refusals: state.value.refusals,
            pending: state.value.pending.count)
    }

    // MARK: Connections

    private func welcome(_ channel: any Channel) -> EventLoopFuture<Void> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let fromThere = state.value.pending.values.count { $0 == address }
        guard !state.value.isClosed, state.value.pending.count < PeerNetwork.pendingMax,
            fromThere < PeerNetwork.pendingPerAddressMax
        else {
            count(CloseReason.crowded.name)
            return channel.close()
        }
        return prepare(channel, .listener, from: address)
    }

    /// - Parameter stranger: the address of one who dialled; nil where this node dials, which crowds nobody out.
    private func prepare(
        _ channel: any Channel, _ role: LinkRole, from stranger: String? = nil
    ) -> EventLoopFuture<Void> {
        let link = PeerLink(role, self)
        if let stranger { state.value.pending[ObjectIdentifier(link)] = stranger }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(security.handlers(for: role))
            try channel.pipeline.syncOperations.addHandler(link)
        }
    }

    private func dial(_ peer: AccountID) {
        guard !state.value.isClosed, let standing = state.value.peers[peer], standing.link == nil, !standing.isDialling,
            let address = state.value.peers[peer]?.plan.nextAddress()
        else { return }
        state.value.peers[peer]?.isDialling = true
        let dialling = ClientBootstrap(group: loop)
            .connectTimeout(PeerNetwork.connectTimeout)
            .channelOption(.writeBufferWaterMark, value: PeerNetwork.waterMark)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in self.prepare(channel, .dialer) }
            .connect(host: address.host, port: address.port)
        dialling.hop(to: loop).whenComplete { result in
            switch result {
            case .failure(let error):
                self.dialled(peer, "\(address): \(error)")
            case .success(let channel):
                self.loop.assertInEventLoop()
                // The link says later who answered; the attempt is over when it is up or its channel is closed.
                channel.closeFuture.hop(to: self.loop).whenComplete { _ in self.dialled(peer, nil) }
            }
        }
    }

    /// An attempt has come to nothing, or the link it made has ended.
    private func dialled(_ peer: AccountID, _ failure: String?) {
        state.value.peers[peer]?.isDialling = false
        if let failure { state.value.peers[peer]?.lastEnd = failure }
        redial(peer)
    }

    private func redial(_ peer: AccountID) {
        guard !state.value.isClosed, let standing = state.value.peers[peer], standing.link == nil, !standing.isDialling,
            standing.plan.canDial
        else { return }
        let chance = UInt64(state.value.chance.below(1_001))
        guard let wait = state.value.peers[peer]?.plan.failed(for: standing.lastReason, chance: chance) else { return }
        state.value.peers[peer]?.lastReason = nil
        loop.scheduleTask(in: .nanoseconds(Int64(clamping: wait.nanoseconds))) { self.dial(peer) }
    }

    // MARK: What links ask and tell, on the event loop

    var hello: Hello {
        Hello(
            instance: settings.instance, chains: Array(state.value.inboxes.keys.sorted().prefix(Hello.chainsMax)))
    }

    func count(_ cause: String) { state.value.refusals[cause, default: 0] += 1 }

    /// Why the holder of a proven key is not to be linked with; nil where it is.
    func objection(to peer: AccountID, _ link: PeerLink) -> CloseReason? {
        if state.value.isClosed { return .shutdown }
        guard let standing = state.value.peers[peer] else {
            say(.refused(peer, .unknown, address: link.address))
            return .unknown
        }
        return standing.refusedUntil.map { LinkClock.now < $0 } ?? false ? .flooding : nil
    }

    /// Sorts a greeted link out against the one there is.
    /// - Returns: false where the new one is closed.
    func greeted(_ link: PeerLink, _ hello: Hello) -> Bool {
        guard let peer = link.peer else { return false }
        if hello.instance == settings.instance || peer == settings.me {
            link.close(.twin)
            return false
        }
        guard let old = state.value.peers[peer]?.link, old.phase == .up, let before = old.hello else { return true }
        let verdict = LinkRule.verdict(
            me: settings.me, peer: peer,
            old: LinkStanding(role: old.role, instance: before.instance, silence: old.silence),
            new: LinkStanding(role: link.role, instance: hello.instance, silence: Instant.Span(nanoseconds: 0)))
        switch verdict {
        case .newStays:
            state.value.peers[peer]?.link = nil
            old.close(.duplicate)
            return true
        case .oldStays(let reason):
            if reason == .twin { say(.twin(peer, address: link.address)) }
            link.close(reason)
            return false
        }
    }

    func opened(_ link: PeerLink, _ hello: Hello) {
        guard let peer = link.peer else { return }
        state.value.pending[ObjectIdentifier(link)] = nil
        state.value.peers[peer]?.link = link
        state.value.peers[peer]?.account.links += 1
        state.value.peers[peer]?.twinsInARow = 0
        say(.linked(peer, address: link.address, link.role))
        serves(link, hello.chains, before: [])
    }

    func serves(_ link: PeerLink, _ chains: [ChainID], before: [ChainID]) {
        guard let peer = link.peer else { return }
        for chain in chains where !before.contains(chain) { state.value.inboxes[chain]?.linked(peer) }
    }

    func deliver(_ delivery: Delivery, of chain: ChainID) { state.value.inboxes[chain]?.take(delivery) }

    /// The other end closed the link and said why.
    func told(_ link: PeerLink, _ reason: CloseReason) {
        guard let peer = link.peer else { return }
        state.value.peers[peer]?.lastReason = reason
        state.value.peers[peer]?.lastEnd = "told \(reason.name)"
        guard reason == .twin else { return }
        state.value.peers[peer]?.twinsInARow += 1
        if state.value.peers[peer]?.twinsInARow ?? 0 > 1 { say(.twin(settings.me, address: link.address)) }
    }

    func failed(_ link: PeerLink, _ error: any Error) {
        if link.phase == .securing {
            count("handshake")
            say(.handshakeFailed(address: link.address, link.role, reason: "\(error)"))
        }
        if let peer = link.peer { state.value.peers[peer]?.lastEnd = "\(error)" }
    }

    func ended(_ link: PeerLink, was phase: PeerLink.Phase, reason: CloseReason?) {
        state.value.pending[ObjectIdentifier(link)] = nil
        guard let peer = link.peer, var standing = state.value.peers[peer] else { return }
        if reason == .flooding { standing.refusedUntil = LinkClock.now.advanced(by: PeerNetwork.refusalAfterFlood) }
        state.value.peers[peer] = standing
        guard phase == .up else { return }
        standing.account = standing.account.adding(link.account)
        standing.plan.ended(after: LinkClock.now.since(link.began))
        if let reason { standing.lastEnd = reason.name }
        let isLast = standing.link === link
        if isLast { standing.link = nil }
        state.value.peers[peer] = standing
        guard isLast else { return }
        say(.unlinked(peer, reason: standing.lastEnd ?? "the connection ended"))
        redial(peer)
    }
}

/// What an operator may want to read of links.
package enum LinkNews: Sendable {
    case linked(AccountID, address: String, LinkRole)
    case unlinked(AccountID, reason: String)
    case refused(AccountID, CloseReason, address: String)
    /// Two machines live with one key: this account's.
    case twin(AccountID, address: String)
    case handshakeFailed(address: String, LinkRole, reason: String)
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
