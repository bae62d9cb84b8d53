// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// The door itself: listens, and hands each connection through the guard to the operations.
///
/// ```
/// let server = GatewayServer(configuration: configuration, node: node)
/// try await server.run { port in print("listening on \(port)") }   // until the task is cancelled
/// ```
/// To stop without cutting anyone off: `drain`, then cancel the task that runs.
/// - Spec: API-20 to API-25.
package struct GatewayServer: Sendable {
    private let door: Door

    package init(configuration: GatewayConfiguration, node: any NodeAccess) {
        door = Door(configuration: configuration, node: node)
    }

    /// Serves until the task is cancelled.
    /// - Parameter listening: called once, with the port.
    /// - Throws: where the address cannot be bound.
    package func run(_ listening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let configuration = door.configuration
        var quiet = Logger(label: "gateway")
        quiet.logLevel = .error
        let bounds = configuration.bounds
        let occupancy = door.occupancy
        let application = Application(
            responder: door,
            server: HTTPServerBuilder { responder in
                GuardedChannel(responder: responder, bounds: bounds, occupancy: occupancy)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "jiuding/\(configuration.version)", backlog: 4_096),
            onServerRunning: { channel in await listening(channel.localAddress?.port ?? configuration.port) },
            logger: quiet)
        try await application.run()
    }

    /// Stops taking work: readiness turns false, connections end with their next answer, streams end. Waits
    /// for the requests under way.
    /// - Returns: how many were still under way when patience ran out.
    package func drain(within patience: Duration) async -> Int {
        door.occupancy.startDraining()
        let end = ContinuousClock.now + patience
        while door.occupancy.held(.requests) > 0, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        return door.occupancy.held(.requests)
    }
}

/// Hummingbird's HTTP/1.1 connection with our guard between its parser and its server.
private struct GuardedChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let bounds: GatewayBounds
    private let occupancy: Occupancy

    init(responder: @escaping HTTP1Channel.Responder, bounds: GatewayBounds, occupancy: Occupancy) {
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: bounds.headerBytesMax, maxHeaderListSize: bounds.headerBytesMax,
                    maxHeaderFieldCount: bounds.headerFieldsMax)))
        self.bounds = bounds
        self.occupancy = occupancy
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                ConnectionGuard(bounds: bounds, occupancy: occupancy), position: .after(parser))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
