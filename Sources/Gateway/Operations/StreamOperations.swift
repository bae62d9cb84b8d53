// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdCore
import Ledger
import NIOCore

/// Server-sent events: what becomes final, as it does.
///
/// No more than one block is held: each stream remembers one height, waits for it, reads it, and writes it
/// when the receiver has taken what came before. A slow receiver delays itself alone; one that comes back
/// with `Last-Event-ID` misses nothing.
/// - Spec: API-14.
enum StreamOperations {
    static let all: [Operation] = [blocks, events]

    static let eventsID = "streamEvents"
    private static let type = "text/event-stream"

    private static let resume = Operation.Parameter(
        name: "Last-Event-ID", place: .header, type: "string",
        description: "height:index of the last event received")

    private static let from = Operation.Parameter(
        name: "from", place: .query, type: "integer",
        description: "The first height; the next one to come if absent")

    private static let blocks = Operation(
        "streamBlocks", .get, "/v1/chains/{chain}/blocks/stream", summary: "Final blocks as they come",
        parameters: [ChainOperations.chainParameter, from, resume],
        answers: [.init(status: 200, contentType: type, description: "Events named block")],
        problems: [400, 404, 429]
    ) { call in
        let chain = try await call.chain()
        let start = try await start(call, chain, past: true)
        return try stream(call, chain, from: start.height, stage: .final) { height in
            guard let block = try await chain.block(at: height) else { return nil }
            var json = JSONWriter(reserving: 2_048)
            block.write(to: &json)
            return [event("block", id: "\(height.value):0", json.bytes)]
        }
    }

    private static let events = Operation(
        eventsID, .get, "/v1/chains/{chain}/events/stream",
        summary: "Events of contracts as they are executed",
        parameters: [
            ChainOperations.chainParameter, from, resume,
            .init(
                name: "contract", place: .query, type: "string", description: "Only events of this contract"),
            .init(name: "name", place: .query, type: "string", description: "Only events of this name"),
        ],
        answers: [.init(status: 200, contentType: type, description: "Events named event")],
        problems: [400, 404, 429]
    ) { call in
        let chain = try await call.chain()
        let contract = try call.query("contract")
        let name = try call.query("name")
        let start = try await start(call, chain, past: false)
        return try stream(call, chain, from: start.height, stage: .executed) { height in
            guard let receipts = try await chain.receipts(at: height) else { return nil }
            var readable: [Label: Bool] = [:]
            var told: [ByteBuffer] = []
            var index = 0
            for receipt in receipts {
                for found in receipt.outcome.events {
                    defer { index += 1 }
                    if height == start.height, index < start.index { continue }
                    if contract.map({ $0 != found.contract.text }) ?? false { continue }
                    if name.map({ $0 != found.name.text }) ?? false { continue }
                    // A contract may be narrower than its chain.
                    if readable[found.contract] == nil {
                        readable[found.contract] = await call.maySee(found.contract, on: chain)
                    }
                    guard readable[found.contract] == true else { continue }
                    told.append(event("event", id: "\(height.value):\(index)", json(found, receipt, index)))
                }
            }
            return told
        }
    }

    private static func json(_ event: Event, _ receipt: Receipt, _ index: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.object { writer in
            writer.field("height", receipt.height)
            writer.field("index", index)
            writer.field("transaction", receipt.transaction)
            event.write(fields: &writer)
        }
        return writer.bytes
    }

    /// Where a stream begins: after the last event received, at `from`, or with what comes next.
    private static func start(
        _ call: Call, _ chain: any ChainAccess, past wholeHeight: Bool
    ) async throws -> (height: Height, index: Int) {
        if let last = call.request.headers[.lastEventID] {
            let parts = last.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Problem(.malformedRequest, "Last-Event-ID is not height:index")
            }
            let height = Height(
                try Call.number(String(parts[0]), "Last-Event-ID's height", max: Height.max - 1))
            let index = Int(try Call.number(String(parts[1]), "Last-Event-ID's index", max: 1 << 32))
            return wholeHeight ? (height.next, 0) : (height, index + 1)
        }
        if let from = try call.height("from") { return (from, 0) }
        let status = await chain.status()
        return ((wholeHeight ? status.height : status.executed).next, 0)
    }

    private static func event(_ name: String, id: String, _ json: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.count + 64)
        buffer.writeString("id: \(id)\nevent: \(name)\ndata: ")
        buffer.writeBytes(json)
        buffer.writeString("\n\n")
        return buffer
    }

    /// Answers with a stream that ends when its receiver goes, the door closes, or the chain fails.
    private static func stream(
        _ call: Call, _ chain: any ChainAccess, from first: Height, stage: Stage,
        _ tell: @escaping @Sendable (Height) async throws -> [ByteBuffer]?
    ) throws(Problem) -> Response {
        let occupancy = call.door.occupancy
        guard occupancy.take(.streams) else {
            throw Problem(.tooManyRequests, "as many streams as the gateway keeps are open")
        }
        let place = StreamPlace(occupancy)
        let bounds = call.door.configuration.bounds
        let contract = try call.contractInQuestion()
        let body = ResponseBody { writer in
            defer { place.leave() }
            try await writer.write(ByteBuffer(string: ": from \(first.value)\n\n"))
            var height = first
            var (spoken, looked) = (ContinuousClock.now, ContinuousClock.now)
            while !Task.isCancelled, !occupancy.isDraining {
                let pause = min(bounds.heartbeat, bounds.rightsLook)
                let isThere = await chain.wait(for: height, to: stage, within: pause)
                if ContinuousClock.now - looked >= bounds.rightsLook {
                    guard await call.stillHolds(for: chain, contract) else { break }
                    looked = .now
                }
                guard isThere else {
                    // A chain that has stopped here does not wait.
                    try? await Task.sleep(for: .milliseconds(10))
                    if ContinuousClock.now - spoken >= bounds.heartbeat {
                        try await writer.write(ByteBuffer(string: ":\n\n"))
                        spoken = .now
                    }
                    continue
                }
                spoken = .now
                guard let told = try await tell(height), let next = height.advanced(by: 1) else { break }
                try await writer.write(contentsOf: told)
                height = next
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
    }
}

/// A stream's place, given back once: when its body ends, or when the body is dropped unwritten (a HEAD
/// request).
private final class StreamPlace: Sendable {
    private let occupancy: Occupancy

    init(_ occupancy: Occupancy) { self.occupancy = occupancy }

    deinit { occupancy.give(.streams) }

    /// Keeps the place alive up to here; `deinit` gives it back.
    func leave() {}
}
