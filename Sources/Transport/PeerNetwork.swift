// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import NIOCore
import NIOPosix

/// All links of one node, one to each peer, carrying all chains: dials, takes in, sorts out doubles, delivers.
///
/// A chain gives it messages, gets messages, and is told who is linked (LINK-7, LINK-10). Everything
/// happens on one event loop; calls from elsewhere hop there and never wait.
/// - Spec: LINK-1 to LINK-10 (docs/spec/links.md).
package final class PeerNetwork: Sendable {
    private static let pendingMax = 64
    private static let pendingPerAddressMax = 8
    /// Handshakes begun in a second for one address: each costs a signature before anybody has proven anything.
    private static let welcomesPerSecondMax = 16
    private static let refusalAfterFlood = Instant.Span.seconds(60)
    private static let connectTimeout = TimeAmount.seconds(5)

    /// One peer, linked or not.
    struct Standing {
        var plan: DialPlan
        var link: PeerLink?
        var account = LinkAccount()
        var lastEnd: String?
        /// What the last refusal said, for how long to wait.
        var lastReason: CloseReason?
        /// Refused as a twin so often in a row: once may be a link of before that is not dead yet.
        var twinsInARow = 0
        var isDialling = false
        /// The attempt that waits for its time.
        var redialling: Scheduled<Void>?
        var refusedUntil: Instant?
    }

    struct State {
        var peers: [AccountID: Standing] = [:]
        var inboxes: [ChainID: any LinkInbox] = [:]
        var listeners: [any Channel] = []
        /// Connections not greeted yet, and where they came from; nil for those this node dialled.
        var pending: [ObjectIdentifier: (link: PeerLink, stranger: String?)] = [:]
        /// Connections of the second that began then, by address.
        var welcomes: [String: Int] = [:]
        var welcomesSince = LinkClock.now
        var refusals: [String: UInt64] = [:]
        var isClosed = false
        var isAnnouncing = false
        var chance: SeededRandom
    }

    package let settings: NetworkSettings
    package let loop: any EventLoop
    private let security: any LinkSecurity
    let say: @Sendable (LinkNews) -> Void
    let state: NIOLoopBoundBox<State>

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
                .childChannelOption(.tcpOption(PeerNetwork.unsentLowWater), value: 128 << 10)
                .childChannelInitializer { self.welcome($0) }
                .bind(host: address.host, port: address.port).get()
            bound.append(NodeAddress(host: address.host, port: listener.localAddress?.port ?? address.port))
            loop.execute {
                self.state.value.listeners.append(listener)
                if self.state.value.isClosed { listener.close(promise: nil) }
            }
        }
        loop.execute { for peer in self.state.value.peers.keys.sorted() { self.dial(peer) } }
        return bound
    }

    package func close() async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.execute {
                self.state.value.isClosed = true
                for listener in self.state.value.listeners { listener.close(promise: nil) }
                for standing in self.state.value.peers.values { standing.link?.close(.shutdown) }
                for waiting in self.state.value.pending.values { waiting.link.close(.shutdown) }
                // A closing link says why for 50 ms.
                self.loop.scheduleTask(in: .milliseconds(100)) { done.resume() }
            }
        }
    }

    /// TCP_NOTSENT_LOWAT of Linux: else the kernel takes megabytes of bulk that a vote then waits behind.
    private static let unsentLowWater = NIOBSDSocket.Option(rawValue: 25)

    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 128 << 10)

    /// How long a link that gave way may be without the one that takes its place.
    private static let replacementPatience = TimeAmount.seconds(1)

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

    /// Tells all peers which chains are served; once for all changes of a moment.
    private func announce() {
        guard !state.value.isAnnouncing else { return }
        state.value.isAnnouncing = true
        loop.scheduleTask(in: .milliseconds(50)) { self.announceNow() }
    }

    private func announceNow() {
        state.value.isAnnouncing = false
        let chains = hello.chains
        for standing in state.value.peers.values { standing.link?.say(.chains(chains)) }
    }

    /// Sends a chain's message to some peers; the bytes are shared.
    package func send(_ bytes: [UInt8], _ traffic: TrafficClass, of chain: ChainID, to peers: [AccountID]) {
        loop.execute {
            for peer in peers {
                if let link = self.state.value.peers[peer]?.link, link.isUsable {
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
            pending: state.value.pending.values.count { $0.stranger != nil })
    }

    // MARK: Connections

    private func welcome(_ channel: any Channel) -> EventLoopFuture<Void> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        if LinkClock.now.since(state.value.welcomesSince) >= .seconds(1) {
            state.value.welcomesSince = LinkClock.now
            state.value.welcomes = [:]
        }
        state.value.welcomes[address, default: 0] += 1
        let strangers = state.value.pending.values.compactMap(\.stranger)
        // Strangers must not crowd a peer out whose address is known.
        let isExpected = state.value.peers.values.contains { $0.plan.addresses.contains { $0.host == address } }
        guard !state.value.isClosed, isExpected || strangers.count < PeerNetwork.pendingMax,
            strangers.count(where: { $0 == address }) < PeerNetwork.pendingPerAddressMax,
            state.value.welcomes[address, default: 0] <= PeerNetwork.welcomesPerSecondMax
        else {
            count(CloseReason.crowded.name)
            return channel.close()
        }
        return prepare(channel, PeerLink(dialling: nil, self), from: address)
    }

    /// - Parameter stranger: the address of one who dialled; nil where this node dials, which crowds nobody out.
    private func prepare(
        _ channel: any Channel, _ link: PeerLink, from stranger: String? = nil
    ) -> EventLoopFuture<Void> {
        state.value.pending[ObjectIdentifier(link)] = (link, stranger)
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(security.handlers(for: link.role))
            try channel.pipeline.syncOperations.addHandler(link)
        }
    }

    func dial(_ peer: AccountID) {
        guard !state.value.isClosed, let standing = state.value.peers[peer], standing.link == nil, !standing.isDialling,
            let address = state.value.peers[peer]?.plan.nextAddress()
        else { return }
        state.value.peers[peer]?.isDialling = true
        let dialling = ClientBootstrap(group: loop)
            .connectTimeout(PeerNetwork.connectTimeout)
            .channelOption(.writeBufferWaterMark, value: PeerNetwork.waterMark)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.tcpOption(PeerNetwork.unsentLowWater), value: 128 << 10)
            .channelInitializer { channel in self.prepare(channel, PeerLink(dialling: peer, self)) }
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
            standing.redialling == nil, standing.plan.canDial
        else { return }
        let chance = UInt64(state.value.chance.below(1_001))
        guard let wait = state.value.peers[peer]?.plan.failed(for: standing.lastReason, chance: chance) else { return }
        state.value.peers[peer]?.lastReason = nil
        state.value.peers[peer]?.redialling = loop.scheduleTask(
            in: .nanoseconds(Int64(clamping: wait.nanoseconds))
        ) {
            self.state.value.peers[peer]?.redialling = nil
            self.dial(peer)
        }
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
        if peer == settings.me {
            say(.twin(peer, address: link.address))
            return .twin
        }
        guard let standing = state.value.peers[peer], link.expected == nil || link.expected == peer else {
            say(.refused(peer, .unknown, address: link.address))
            return .unknown
        }
        // A certificate taken back while its handshake went on was good when it was shown.
        guard link.stillHolds() else {
            say(.lapsed(peer, address: link.address))
            return .lapsed
        }
        return standing.refusedUntil.map { LinkClock.now < $0 } ?? false ? .flooding : nil
    }

    /// Sorts a greeted link out against the one there is.
    /// - Returns: false where the new one is closed.
    func greeted(_ link: PeerLink, _ hello: Hello) -> Bool {
        guard let peer = link.peer else { return false }
        // Asked again: it may have left the allow-list between its proof and its hello.
        if let reason = objection(to: peer, link) {
            link.close(reason)
            return false
        }
        if state.value.isClosed || hello.instance == settings.instance {
            link.close(state.value.isClosed ? .shutdown : .twin)
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
        state.value.peers[peer]?.lastReason = nil
        state.value.peers[peer]?.redialling?.cancel()
        state.value.peers[peer]?.redialling = nil
        say(.linked(peer, address: link.address, link.role))
        serves(link, hello.chains, before: [])
    }

    func serves(_ link: PeerLink, _ chains: [ChainID], before: [ChainID]) {
        guard let peer = link.peer else { return }
        for chain in chains where !before.contains(chain) { state.value.inboxes[chain]?.linked(peer) }
        for chain in before where !chains.contains(chain) { state.value.inboxes[chain]?.unlinked(peer) }
    }

    /// Tells chains that a peer is not linked any more; where another link is on its way, once that has had its time.
    private func part(from peer: AccountID, chains: [ChainID], atOnce: Bool) {
        guard atOnce else {
            loop.scheduleTask(in: PeerNetwork.replacementPatience) {
                guard self.state.value.peers[peer]?.link == nil else { return }
                self.part(from: peer, chains: chains, atOnce: true)
            }
            return
        }
        for chain in chains { state.value.inboxes[chain]?.unlinked(peer) }
    }

    /// Ends the link of a peer that says what no honest one says, and refuses it for a minute (LINK-8).
    package func ban(_ peer: AccountID) {
        loop.execute {
            self.state.value.peers[peer]?.link?.close(.malformed)
            self.state.value.peers[peer]?.refusedUntil = LinkClock.now.advanced(by: PeerNetwork.refusalAfterFlood)
        }
    }

    func deliver(_ delivery: Delivery, of chain: ChainID) { state.value.inboxes[chain]?.take(delivery) }

    /// The other end closed the link and said why.
    func told(_ link: PeerLink, _ reason: CloseReason) {
        guard let peer = link.peer else { return }
        if link.role == .dialer { state.value.peers[peer]?.lastReason = reason }
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
        if let peer = link.peer ?? link.expected { state.value.peers[peer]?.lastEnd = "\(error)" }
    }

    func ended(_ link: PeerLink, was phase: PeerLink.Phase, reason: CloseReason?) {
        state.value.pending[ObjectIdentifier(link)] = nil
        guard let peer = link.peer, var standing = state.value.peers[peer] else { return }
        // Only a link that was up has flooded: a refusal for an earlier flood must not make the ban longer.
        guard phase == .up else { return }
        if reason == .flooding { standing.refusedUntil = LinkClock.now.advanced(by: PeerNetwork.refusalAfterFlood) }
        standing.account = standing.account.adding(link.account)
        standing.plan.ended(after: LinkClock.now.since(link.began))
        if let reason { standing.lastEnd = reason.name }
        let isLast = standing.link === link
        if isLast { standing.link = nil }
        state.value.peers[peer] = standing
        guard isLast else { return }
        part(from: peer, chains: link.hello?.chains ?? [], atOnce: !link.gaveWay)
        say(.unlinked(peer, reason: standing.lastEnd ?? "the connection ended"))
        redial(peer)
    }
}
