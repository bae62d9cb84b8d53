// SPDX-License-Identifier: Apache-2.0
import Ledger
import NIOCore
import NIOHTTP1

/// Stands between the HTTP parser and the server on each connection, and lets no stranger make it wait or
/// hold more than the bounds say.
///
/// Reading states: `head` (a request's head is awaited), `body` (its rest is), `drained` (an answer went out
/// before the request was read to its end, or the connection was refused: what still comes is thrown away for
/// a moment so that the answer is not lost to a reset, then the connection closes).
///
/// One timer a connection, armed for the deadline of the state it is in. A byte does not move it: that is
/// what an idle time-out gets wrong.
/// - Spec: API-20 to API-25.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading { case head, body, drained }

    /// A request passed on and not answered yet.
    private struct Pending {
        let isOld: Bool
        var keepAlive: Bool
    }

    /// How long bytes are thrown away after a refusal, so that the sender gets to read it.
    private static let lingering: TimeAmount = .seconds(1)

    private let bounds: GatewayBounds
    private let occupancy: Occupancy
    private var reading = Reading.head
    private var pending: [Pending] = []
    private var answerStarted = false
    private var holdsPlace = false
    private var isSurplus = false
    private var timer: Scheduled<Void>?
    private var unreadTimer: Scheduled<Void>?

    init(bounds: GatewayBounds, occupancy: Occupancy) {
        self.bounds = bounds
        self.occupancy = occupancy
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        holdsPlace = occupancy.take(.connections)
        isSurplus = !holdsPlace && occupancy.take(.surplus)
        // A few too many still get an answer to their first request, if they ask at once. The rest go in the next turn:
        // their descriptors are the store's. Not in this one: NIO traps on a channel that never becomes active.
        arm(holdsPlace ? TimeAmount(bounds.headDeadline) : isSurplus ? .seconds(2) : .zero, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        release()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { release() }

    private func release() {
        timer?.cancel()
        unreadTimer?.cancel()
        if holdsPlace { occupancy.give(.connections) }
        if isSurplus { occupancy.give(.surplus) }
        holdsPlace = false
        isSurplus = false
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if reading == .drained { return }
        switch part {
        case .head(let head): admit(head, context)
        case .body: context.fireChannelRead(data)
        case .end:
            reading = .head
            arm(TimeAmount(bounds.idleDeadline), context)
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if reading == .drained { context.read() }
        context.fireChannelReadComplete()
    }

    private func admit(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard holdsPlace else {
            refuse(.tooManyConnections, context)
            return
        }
        guard head.version.major == 1, ConnectionGuard.isFramedOnce(head.headers),
            let target = ConnectionGuard.originForm(head.uri)
        else {
            refuse(.malformedHead, context)
            return
        }
        var head = head
        head.uri = target
        let keepAlive = head.isKeepAlive
        // The server looks for exactly this; HTTP/1.0 says it by saying nothing.
        if !keepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        pending.append(Pending(isOld: head.version.minor == 0, keepAlive: keepAlive))
        reading = .body
        arm(TimeAmount(bounds.bodyDeadline), context)
        if pending.count == 1, ConnectionGuard.awaitsContinue(head) {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// True where the sender waits for leave to send a body that is not too large for any operation.
    private static func awaitsContinue(_ head: HTTPRequestHead) -> Bool {
        guard head.headers.first(name: "Expect")?.lowercased() == "100-continue" else { return false }
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) }
        return length.map { $0 <= Limits.submissionBytesMax } ?? true
    }

    /// The path and query of a request's target, which a proxy's client writes with scheme and host in front
    /// (RFC 9112 section 3.2.2); nil for anything else.
    private static func originForm(_ target: String) -> String? {
        if target.utf8.first == 0x2f { return target }
        let scheme = "http://"
        guard target.lowercased().hasPrefix(scheme) else { return nil }
        let rest = target.dropFirst(scheme.count)
        guard !rest.isEmpty else { return nil }
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    /// True where the head leaves no doubt where its body ends: what two servers read differently is
    /// smuggled.
    private static func isFramedOnce(_ headers: HTTPHeaders) -> Bool {
        let lengths = headers["Content-Length"]
        let codings = headers["Transfer-Encoding"]
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else { return false }
        return headers["Host"].count <= 1 && codings.allSatisfy { $0.lowercased() == "chunked" }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, reading != .drained, pending.isEmpty else {
            context.fireErrorCaught(error)
            return
        }
        refuse(error == .headerOverflow ? .headTooLarge : .malformedHead, context)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            answerStarted = true
            let request = pending.first
            // Whatever was not read of the request would be taken for the next one.
            let unread = pending.count == 1 && reading == .body
            let keepAlive = request?.keepAlive ?? false
            if !keepAlive || unread || occupancy.isDraining {
                if request != nil { pending[0].keepAlive = false }
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            if request?.isOld == true { head.version = .http1_0 }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            answered(context)
        default: context.write(data, promise: promise)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        answerStarted = false
        guard !pending.isEmpty else { return }
        let last = pending.removeFirst()
        if !last.keepAlive {
            linger(context)
        } else if reading == .head, pending.isEmpty {
            arm(TimeAmount(bounds.idleDeadline), context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadTimer?.cancel()
        unreadTimer = nil
        if !context.channel.isWritable {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            unreadTimer = context.eventLoop.scheduleTask(in: TimeAmount(bounds.unreadDeadline)) {
                bound.value.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Deadlines

    private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) {
            let (guardian, context) = bound.value
            guardian.deadlinePassed(context)
        }
    }

    private func deadlinePassed(_ context: ChannelHandlerContext) {
        switch reading {
        case .head where !pending.isEmpty:
            // A long answer is under way; its receiver is watched by the unread deadline.
            arm(TimeAmount(bounds.idleDeadline), context)
        case .head, .drained: context.close(promise: nil)
        case .body where answerStarted || pending.count != 1: context.close(promise: nil)
        case .body: refuse(.tooSlow, context)
        }
    }

    /// Answers in the server's place and closes.
    private func refuse(_ refusal: EarlyRefusal, _ context: ChannelHandlerContext) {
        reading = .drained
        let body = refusal.document
        let head = HTTPResponseHead(
            version: .http1_1, status: refusal.status,
            headers: [
                "Content-Type": "application/problem+json", "Content-Length": "\(body.count)",
                "Connection": "close",
                "Retry-After": "1",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Ends our side now and the connection in a moment.
    private func linger(_ context: ChannelHandlerContext) {
        reading = .drained
        context.flush()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        // Once all is written: a reset would take unread answers with it.
        context.close(mode: .output).whenComplete { _ in bound.value.read() }
        arm(ConnectionGuard.lingering, context)
    }
}
