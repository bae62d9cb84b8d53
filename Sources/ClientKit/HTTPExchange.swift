// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP1

/// One request on its way and the answer that is awaited.
struct HTTPExchange: Sendable {
    let head: HTTPRequestHead
    let body: [UInt8]
    let timeout: TimeAmount
    let promise: EventLoopPromise<Answer>

    /// What came back, whole.
    struct Answer: Sendable {
        let head: HTTPResponseHead
        let body: [UInt8]
        /// False where the server will close this connection.
        let reusable: Bool
    }
}

/// Why an exchange came to nothing.
enum ExchangeError: Error, Hashable, Sendable {
    case timedOut
    case closed
    case answerTooLarge
    case protocolBroken(String)
}

/// Turns exchanges into HTTP parts and parts into answers, one at a time on one connection.
///
/// States: idle (nothing awaited), waiting (a request is out; `parts` fills), closed. A second exchange
/// before the first is answered is refused: the pool never does that.
final class HTTPExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    /// A full block's results with proofs fit; nothing honest is larger.
    private static let answerBytesMax = 128 << 20

    private var waiting: HTTPExchange?
    private var deadline: Scheduled<Void>?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard waiting == nil, context.channel.isActive else {
            exchange.promise.fail(ExchangeError.closed)
            promise?.fail(ExchangeError.closed)
            return
        }
        waiting = exchange
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: exchange.timeout) {
            let (handler, context) = bound.value
            handler.fail(.timedOut, context)
        }
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if !exchange.body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: exchange.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where head.status.code >= 200:
            self.head = head
            body = []
        case .head: break
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= HTTPExchangeHandler.answerBytesMax else {
                fail(.answerTooLarge, context)
                return
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .end: finish(context)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let exchange = waiting, let head else {
            fail(.protocolBroken("an answer nobody asked for"), context)
            return
        }
        deadline?.cancel()
        waiting = nil
        self.head = nil
        let answer = HTTPExchange.Answer(head: head, body: body, reusable: head.isKeepAlive)
        body = []
        exchange.promise.succeed(answer)
        if !answer.reusable { context.close(promise: nil) }
    }

    private func fail(_ error: ExchangeError, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let exchange = waiting
        waiting = nil
        exchange?.promise.fail(error)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that was reset has ended, and may be tried again; what is no HTTP may not.
        fail(error is IOError || error is ChannelError ? .closed : .protocolBroken("\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed, context)
        context.fireChannelInactive()
    }
}
