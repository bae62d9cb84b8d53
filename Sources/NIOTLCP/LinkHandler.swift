// SPDX-License-Identifier: Apache-2.0
package import NIOCore
package import TLCP

/// A TLCP link as a handler: what the wire carries outside of it, what the two sides say inside.
///
/// It decides nothing; `Link` does. Bytes written before the link is open wait, up to `waitingBytesMax`. An opened link
/// is told as the user event `LinkOpened`; one that fails as an error, its `Failure`, and then the channel closes.
/// Closing the channel says goodbye first; a connection that ends without the other side's goodbye is an error too.
/// - Spec: TLCP-5, TLCP-16, TLCP-19, TLCP-22.
package final class LinkHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Answers a request of the link's, on any thread, without holding the event loop.
    package typealias KeyDesk = @Sendable (PrivateRequest, any EventLoop) -> EventLoopFuture<PrivateAnswer>

    /// What may be written before the link is open: a hello of the protocol above, not a backlog.
    package static let waitingBytesMax = 1 << 20

    /// How long the other side has to read why.
    private static let lingering = TimeAmount.seconds(1)

    private var link: Link
    private let desk: KeyDesk
    private var waiting: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var waitingBytes = 0
    private var deadline: Scheduled<Void>?
    private var hasBegun = false

    package init(_ settings: LinkSettings, desk: @escaping KeyDesk) {
        link = Link(settings)
        self.desk = desk
    }

    /// Asks keys on the event loop itself: for keys in memory, where a third of a millisecond may pass, and for tests.
    package convenience init(_ settings: LinkSettings, keys: any PrivateKeys) {
        self.init(settings) { request, loop in loop.makeSucceededFuture(keys.perform(request)) }
    }

    /// Records that may still be sent; the host dials anew before there are none (TLCP-14).
    package var recordsLeft: UInt64 { link.recordsLeft }

    // MARK: Life

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !hasBegun else { return }
        hasBegun = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Int64(Limits.handshakeSecondsMax))) {
            let (handler, context) = bound.value
            handler.take(.deadlinePassed, context)
        }
        take(.began, context)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        take(.cutOff, context)
        drop(ChannelError.eof)
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        drop(ChannelError.ioOnClosedChannel)
    }

    // MARK: Bytes

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(.received(Array(unwrapInboundIn(data).readableBytesView)), context)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        if link.hasEnded {
            promise?.fail(ChannelError.ioOnClosedChannel)
        } else if link.isOpen {
            take(.wrote(Array(bytes.readableBytesView)), context, promise)
        } else if waitingBytes + bytes.readableBytes > LinkHandler.waitingBytesMax {
            promise?.fail(ChannelError.outputClosed)
        } else {
            waiting.append((bytes, promise))
            waitingBytes += bytes.readableBytes
        }
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .input { return context.close(mode: mode, promise: promise) }
        take(.closing, context)
        drop(ChannelError.ioOnClosedChannel)
        context.close(mode: mode, promise: promise)
    }

    private func drop(_ error: any Error) {
        for one in waiting { one.promise?.fail(error) }
        waiting = []
        waitingBytes = 0
    }

    // MARK: The link

    /// - Parameter promise: of the write that this event is, if it is one.
    private func take(_ event: LinkEvent, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil) {
        var promise = promise
        // What the host writes it flushes itself, many writes at a time; what the link says by itself goes at once.
        var isOwnWord = true
        if case .wrote = event { isOwnWord = false }
        for effect in link.step(event) {
            switch effect {
            case .send(let bytes):
                context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: promise)
                promise = nil
                if isOwnWord { context.flush() }
            case .perform(let request): perform(request, context)
            case .opened(let peer): open(peer, context)
            case .deliver(let bytes):
                context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: bytes)))
            case .ended(let end):
                deadline?.cancel()
                context.flush()
                // A close of ours is on its way already where it was the cause.
                if case .closing = event { continue }
                leave(end, context)
            }
        }
        // An empty write says nothing and is done.
        promise?.succeed(())
    }

    /// Closes, after an alert of ours not at once: the other side may still be speaking, and a socket that is closed
    /// over unread bytes resets the connection and takes the alert with it. What still comes is thrown away.
    private func leave(_ end: LinkEnd, _ context: ChannelHandlerContext) {
        guard case .failed(let failure) = end else { return context.close(mode: .all, promise: nil) }
        context.fireErrorCaught(failure)
        guard failure.alert != nil, context.channel.isActive else { return context.close(mode: .all, promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: LinkHandler.lingering) {
            bound.value.close(mode: .all, promise: nil)
        }
    }

    private func perform(_ request: PrivateRequest, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        desk(request, context.eventLoop).hop(to: context.eventLoop).whenComplete { result in
            let (handler, context) = bound.value
            switch result {
            case .success(let answer): handler.take(.answered(answer), context)
            case .failure(let error): handler.take(.answered(.unavailable(reason: "\(error)")), context)
            }
        }
    }

    private func open(_ peer: LinkPeer, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireUserInboundEventTriggered(LinkOpened(peer: peer))
        let list = waiting
        waiting = []
        waitingBytes = 0
        for one in list { write(context: context, data: wrapOutboundOut(one.bytes), promise: one.promise) }
        if !list.isEmpty { context.flush() }
    }
}

/// The user event of a link that is open.
package struct LinkOpened: Hashable, Sendable {
    package let peer: LinkPeer
}
