// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import Glibc
import Hosting
import Ledger
import RocksStorage
import ShangMi
import Storage

/// One run of `bench chain`: the node, the load, and what is found when both are done.
struct ChainBench: Sendable {
    /// Batch numbers of the three loads, far apart, so that no two deposits are alike.
    private enum FirstNumber {
        static let prefill = 0
        static let measured = 1 << 32
        static let paced = 1 << 33
    }

    static let perSecond = 50
    /// Identifiers looked up at once when reading back.
    private static let lookupMax = 10_000

    let folder: String
    let seconds: Int
    let transactions: Int
    let size: Int
    let records: Int
    let batchSize: Int
    let concurrency: Int
    let lowLoadSeconds: Int
    let terminal: Terminal

    func run() async throws -> ChainFigures {
        let signers = DepositMill.signers(seed: UInt64.random(in: .min ... .max))
        let members = "\(folder)/members"
        let lines = signers.map { $0.publicKey.x.hex + $0.publicKey.y.hex + "\n" }.joined()
        try DataDirectory.write([UInt8](lines.utf8), to: members)
        let node = try await BenchNode.start(data: folder, members: members)
        let folder = folder
        // Stopped by hand: the node is a process of its own and would stay.
        let guardian = Task {
            await StopSignal.wait()
            kill(node.id, SIGKILL)
            try? FileManager.default.removeItem(atPath: folder)
            Foundation.exit(130)
        }
        defer { guardian.cancel() }
        do {
            var figures = try await measure(node, signers: signers)
            await node.stop()
            terminal.note(phrase("starting the node again…", zh: "重新启动节点…"))
            let again = try await BenchNode.start(data: folder, members: members)
            figures.restartSeconds = again.startSeconds
            figures.restartResidentBytes = again.figures.residentBytes
            await again.stop()
            try readBack(&figures)
            return figures
        } catch {
            kill(node.id, SIGKILL)
            throw error
        }
    }

    // MARK: Against the running node

    private func measure(_ node: BenchNode, signers: [SM2.ThrowAwaySigner]) async throws -> ChainFigures {
        var options = NodeClient.Options()
        options.connectionsMax = concurrency + 64
        let client: NodeClient
        do { client = try NodeClient(node.url, options: options) } catch { throw Failure(error) }
        let anchor = try await Failure.naming { () async throws(ClientError) in
            try await client.trustAnchor("main")
        }
        let status = try await Failure.naming { () async throws(ClientError) in try await client.status() }
        let mill = try DepositMill(
            signers: signers, chain: anchor.chain, size: size, seed: UInt64.random(in: .min ... .max))
        let load = ChainLoad(
            client: client, chain: "main", mill: mill, batchSize: batchSize, concurrency: concurrency)
        var figures = ChainFigures()
        figures.paths = status.paths.map { ($0.algorithm, $0.path) }
        figures.transactionBytes = mill.transactionBytes
        if records > 0 { figures.prefilled = try await prefill(load) }
        try await full(load, node, &figures)
        if lowLoadSeconds > 0 { try await low(load, &figures) }
        await client.close()
        return figures
    }

    /// Deposits that only make the state large; signed while they are sent.
    private func prefill(_ load: ChainLoad) async throws -> Int {
        let bar = ProgressBar(
            terminal, label: phrase("prefilling", zh: "预填"), unit: .items, total: Double(records))
        defer { bar.finish() }
        let size = batchSize
        let mill = load.mill
        let chain = load.client
        let tip = try await Failure.naming { () async throws(ClientError) in try await chain.chain("main") }
            .height
        let outcome = try await load.run((records + size - 1) / size, keepsNames: false, bar: bar) { number in
            mill.batch(FirstNumber.prefill + number, count: size, tip: tip)
        }
        return outcome.acknowledgedCount
    }

