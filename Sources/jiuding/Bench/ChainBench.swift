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
import Synchronization

/// One run of `bench chain`: the network, the load, and what is found when both are done.
struct ChainBench: Sendable {
    /// Batch numbers of the three loads, far apart, so that no two deposits are alike.
    enum FirstNumber {
        static let prefill = 0
        static let measured = 1 << 32
        static let paced = 1 << 33
        static let missed = 1 << 34
        static let away = 1 << 35
        static let steady = 1 << 36
    }

    static let perSecond = 50
    /// Identifiers looked up at once when reading back.
    private static let lookupMax = 10_000

    let folder: String
    let validators: Int
    /// Whether the last validator is killed half-way.
    let kills: Bool
    /// Deposits the last validator misses before it is started again; 0 leaves that part out.
    let behind: Int
    /// Whether that one then has a core to itself.
    let ownCore: Bool
    let seconds: Int
    let transactions: Int
    let size: Int
    let records: Int
    let batchSize: Int
    let concurrency: Int
    let lowLoadSeconds: Int
    /// Members in all; fewer than the load's senders and the founding admin are not to be had.
    var members = 0
    /// How many of them send.
    var senders = DepositMill.keysMin
    /// Policies that are set before the load begins.
    var policies = 0
    /// The contract that takes the deposits instead of the platform's own.
    var registry: BenchCode?
    /// What each deposit puts aside for that contract.
    var purse = DepositMill.purse
    /// What is published and deployed under a steady load.
    var newcomer: BenchCode?
    let terminal: Terminal

    func run() async throws -> ChainFigures {
        // All but the founding admin could send.
        let signers = DepositMill.signers(seed: try seed(), atLeast: self.members - 1)
        let members = "\(folder)/members"
        let lines = signers.map { $0.publicKey.x.hex + $0.publicKey.y.hex + "\n" }.joined()
        try DataDirectory.write([UInt8](lines.utf8), to: members)
        let folder = folder
        // Stopped by hand: the nodes end with us, by the end of their stdin; their files would stay.
        let guardian = Task {
            await StopSignal.wait()
            try? FileManager.default.removeItem(atPath: folder)
            Foundation.exit(130)
        }
        defer { guardian.cancel() }
        let network = try await BenchNetwork.start(data: folder, members: members, validators: validators)
        do {
            if policies > 0 { try await ChainCrowd.setPolicies(policies, on: network, folder: folder) }
            if let first = try registry ?? (newcomer == nil ? nil : BenchCode.small()) {
                let pen = try network.pen(folder: folder)
                try await first.deploy(with: pen)
                await pen.client.close()
            }
            var figures = try await measure(network, signers: signers)
            await network.stop()
            terminal.note(phrase("starting the network again…", zh: "重新启动网络…"))
            let again = try await BenchNetwork.start(data: folder, members: members, validators: validators)
            figures.restartSeconds = again.startSeconds
            figures.restartResidentBytes = again.figures.map(\.residentBytes).max() ?? 0
            try await untilEven(again)
            await again.stop()
            try readBack(&figures)
            return figures
        } catch {
            network.killAll()
            throw error
        }
    }

