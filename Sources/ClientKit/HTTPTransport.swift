// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Ledger
import NIOCore
import NIOHTTP1
import NIOPosix
import ShangMi

/// Sends requests to one node over kept-open connections, and tries again what broke.
///
/// Every call of this client may be repeated: reads change nothing, and a signed transaction is its own
/// idempotency key. So a broken connection, a time-out, 429 and 503 lead to another attempt, with a doubled
/// and jittered pause.
/// - Spec: API-34.
actor HTTPTransport {
    struct Request: Sendable {
        var method: HTTPMethod = .GET
        var path: String
        var contentType: String?
        var body: [UInt8] = []
        var timeout: Duration
        /// The same over all attempts.
        var idempotencyKey: String?
    }

    struct Response: Sendable {
        let status: Int
        let contentType: String
        let body: [UInt8]
    }

    /// Longest pause between two attempts, whatever a server asks for.
    private static let pauseMax: Duration = .seconds(10)

    let address: NodeAddress
    nonisolated let options: NodeClient.Options
    /// A node has asked who is there (401).
    private var isAsked = false
    private var idle: [any Channel] = []
    private var open = 0
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(address: NodeAddress, options: NodeClient.Options) {
        self.address = address
        self.options = options
    }

    nonisolated func get(_ path: String) async throws(ClientError) -> Response {
        try await send(Request(path: path, timeout: options.timeout))
    }

    /// Closes idle connections; those in use are closed as they come back.
    func close() async {
        let channels = idle
        idle = []
        for channel in channels { try? await channel.close().get() }
    }

    func send(_ request: Request) async throws(ClientError) -> Response {
        var pause = options.pause
        var attempt = 1
        while true {
            let failure: ClientError
            let wasAsked = isAsked
            do {
                return try await attemptOnce(request)
            } catch {
                failure = error
            }
            if !wasAsked, options.signerIfAsked != nil, case .refused(let problem) = failure, problem.status == 401 {
                isAsked = true
                continue
            }
            guard attempt < options.attempts, let asked = HTTPTransport.retryPause(failure) else {
                throw failure
            }
            attempt += 1
            // Half of the pause is drawn anew each time, so that many clients do not come back at once.
            let jittered = pause / 2 + pause / 2 * Double.random(in: 0..<1)
            do { try await Task.sleep(for: min(max(jittered, asked), HTTPTransport.pauseMax)) } catch {
                throw failure
            }
            pause = pause * 2
        }
    }

    /// How long to wait at least before trying again; nil where trying again is of no use.
    private static func retryPause(_ failure: ClientError) -> Duration? {
        switch failure {
        case .unreachable: .zero
        case .refused(let problem) where problem.status == 429 || problem.status == 503:
            .seconds(problem.retryAfter ?? 0)
        default: nil
        }
    }

    // MARK: Connections

    private func attemptOnce(_ request: Request) async throws(ClientError) -> Response {
        await takeTurn()
        defer { endTurn() }
        // A kept connection may have been closed at the other end in this very moment: that is no attempt.
        while let channel = idle.popLast() {
            guard channel.isActive else { continue }
            do { return try await exchange(request, on: channel) } catch ExchangeError.closed {
                continue
            } catch {
                throw describe(error)
            }
        }
        do { return try await exchange(request, on: try await connect()) } catch { throw describe(error) }
    }

    private func takeTurn() async {
        if open < options.connectionsMax {
            open += 1
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func endTurn() {
        if queue.isEmpty { open -= 1 } else { queue.removeFirst().resume() }
    }

    private func connect() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(HTTPExchangeHandler())
                }
            }
            .connect(host: address.host, port: address.port).get()
    }

    private func exchange(_ request: Request, on channel: any Channel) async throws -> Response {
        let promise = channel.eventLoop.makePromise(of: HTTPExchange.Answer.self)
        let exchange = HTTPExchange(
            head: try head(of: request), body: request.body, timeout: TimeAmount(request.timeout),
            promise: promise)
        // A channel that closes in this very moment has lost its handlers: the write fails, and nobody else would
        // ever answer (seen: a client that hung for good beside a killed node).
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenFailure { _ in promise.fail(ExchangeError.closed) }
        let answer = try await withTaskCancellationHandler {
            channel.writeAndFlush(exchange, promise: written)
            return try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        if answer.reusable { idle.append(channel) }
        return try response(answer)
    }

    private func head(of request: Request) throws -> HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", "\(address.host):\(address.port)"),
            ("Accept", "application/json, application/octet-stream"),
            ("User-Agent", "jiuding-clientkit/1"),
        ])
        if request.method != .GET { headers.add(name: "Content-Length", value: "\(request.body.count)") }
        if let key = request.idempotencyKey { headers.add(name: "Idempotency-Key", value: key) }
        if let type = request.contentType { headers.add(name: "Content-Type", value: type) }
        if let token = options.token {
            headers.add(name: "Authorization", value: "Bearer \(token)")
        } else if let signer = options.signer ?? (isAsked ? options.signerIfAsked : nil) {
            try sign(request, &headers, signer)
        }
        return HTTPRequestHead(version: .http1_1, method: request.method, uri: request.path, headers: headers)
    }

    /// Each attempt is signed anew: a nonce serves once.
    private func sign(_ request: Request, _ headers: inout HTTPHeaders, _ signer: any Signer) throws {
        let now = max(0, Date().timeIntervalSince1970 * 1_000)
        let signed = SignedRequest(
            method: request.method.rawValue, host: "\(address.host):\(address.port)", target: request.path,
            time: Timestamp(UInt64(now)), nonce: (0..<SignedRequest.nonceByteCount).map { _ in .random(in: 0...255) },
            body: SM3.hash(request.body))
        let signature: SM2.Signature
        do { signature = try signer.sign(signed.message) } catch SignerError.unavailable(let reason) {
            throw ClientError.unusable(reason: "the key cannot sign the request: \(reason)")
        }
        headers.add(name: SignedRequest.Field.key, value: Hex.encode(signer.publicKey.bytes))
        headers.add(name: SignedRequest.Field.time, value: "\(signed.time.value)")
        headers.add(name: SignedRequest.Field.nonce, value: Hex.encode(signed.nonce))
        headers.add(name: SignedRequest.Field.digest, value: signed.body.hex)
        headers.add(name: SignedRequest.Field.signature, value: Hex.encode(signature.encoded))
    }

    private nonisolated func response(_ answer: HTTPExchange.Answer) throws(ClientError) -> Response {
        let status = Int(answer.head.status.code)
        let type = answer.head.headers.first(name: "Content-Type") ?? ""
        if (200..<300).contains(status) {
            return Response(status: status, contentType: type, body: answer.body)
        }
        throw .refused(
            ClientError.Problem(
                status: status, body: answer.body, reason: answer.head.status.reasonPhrase,
                retryAfter: answer.head.headers.first(name: "Retry-After").flatMap { Int($0) }))
    }

    private nonisolated func describe(_ error: any Error) -> ClientError {
        switch error {
        case let error as ClientError: error
        case ExchangeError.timedOut: .unreachable(node: address.text, reason: "no answer in time")
        case ExchangeError.closed: .unreachable(node: address.text, reason: "it closed the connection")
        case ExchangeError.answerTooLarge: .malformed(node: address.text, reason: "the answer has no end")
        case ExchangeError.protocolBroken(let reason): .malformed(node: address.text, reason: reason)
        case let error as NIOConnectionError:
            .unreachable(
                node: address.text, reason: error.connectionErrors.last.map { "\($0.error)" } ?? "\(error)")
        default: .unreachable(node: address.text, reason: "\(error)")
        }
    }
}

extension ClientError.Problem {
    /// Reads a problem document; whatever else a server answers is shown by its status alone.
    init(status: Int, body: [UInt8], reason: String, retryAfter: Int?) {
        let reader = JSONShape.Reader(try? JSONValue(parsing: body), at: "")
        self.init(
            status: status, code: (try? reader["code"].text()) ?? "",
            title: (try? reader["title"].text()) ?? "\(status) \(reason)",
            detail: (try? reader["detail"].text()) ?? "", fix: (try? reader["fix"].text()) ?? "",
            retryAfter: retryAfter)
    }
}