    private func full(_ load: ChainLoad, _ node: BenchNode, _ figures: inout ChainFigures) async throws {
        let client = load.client
        let tip = try await Failure.naming { () async throws(ClientError) in try await client.chain("main") }
            .height
        let batches = await sign(load.mill, tip: tip)
        let bar = ProgressBar(
            terminal, label: phrase("sending", zh: "发送"), unit: .items, total: Double(transactions))
        let before = node.figures
        let loadBefore = ProcessFigures(of: getpid())
        let outcome = try await load.run(
            batches.count, deadline: .now + .seconds(seconds), keepsNames: true, bar: bar
        ) { batches[$0] }
        let after = node.figures
        bar.finish()
        figures.offered = outcome.offered
        figures.refused = outcome.refused
        figures.firstRefusal = outcome.firstRefusal
        figures.acknowledged = outcome.acknowledged
        figures.seconds = outcome.finalSeconds
        figures.executedSeconds = outcome.executedSeconds
        figures.final = Latencies(outcome.milliseconds)
        figures.nodeSeconds = after.cpuSeconds - before.cpuSeconds
        figures.loadSeconds = ProcessFigures(of: getpid()).cpuSeconds - loadBefore.cpuSeconds
        figures.threads = ThreadShares(from: before, to: after)
        figures.residentBytes = after.residentBytes
        figures.residentPeakBytes = after.residentPeakBytes
    }

    /// Signs all batches, on every core.
    private func sign(_ mill: DepositMill, tip: Height) async -> [DepositMill.Batch] {
        let bar = ProgressBar(
            terminal, label: phrase("signing", zh: "签名"), unit: .items, total: Double(transactions))
        defer { bar.finish() }
        let count = (transactions + batchSize - 1) / batchSize
        let size = batchSize
        let workers = max(1, ProcessInfo.processInfo.activeProcessorCount)
        var batches = [DepositMill.Batch?](repeating: nil, count: count)
        await withTaskGroup(of: (Int, DepositMill.Batch).self) { group in
            var next = 0
            func begin() {
                guard next < count else { return }
                let number = next
                next += 1
                group.addTask { (number, mill.batch(FirstNumber.measured + number, count: size, tip: tip)) }
            }
            for _ in 0..<2 * workers { begin() }
            for await (number, batch) in group {
                batches[number] = batch
                bar.advance(by: Double(batch.count))
                begin()
            }
        }
        return batches.compactMap { $0 }
    }

    private func low(_ load: ChainLoad, _ figures: inout ChainFigures) async throws {
        terminal.note(
            phrase(
                "\(ChainBench.perSecond) a second, twice \(lowLoadSeconds) s…",
                zh: "每秒 \(ChainBench.perSecond) 笔，两段各 \(lowLoadSeconds) 秒…"))
        let final = try await load.pace(
            perSecond: ChainBench.perSecond, seconds: lowLoadSeconds, wait: .final,
            firstNumber: FirstNumber.paced)
        let attested = try await load.pace(
            perSecond: ChainBench.perSecond, seconds: lowLoadSeconds, wait: .attested,
            firstNumber: FirstNumber.paced + ChainBench.perSecond * lowLoadSeconds)
        figures.lowFinal = final.latencies
        figures.lowAttested = attested.latencies
        figures.acknowledged += final.acknowledged + attested.acknowledged
    }

    // MARK: In what the node left behind

    private func readBack(_ figures: inout ChainFigures) throws {
        let directory = DataDirectory("\(folder)/node")
        do throws(StoreError) {
            let store = try RocksStore(path: directory.store("main", node: 0))
            let blocks = BlockStore(store)
            let bar = ProgressBar(
                terminal, label: phrase("reading back", zh: "回读"), unit: .items,
                total: Double(figures.acknowledged.count))
            for start in stride(from: 0, to: figures.acknowledged.count, by: ChainBench.lookupMax) {
                let end = min(start + ChainBench.lookupMax, figures.acknowledged.count)
                let known = try blocks.areKnown(Array(figures.acknowledged[start..<end]))
                figures.lost += known.count { !$0 }
                bar.advance(by: Double(known.count))
            }
            bar.finish()
            terminal.note(phrase("compacting…", zh: "压实存储…"))
            try store.compact()
            try store.close()
        } catch { throw Failure(HostFailure(error)) }
        figures.diskBytes = ChainBench.bytes(below: directory.chain("main", node: 0))
    }

    /// Sizes of all files, added up.
    private static func bytes(below folder: String) -> UInt64 {
        let files = FileManager.default
        return (files.subpaths(atPath: folder) ?? []).reduce(0) { sum, path in
            let attributes = try? files.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
            return sum + ((attributes?[.size] as? NSNumber)?.uint64Value ?? 0)
        }
    }
}
