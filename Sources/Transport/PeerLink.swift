// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOCore
import ShangMi

/// One link as a handler behind the security handlers: greets, cuts, paces, pings. What a link means for its node is
/// `PeerNetwork`'s to decide.
///
/// ```
/// securing ──PeerProven──► greeting ──hello──► up ──► closed
/// ```
/// Everything happens on the channel's event loop.
/// - Spec: LINK-4 to LINK-9.
final class PeerLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase: Equatable { case securing, greeting, up, closed }

    /// What of a peer's may wait to be dealt with before its link is no longer read.
    static let inboundBytesMax = 16 << 20
    /// Of chains, in a second.
    private static let announcementsMax = 64
    private static let greetingMax = TimeAmount.seconds(5)
    private static let silenceMax = Instant.Span.seconds(5)
    private static let pingAfter = Instant.Span.seconds(1)
    /// Written at once; more would wait in the socket, where a vote can no longer overtake it.
    private static let flushBytes = 128 << 10
    /// Written in one turn of the event loop, which all links share.
    private static let turnBytes = 512 << 10

    let role: LinkRole
    /// Whom a dial was meant for; nil where the other end dialled.
    let expected: AccountID?
    private let network: PeerNetwork
    private(set) var phase = Phase.securing
    private(set) var peer: AccountID?
    private(set) var stillHolds: @Sendable () -> Bool = { true }
    private(set) var hello: Hello?
    private(set) var roundTrip: Instant.Span?
    /// The other end closed this link because it has a better one with us.
    private(set) var gaveWay = false
    private(set) var began = LinkClock.now
    var account = LinkAccount()
    private(set) var queue = SendQueue()

    private var context: ChannelHandlerContext?
    private var reader = ChunkReader()
    private var meter = InboundMeter(at: LinkClock.now)
    private var lastIn = LinkClock.now
    private var lastOut = LinkClock.now
    private var waitingIn = 0
    private var isPaused = false
    private var hasUnread = false
    private var timer: RepeatedTask?
    private var deadline: Scheduled<Void>?
    private var closing: CloseReason?
    /// The newest ping that is not answered yet.
    private var pongOwed: UInt64?
    private var isPumping = false
    private var announcedSince = LinkClock.now
    private var announcements = 0

    /// - Parameter expected: whom this node dials; nil where it listens.
    init(dialling expected: AccountID?, _ network: PeerNetwork) {
        role = expected == nil ? .listener : .dialer
        self.expected = expected
        self.network = network
    }

    /// Whether what is given to it now will leave.
    var isUsable: Bool { phase == .up && closing == nil }

    var address: String {
        guard let remote = context?.remoteAddress, let host = remote.ipAddress, let port = remote.port else {
            return ""
        }
        return "\(NodeAddress(host: host, port: port))"
    }
    /// How long ago something came. Who is not read is not silent.
    var silence: Instant.Span { hasUnread ? Instant.Span(nanoseconds: 0) : LinkClock.now.since(lastIn) }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastIn = LinkClock.now
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: PeerLink.greetingMax) { bound.value.close(.silent) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        network.failed(self, error)
        // Nothing that is given to it from now on would leave.
        if phase == .up { end() }
        // Whoever failed closes, after a moment in which its alert arrives (TLCP-18); this is for those who do not.
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
    }

    private func end() {
        guard phase != .closed else { return }
        let last = phase
        phase = .closed
        deadline?.cancel()
        timer?.cancel()
        context = nil
        // Deliveries and timers may hold this link for a while yet.
        queue = SendQueue()
        reader = ChunkReader()
        network.ended(self, was: last, reason: closing)
    }

    /// Says why and ends.
    func close(_ reason: CloseReason) {
        guard let context, phase != .closed, closing == nil else { return }
        closing = reason
        network.count(reason.name)
        if phase == .securing { return context.close(promise: nil) }
        write(Chunk.close(reason).framed, context)
        context.flush()
        // What is on its way gets a moment, so that the reason arrives before the end.
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .milliseconds(50)) { channel.close(promise: nil) }
    }

    // MARK: In

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let proven = event as? PeerProven, phase == .securing else {
            return context.fireUserInboundEventTriggered(event)
        }
        peer = proven.account
        stillHolds = proven.stillHolds
        phase = .greeting
        if let objection = network.objection(to: proven.account, self) { return close(objection) }
        write(Chunk.hello(network.hello).framed, context)
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        lastIn = LinkClock.now
        guard closing == nil, phase == .greeting || phase == .up else { return }
        let verdict = meter.took(bytes.readableBytes, at: lastIn)
        reader.feed(&bytes)
        readOn()
        switch verdict {
        case .fine: break
        case .flooding: close(.flooding)
        case .pause(let span): pause(for: span)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // One answer for all pings that came together, and none to who does not read: they would pile up here.
        if let nonce = pongOwed, context.channel.isWritable { say(.pong(nonce)) }
        pongOwed = nil
        context.fireChannelReadComplete()
    }

    private func readOn() {
        do throws(CloseReason) {
            while closing == nil, let word = try reader.next() { try take(word) }
        } catch {
            close(error)
        }
    }

    private func take(_ word: ChunkReader.Word) throws(CloseReason) {
        switch (phase, word) {
        case (.greeting, .control(.hello(let hello))): greeted(hello)
        case (.greeting, .control(.close(let reason))), (.up, .control(.close(let reason))): told(reason)
        case (.up, .message(let message)): deliver(message)
        case (.up, .control(.ping(let nonce))):
            pongOwed = nonce
        case (.up, .control(.pong(let nonce))): roundTrip = LinkClock.now.since(Instant(nanoseconds: nonce))
        case (.up, .control(.chains(let chains))):
            guard let hello, isFewEnough() else { throw .flooding }
            self.hello = Hello(instance: hello.instance, chains: chains)
            network.serves(self, chains, before: hello.chains)
        default: throw .malformed
        }
    }

    /// Whether the peer announces its chains no more often than it can have reason to.
    private func isFewEnough() -> Bool {
        if LinkClock.now.since(announcedSince) >= .seconds(1) {
            announcedSince = LinkClock.now
            announcements = 0
        }
        announcements += 1
        return announcements <= PeerLink.announcementsMax
    }

    private func greeted(_ hello: Hello) {
        guard let context else { return }
        self.hello = hello
        guard network.greeted(self, hello) else { return }
        phase = .up
        deadline?.cancel()
        began = LinkClock.now
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(500), delay: .milliseconds(500)) {
            _ in
            bound.value.tick()
        }
        network.opened(self, hello)
    }

    /// The other end closes, and says why.
    private func told(_ reason: CloseReason) {
        gaveWay = reason == .duplicate
        network.told(self, reason)
        context?.close(promise: nil)
    }

    private func deliver(_ message: Received) {
        guard let peer, let context else { return }
        let place = Int(message.traffic.rawValue)
        account.messagesIn[place] += 1
        account.bytesIn[place] += UInt64(message.bytes.count)
        waitingIn += Delivery.weight(message.bytes)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let delivery = Delivery(peer: peer, traffic: message.traffic, bytes: message.bytes) { count in
            loop.execute { bound.value.dealtWith(count) }
        }
        network.deliver(delivery, of: message.chain)
        if waitingIn > PeerLink.inboundBytesMax { setReading(false) }
    }

    private func dealtWith(_ count: Int) {
        waitingIn -= count
        if hasUnread, waitingIn <= PeerLink.inboundBytesMax / 2, !isPaused { setReading(true) }
    }

    private func pause(for span: Instant.Span) {
        guard let context, !isPaused else { return }
        isPaused = true
        account.throttled += 1
        setReading(false)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: span.nanoseconds))) {
            let link = bound.value
            link.isPaused = false
            if link.waitingIn <= PeerLink.inboundBytesMax { link.setReading(true) }
        }
    }

    private func setReading(_ isOn: Bool) {
        guard let context else { return }
        // Not read is not silent.
        if isOn { lastIn = LinkClock.now }
        hasUnread = !isOn
        context.channel.setOption(.autoRead, value: isOn).whenFailure { _ in }
        if isOn { context.read() }
    }

    private func tick() {
        let now = LinkClock.now
        if !hasUnread, now.since(lastIn) >= PeerLink.silenceMax { return close(.silent) }
        if now.since(lastOut) >= PeerLink.pingAfter || roundTrip == nil { say(.ping(now.nanoseconds)) }
    }

    // MARK: Out

    func send(_ bytes: [UInt8], _ chain: ChainID, _ traffic: TrafficClass) {
        let place = Int(traffic.rawValue)
        switch queue.offer(bytes, chain, traffic) {
        case .queued: break
        case .replaced(let count): account.dropped[place] += UInt64(count)
        case .refused: account.dropped[place] += 1
        }
        pump()
    }

    func forget(_ chain: ChainID) { queue.forget(chain) }

    func say(_ chunk: Chunk) {
        guard let context, isUsable else { return }
        write(chunk.framed, context)
        context.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump()
        context.fireChannelWritabilityChanged()
    }

    /// Writes pieces as long as the socket takes them, and lets others have their turn now and then.
    private func pump() {
        guard let context, isUsable, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        var total = 0
        while context.channel.isWritable, !queue.isEmpty {
            guard total < PeerLink.turnBytes else { return pumpLater(context) }
            var written = 0
            while written < PeerLink.flushBytes, let piece = queue.next() {
                var frame = context.channel.allocator.buffer(
                    capacity: Chunk.headerBytes + piece.bytes.count + (piece.chain == nil ? 0 : 32))
                let chain = piece.chain?.digest.bytes ?? []
                frame.writeBytes(
                    Chunk.header(
                        kind: Chunk.kind(piece.traffic, isLast: piece.isLast), count: chain.count + piece.bytes.count))
                frame.writeBytes(chain)
                frame.writeBytes(piece.bytes)
                written += frame.readableBytes
                account.bytesOut[Int(piece.traffic.rawValue)] += UInt64(piece.bytes.count)
                if piece.isLast { account.messagesOut[Int(piece.traffic.rawValue)] += 1 }
                context.write(wrapOutboundOut(frame), promise: nil)
            }
            total += written
            lastOut = LinkClock.now
            context.flush()
        }
    }

    private func pumpLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.pump() }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        lastOut = LinkClock.now
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }
}

/// The clock of links: it only goes forward, and is nobody's wall clock.
enum LinkClock {
    static var now: Instant { Instant(nanoseconds: NIODeadline.now().uptimeNanoseconds) }
}
