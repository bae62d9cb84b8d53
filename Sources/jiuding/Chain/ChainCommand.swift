// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Ledger

/// A chain as one node sees it, and the re-checking of what is stored here.
struct ChainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain",
        abstract: phrase(
            "Look at a chain: status, blocks, transactions, trust; re-check a store.",
            zh: "查看链：状态、区块、交易、信任锚；复核存储。"),
        subcommands: [
            ChainStatusCommand.self, ChainBlocks.self, ChainBlock.self, ChainTransaction.self, ChainTrust.self,
            ChainVerify.self, ChainFaults.self, ChainSnapshotCommand.self, ChainRestoreCommand.self,
            ChainArchiveCommand.self,
        ])
}

/// Says where a chain stands.
struct ChainStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: phrase("Where the chain and the node stand.", zh: "链与节点的当前状态。"),
        discussion: phrase("Example: jiuding chain status", zh: "示例：jiuding chain status"))

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let name = node.chain
        let (chain, status) = try await Failure.naming { () async throws(ClientError) in
            (try await client.chain(name), try await client.status())
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(ChainView.json(chain, node: status, url: client.node))
        terminal.say(pairs: ChainView.pairs(chain, node: status, url: client.node))
        // A halted chain answers, but the answer to "is it well?" is no.
        if chain.halted != nil { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}

/// Lists the newest blocks.
struct ChainBlocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract: phrase("List blocks, the newest by default.", zh: "列出区块，默认最新若干。"),
        discussion: phrase("Example: jiuding chain blocks --limit 5", zh: "示例：jiuding chain blocks --limit 5"))

    @Option(
        help: ArgumentHelp(
            phrase("The first height; default so that the newest is last.", zh: "起始高度；默认列到最新区块。"), valueName: "height"))
    var from: UInt64?

    @Option(help: ArgumentHelp(phrase("At most so many, up to 1000.", zh: "至多条数，不超过 1000。"), valueName: "n"))
    var limit = 10

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        guard (1...1000).contains(limit), from ?? 0 <= Height.max else {
            throw Failure.usage(
                phrase("--limit is 1 to 1000", zh: "--limit 为 1 到 1000"), fix: phrase("ask in parts", zh: "请分次查询"))
        }
        let client = try node.client()
        let (name, limit, from) = (node.chain, limit, from)
        let blocks = try await Failure.naming { () async throws(ClientError) in
            var first = from
            if first == nil {
                let tip = try await client.chain(name).height.value
                first = tip >= UInt64(limit) ? tip - UInt64(limit) + 1 : 0
            }
            return try await client.blocks(name, from: Height(first ?? 0), limit: limit)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(["chain": .text(name), "blocks": .list(blocks.map { BlockView.json($0) })])
        var table = TableLayout([
            .init(phrase("height", zh: "高度"), .right), .init(phrase("time (UTC)", zh: "时间（UTC）")),
            .init(phrase("transactions", zh: "交易数"), .right), .init(phrase("proposer", zh: "提议者"), .right),
            .init(phrase("signers", zh: "签名数"), .right), .init(phrase("block", zh: "区块")),
        ])
        for block in blocks {
            table.add([
                "\(block.header.height.value)", String(block.header.timestamp.rfc3339.dropLast()),
                "\(block.header.transactionCount)", "\(block.header.proposer.value)",
                "\(block.certificate?.signatures.count ?? 0)", block.id.hex.shortened,
            ])
        }
        terminal.say(table)
    }
}

/// Shows one block with its transactions.
struct ChainBlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: phrase("Show one block.", zh: "查看一个区块。"),
        discussion: phrase("Example: jiuding chain block 1024", zh: "示例：jiuding chain block 1024"))

    @Argument(help: ArgumentHelp(phrase("The block's height.", zh: "区块高度。")))
    var height: UInt64

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        guard height <= Height.max else {
            throw Failure.usage(
                phrase("no chain is that high", zh: "没有这样的高度"), fix: phrase("give a height", zh: "请给出高度"))
        }
        let client = try node.client()
        let (name, place) = (node.chain, Height(height))
        let block = try await Failure.naming { () async throws(ClientError) in try await client.block(name, at: place) }
        await client.close()
        let terminal = output.terminal
        terminal.emit(BlockView.json(block))
        for line in ReceiptTree("block", block.header).lines() { terminal.say(line) }
        if let certificate = block.certificate {
            for line in ReceiptTree("certificate", certificate).lines() { terminal.say(line) }
        }
        for (index, id) in block.transactions.enumerated() { terminal.say("  \(index)  \(id.hex)") }
    }
}

/// Shows one transaction and how far it has got.
struct ChainTransaction: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tx",
        abstract: phrase("Show one transaction.", zh: "查看一笔交易。"),
        discussion: phrase("Example: jiuding chain tx 9f3a…", zh: "示例：jiuding chain tx 9f3a…"))

    @Argument(help: ArgumentHelp(phrase("The transaction's identifier, 64 hexadecimal digits.", zh: "交易标识，64 位十六进制。")))
    var id: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        guard let transaction = TransactionID(hex: id) else { throw Identified.failure("ID", id) }
        let client = try node.client()
        let name = node.chain
        let answer = try await Failure.naming { () async throws(ClientError) in
            try await client.transaction(name, transaction)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(TransactionView.json(answer))
        terminal.say(pairs: TransactionView.pairs(answer))
    }
}
