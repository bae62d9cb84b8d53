// SPDX-License-Identifier: Apache-2.0
import Bedrock
import HTTPTypes
import HummingbirdCore
import Ledger

/// Where chains stand and what blocks they have.
/// - Spec: API-6, API-7, API-9.
enum ChainOperations {
    static let all: [Operation] = [chains, chain, trust, blocks, block]

    static let chainParameter = Operation.Parameter(
        name: "chain", place: .path, type: "string",
        description: "A chain's name, or its identifier in hexadecimal")

    private static let chains = Operation(
        "listChains", .get, "/v1/chains", summary: "The chains this node serves, and where each stands",
        answers: [.init(status: 200, contentType: "application/json", description: "The chains")]
    ) { call in
        var statuses: [(any ChainAccess, ChainStatus)] = []
        for chain in await call.door.node.chains where await call.maySee(Call.wholeChain, on: chain, isTold: true) {
            statuses.append((chain, await chain.status()))
        }
        return Call.json(reserving: 8_192) { writer in
            writer.object { writer in
                writer.field("chains", list: statuses) { writer, item in
                    item.1.write(to: &writer, name: item.0.name, id: item.0.id)
                }
            }
        }
    }

    private static let chain = Operation(
        "getChain", .get, "/v1/chains/{chain}", summary: "Where a chain stands",
        parameters: [chainParameter],
        answers: [.init(status: 200, contentType: "application/json", description: "The chain")],
        problems: [404]
    ) { call in
        let chain = try await call.chain()
        let status = await chain.status()
        return Call.json(reserving: 4_096) { status.write(to: &$0, name: chain.name, id: chain.id) }
    }

    private static let trust = Operation(
        "getTrustAnchor", .get, "/v1/chains/{chain}/trust",
        summary: "The founding committee, signed by itself: what offline verification starts from",
        parameters: [chainParameter],
        answers: [.init(status: 200, contentType: "application/octet-stream", description: "A *.trust file")],
        problems: [404]
    ) { call in
        let chain = try await call.chain()
        return Call.bytes(await chain.trustAnchor().encoded, "application/octet-stream")
    }

    private static let blocks = Operation(
        "listBlocks", .get, "/v1/chains/{chain}/blocks",
        summary: "Final blocks in rising order, headers with certificates",
        parameters: [
            chainParameter,
            .init(name: "from", place: .query, type: "integer", description: "The first height; 0 if absent"),
            .init(
                name: "limit", place: .query, type: "integer",
                description: "How many, 1 to 1000; 100 if absent"),
            .init(
                name: "cursor", place: .query, type: "string",
                description: "Where the page before this one ended"),
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The blocks")],
        problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        // The cursor is the next height; callers are told it is opaque.
        let from = try call.height("cursor") ?? call.height("from") ?? .zero
        let blocks = try await chain.blocks(from: from, limit: limit)
        let next = blocks.count == limit ? blocks.last?.header.height.advanced(by: 1) : nil
        return Call.json(reserving: 1_024 + 2_048 * blocks.count) { writer in
            writer.object { writer in
                writer.field("blocks", list: blocks) { $1.write(to: &$0) }
                writer.field("cursor", next) { $0.value("\($1.value)") }
            }
        }
    }

    private static let block = Operation(
        "getBlock", .get, "/v1/chains/{chain}/blocks/{height}",
        summary: "A final block: header, certificate and the identifiers of its transactions",
        parameters: [
            chainParameter,
            .init(name: "height", place: .path, type: "integer", description: "The block's height"),
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The block")],
        problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let height = Height(try Call.number(try call.path("height"), "height", max: Height.max))
        guard let block = try await chain.block(at: height) else {
            throw Problem(.notFound, "no block of height \(height.value) is final yet")
        }
        return Call.json(reserving: 2_048 + 70 * block.transactions.count) { block.write(to: &$0) }
    }
}