    /// Of the keys that send: that of the run which left this folder, or a new one, noted down for runs to come.
    private func seed() throws -> UInt64 {
        let path = "\(folder)/\(ChainBench.seedFile)"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            guard let seed = UInt64(text) else { throw ChainBench.foreign(folder) }
            return seed
        }
        let seed = UInt64.random(in: .min ... .max)
        try DataDirectory.write([UInt8](String(seed).utf8), to: path)
        return seed
    }

    static let seedFile = "seed"

    /// A folder that no run of this bench has left.
    static func foreign(_ folder: String) -> Failure {
        Failure.usage(
            phrase("\(folder) was not left by bench chain --keep", zh: "\(folder) 不是 bench chain --keep 留下的目录"),
            fix: phrase("name one that was", zh: "请指定其留下的目录"))
    }

    /// Waits until every node has executed what the highest has.
    private func untilEven(_ network: BenchNetwork) async throws {
        let clients = try network.nodes.map { try client($0.url) }
        for _ in 0..<1_200 {
            var heights: [Height] = []
            for client in clients {
                let chain = try await Failure.naming { () async throws(ClientError) in try await client.chain("main") }
                heights.append(min(chain.executed, chain.height))
            }
            if Set(heights).count == 1 { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        for client in clients { await client.close() }
    }

    // MARK: Against the running network

    private func client(_ url: String) throws -> NodeClient {
        var options = NodeClient.Options()
        options.connectionsMax = concurrency + 64
        do { return try NodeClient(url, options: options) } catch { throw Failure(error) }
    }

    private func measure(_ network: BenchNetwork, signers: [SM2.ThrowAwaySigner]) async throws -> ChainFigures {
        let clients = try network.nodes.map { try client($0.url) }
        let witness = clients[0]
        let anchor = try await Failure.naming { () async throws(ClientError) in
            try await witness.trustAnchor("main")
        }
        let status = try await Failure.naming { () async throws(ClientError) in try await witness.status() }
        let mill = try DepositMill(
            signers: Array(signers.prefix(senders)), chain: anchor.chain, size: size,
            seed: UInt64.random(in: .min ... .max),
            registry: registry?.name, purse: purse)
        let load = ChainLoad(
            clients: clients, chain: "main", mill: mill, batchSize: batchSize, concurrency: concurrency)
        var figures = ChainFigures()
        figures.validators = validators
        figures.paths = status.paths.map { ($0.algorithm, $0.path) }
        figures.transactionBytes = mill.transactionBytes
        if records > 0 { figures.prefilled = try await prefill(load) }
        if lowLoadSeconds > 0 { try await low(load, &figures) }
        try await full(load, network, &figures)
        if let newcomer { try await deploy(newcomer, load, network, &figures) }
        if behind > 0 { try await fallBehind(load, network, &figures) }
        for client in clients { await client.close() }
        return figures
    }

    /// Deposits that only make the state large; signed while they are sent.
    private func prefill(_ load: ChainLoad) async throws -> Int {
        let bar = ProgressBar(
            terminal, label: phrase("prefilling", zh: "预填"), unit: .items, total: Double(records))
        defer { bar.finish() }
        let size = batchSize
        let mill = load.mill
        let chain = load.clients[0]
        let tip = try await Failure.naming { () async throws(ClientError) in try await chain.chain("main") }
            .height
        let outcome = try await load.run((records + size - 1) / size, keepsNames: false, bar: bar) { number in
            mill.batch(FirstNumber.prefill + number, count: size, tip: tip)
        }
        return outcome.acknowledgedCount
    }

    private func full(_ load: ChainLoad, _ network: BenchNetwork, _ figures: inout ChainFigures) async throws {
        let witness = load.clients[0]
        let tip = try await Failure.naming { () async throws(ClientError) in try await witness.chain("main") }
            .height
        let batches = await sign(load.mill, transactions, from: FirstNumber.measured, tip: tip)
        let bar = ProgressBar(
            terminal, label: phrase("sending", zh: "发送"), unit: .items, total: Double(transactions))
        let before = network.figures
        let loadBefore = ProcessFigures(of: getpid())
        let half = batches.count / 2
        let victim = kills ? network.nodes.last : nil
        let killed = Mutex<Timestamp?>(nil)
        let outcome = try await load.run(
            batches.count, deadline: .now + .seconds(seconds), keepsNames: true, bar: bar
        ) { number in
            if number == half, let victim {
                kill(victim.id, SIGKILL)
                killed.withLock { $0 = HostClock.wall }
            }
            return batches[number]
        }
        let after = network.figures
        bar.finish()
        figures.offered = outcome.offered
        figures.refused = outcome.refused
        figures.firstRefusal = outcome.firstRefusal
        figures.acknowledged += outcome.acknowledged
        figures.seconds = outcome.finalSeconds
        figures.executedSeconds = outcome.executedSeconds
        figures.final = Latencies(outcome.milliseconds)
        figures.nodeSeconds = zip(before, after).map { max(0, $1.cpuSeconds - $0.cpuSeconds) }
        figures.loadSeconds = ProcessFigures(of: getpid()).cpuSeconds - loadBefore.cpuSeconds
        figures.threads = zip(before, after).map { ThreadShares(from: $0, to: $1) }
        figures.residentBytes = after.map(\.residentBytes)
        figures.residentPeakBytes = after.map(\.residentPeakBytes)
        if let moment = killed.withLock({ $0 }) {
            figures.gaps = try await BlockGaps.read(from: witness, above: tip, after: moment)
        }
    }

    /// Deploys a contract while deposits keep coming, a thousand a second: ten seconds before it, and twenty from then
    /// on. What a chain does that is busier than its machine shows nothing: there a block waits for the one before.
    private func deploy(
        _ newcomer: BenchCode, _ load: ChainLoad, _ network: BenchNetwork, _ figures: inout ChainFigures
    ) async throws {
        terminal.note(
            phrase(
                "deploying \(newcomer.module.count) bytes among 1,000 deposits a second, 30 s…",
                zh: "在每秒 1000 笔存证中部署 \(newcomer.module.count) 字节，30 秒…"))
        let witness = load.clients[0]
        let pen = try network.pen(folder: folder)
        let (beginning, begins) = AsyncStream.makeStream(of: Void.self)
        async let paced = load.pace(
            perSecond: 20, of: 50, seconds: 30, wait: .final, firstNumber: FirstNumber.steady
        ) { begins.finish() }
        // The pause until they were signed is none of the chain's.
        for await _ in beginning {}
        try await Task.sleep(for: .seconds(1))
        let tip = try await Failure.naming { () async throws(ClientError) in try await witness.chain("main") }.height
        try await Task.sleep(for: .seconds(9))
        let moment = HostClock.wall
        try await newcomer.deploy(with: pen, after: 40)
        figures.deployedSeconds = Double(HostClock.wall.value - moment.value) / 1000
        figures.deploymentRequestsFinal = try await paced.acknowledged.count
        await pen.client.close()
        figures.gaps = try await BlockGaps.read(from: witness, above: tip, after: moment)
    }

    private func fallBehind(
        _ load: ChainLoad, _ network: BenchNetwork, _ figures: inout ChainFigures
    ) async throws {
        let others = ChainLoad(
            clients: Array(load.clients.dropLast()), chain: load.chain, mill: load.mill, batchSize: load.batchSize,
            concurrency: load.concurrency)
        let witness = others.clients[0]
        let tip = try await Failure.naming { () async throws(ClientError) in try await witness.chain("main") }.height
        let batches = await sign(load.mill, behind, from: FirstNumber.missed, tip: tip)
        let bar = ProgressBar(
            terminal, label: phrase("falling behind", zh: "落后"), unit: .items, total: Double(behind))
        let (catchingUp, acknowledged) = try await CatchingUp.measure(
            network, others, batches, core: ownCore ? OwnCore() : nil, folder: folder, bar: bar)
        bar.finish()
        figures.catchingUp = catchingUp
        figures.acknowledged += acknowledged
    }

    /// Signs all batches, on every core.
    private func sign(
        _ mill: DepositMill, _ total: Int, from first: Int, tip: Height
    ) async -> [DepositMill.Batch] {
        let bar = ProgressBar(terminal, label: phrase("signing", zh: "签名"), unit: .items, total: Double(total))
        defer { bar.finish() }
        let count = (total + batchSize - 1) / batchSize
        let size = batchSize
        let workers = max(1, ProcessInfo.processInfo.activeProcessorCount)
        var batches = [DepositMill.Batch?](repeating: nil, count: count)
        await withTaskGroup(of: (Int, DepositMill.Batch).self) { group in
            var next = 0
            func begin() {
                guard next < count else { return }
                let number = next
                next += 1
                group.addTask { (number, mill.batch(first + number, count: size, tip: tip)) }
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

    // MARK: In what the network left behind

    private func readBack(_ figures: inout ChainFigures) throws {
        let directory = DataDirectory("\(folder)/network")
        let bar = ProgressBar(
            terminal, label: phrase("reading back", zh: "回读"), unit: .items,
            total: Double(figures.acknowledged.count * validators))
        do throws(StoreError) {
            for node in 0..<validators {
                let store = try RocksStore(path: directory.store("main", node: node))
                let blocks = BlockStore(store)
                for start in stride(from: 0, to: figures.acknowledged.count, by: ChainBench.lookupMax) {
                    let end = min(start + ChainBench.lookupMax, figures.acknowledged.count)
                    let known = try blocks.areKnown(Array(figures.acknowledged[start..<end]))
                    figures.lost += known.count { !$0 }
                    bar.advance(by: Double(known.count))
                }
                if node == 0 {
                    figures.failed = try ChainBench.failures(in: blocks)
                    try store.compact()
                }
                try store.close()
            }
        } catch { throw Failure(HostFailure(error)) }
        bar.finish()
        figures.diskBytes = ChainBench.bytes(below: directory.chain("main", node: 0))
    }

    /// What failed was cheap to execute: a figure is of deposits only where this is 0.
    private static func failures(in blocks: BlockStore<RocksStore>) throws(StoreError) -> Int {
        var failures = 0
        guard let tip = try blocks.executedTip()?.height else { return 0 }
        for height in 1...max(1, tip.value) {
            let record = try blocks.heightRecord(at: Height(height))
            failures += record?.outcomes.count { !$0.code.isSuccess } ?? 0
        }
        return failures
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
