// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Gateway
import Glibc
import Hosting
import KeyCustody
import Ledger
import ShangMi

/// Starts a local network in the foreground, a process for each node, making keys, certificates and chain where there
/// are none.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: phrase("Start a local network, in the foreground.", zh: "在前台启动本地网络。"),
        discussion: phrase(
            "Four validators of four organisations, one process each, linked by TLCP. The first start makes "
                + "development keys, certificates, the chain and its trust anchor under --data, and soon after it "
                + "deploys four contracts: \(ShippedTemplates.deployed.joined(separator: ", ")). Later starts go on. "
                + "Ctrl-C stops cleanly.\n\nExample: jiuding up --data ./data --port 8600",
            zh: "四个机构的四个验证节点，各为一个进程，以 TLCP 互联。首次启动会在 --data 下生成开发密钥、证书、链和信任锚，"
                + "随后部署四个合约：\(ShippedTemplates.deployed.joined(separator: "、"))；以后启动则继续运行。"
                + "按 Ctrl-C 干净地停止。\n\n示例：jiuding up --data ./data --port 8600"
        ))

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @Option(
        help: ArgumentHelp(
            phrase("Validators, 1 to 16; of a new network 4.", zh: "验证节点数，1 到 16；新网络默认 4。"), valueName: "n"))
    var validators: Int?

    @Option(
        help: ArgumentHelp(
            phrase(
                "Observers beside them, 0 to 4: nodes that follow and serve without a vote; of a new network 0.",
                zh: "观察节点数，0 到 4：同步并提供服务但不投票；新网络默认 0。"), valueName: "n"))
    var observers: Int?

    @Option(
        help: ArgumentHelp(
            phrase(
                "Port of the first gateway, the others follow; 0 takes free ones. New: 8600, else as before.",
                zh: "第一个网关的端口，其余依次递增；0 表示自动选择。新网络默认 8600，否则沿用。"),
            valueName: "port"))
    var port: Int?

    @Option(
        help: ArgumentHelp(
            phrase(
                "Port of the first node's links, the others follow. New: 8700, else as before.",
                zh: "第一个节点的互联端口，其余依次递增。新网络默认 8700，否则沿用。"),
            valueName: "port"))
    var peerPort: Int?

    @Option(
        help: ArgumentHelp(
            phrase("Address to listen on. New: 127.0.0.1, else as before.", zh: "监听地址。新网络默认 127.0.0.1，否则沿用。"),
            valueName: "address"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "A file of public keys, one in hexadecimal digits a line, that may submit; read at the founding.",
                zh: "可提交交易的公钥文件，每行一个十六进制公钥；仅在建链时读取。"),
            valueName: "file"))
    var members: String?

    @Flag(
        help: ArgumentHelp(
            phrase(
                "Only make the files; start nodes by hand with `jiuding node`.", zh: "仅生成文件；之后可用 jiuding node 手动启动节点。"))
    )
    var prepare = false

    @Flag(
        help: ArgumentHelp(
            phrase("Do not deploy the contract templates that ship.", zh: "不部署随附的合约模板。")))
    var noTemplates = false

    @Flag(
        help: ArgumentHelp(
            phrase("Stop when stdin ends: for whoever starts it as a child.", zh: "标准输入结束时停止：供以子进程方式启动者使用。")))
    var stopOnEndOfInput = false

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let validators, !(1...LocalFounding.validatorsMax).contains(validators) {
            throw ValidationError(phrase("--validators is 1 to 16", zh: "--validators 为 1 到 16"))
        }
        if let observers, !(0...LocalFounding.observersMax).contains(observers) {
            throw ValidationError(phrase("--observers is 0 to 4", zh: "--observers 为 0 到 4"))
        }
        for port in [port, peerPort].compactMap({ $0 }) where !(0...65_000).contains(port) {
            throw ValidationError(phrase("\(port) is no port for a first one", zh: "\(port) 不能作为起始端口"))
        }
    }

    mutating func run() async throws {
        let terminal = output.terminal
        terminal.say(
            phrase(
                "Jiuding \(BuildVersion.text), data in \(store.data)",
                zh: "九鼎 \(BuildVersion.text)，数据目录 \(store.data)"))
        let (places, isNew) = try await prepared(terminal)
        if isNew {
            UpCommand.step(
                terminal,
                phrase(
                    "development keys under \(store.data); their passphrases lie beside them, not for production",
                    zh: "开发密钥位于 \(store.data)，口令文件在其旁，不可用于生产"))
        }
        if prepare {
            for place in places { UpCommand.step(terminal, "jiuding node --config \(place.config)") }
            return terminal.emit(["prepared": .list(places.map { .text($0.config) })])
        }
        for place in places {
            try PortOwner.check(place.gateway, host: place.host)
            if places.count > 1 { try PortOwner.check(place.peers, host: place.host) }
        }
        // From now on, before there are nodes to be left behind.
        let stops = StopRequests(onEndOfInput: stopOnEndOfInput)
        let network = LocalNetwork()
        let data = DataDirectory(store.data)
        try await network.start(places) { "\(data.root)/\($0.name)/log" }
        await announce(network, terminal)
        // Beside the running chain, and ended with it.
        let desk = noTemplates ? nil : templateDesk(network, terminal)
        let work = Task { await desk?.settle() }
        let unclean = await watch(network, until: stops.stream, terminal, beside: work)
        guard unclean.isEmpty else {
            throw Failure(
                .no, "JD-1513",
                phrase(
                    "not stopped cleanly: \(unclean.joined(separator: ", "))",
                    zh: "未能干净停止：\(unclean.joined(separator: "、"))"),
                fix: phrase("read the nodes' logs; the next start repairs what is needed", zh: "请查看节点日志；下次启动会自行修复"))
        }
        terminal.say(phrase("stopped cleanly", zh: "已干净停止"))
    }

    private static func step(_ terminal: Terminal, _ text: String) {
        terminal.say("  \(terminal.paint("·", .faint)) \(text)")
    }

    /// Makes what is missing.
    /// - Returns: where the nodes stand, and whether the network is a new one.
    private func prepared(_ terminal: Terminal) async throws -> ([LocalFounding.Place], Bool) {
        let data = DataDirectory(store.data)
        let founding = LocalFounding(
            data: data, chain: chain, host: host, members: try MemberFile.read(members),
            say: { UpCommand.step(terminal, $0) })
        do {
            let founded = try founding.founded
            if let founded { try checkCounts(founded) }
            let voters = founded?.validators ?? validators ?? 4
            let watchers = founded?.observers ?? observers ?? 0
            let count = voters + watchers
            let first = port == 0 ? FreePorts.first(count) : port
            let peers = port == 0 ? first.map { $0 + FreePorts.peersAbove } : peerPort
            // Before anything is made: a start that is refused for its ports leaves nothing behind.
            if founded == nil {
                try checkPorts(first ?? LocalFounding.gatewayPort, peers ?? LocalFounding.peerPort, count)
            }
            let places = try await founding.prepare(
                validators: voters, observers: watchers, port: first, peerPort: peers)
            return (places, founded == nil)
        } catch let failure as HostFailure {
            throw Failure(failure)
        } catch let error as CustodyError {
            throw Failure(error)
        } catch let error as CocoaError {
            let reason = error.localizedDescription
            throw Failure(HostFailure(.environment, "\(store.data) cannot be written: \(reason)"))
        }
    }

    /// A network keeps the nodes it was made with.
    private func checkCounts(_ founded: (validators: Int, observers: Int)) throws {
        let flags = [
            ("--validators", validators, founded.validators, phrase("validators", zh: "个验证节点")),
            ("--observers", observers, founded.observers, phrase("observers", zh: "个观察节点")),
        ]
        for (flag, wanted, count, what) in flags {
            guard let wanted, wanted != count else { continue }
            throw Failure.usage(
                phrase(
                    "\(store.data) holds a network of \(count) \(what), not \(wanted)",
                    zh: "\(store.data) 中的网络有 \(count) \(what)，不是 \(wanted)"),
                fix: phrase("leave \(flag) out, or name another --data", zh: "请去掉 \(flag)，或另指定 --data"))
        }
    }

    private func checkPorts(_ gateways: Int, _ links: Int, _ count: Int) throws {
        guard count == 1 || abs(gateways - links) >= count else {
            throw Failure.usage(
                phrase(
                    "the ports from \(gateways) and from \(links) on overlap",
                    zh: "从 \(gateways) 和从 \(links) 开始的端口重叠"),
                fix: phrase("give --port and --peer-port further apart", zh: "请让 --port 与 --peer-port 相距更远"))
        }
        guard !prepare else { return }
        for index in 0..<count {
            try PortOwner.check(gateways + index, host: host ?? "127.0.0.1")
            if count > 1 { try PortOwner.check(links + index, host: host ?? "127.0.0.1") }
        }
    }

    private func announce(_ network: LocalNetwork, _ terminal: Terminal) async {
        let nodes = network.processes
        for node in nodes {
            UpCommand.step(
                terminal,
                phrase(
                    "\(node.place.name)  \(network.url(node.place))  process \(node.id)",
                    zh: "\(node.place.name)  \(network.url(node.place))  进程 \(node.id)"))
        }
        let missing = await network.linked()
        if nodes.count > 1, missing.isEmpty {
            UpCommand.step(
                terminal,
                phrase("all \(nodes.count) linked with each other by TLCP", zh: "\(nodes.count) 个节点已全部以 TLCP 互联"))
        }
        if !missing.isEmpty {
            terminal.warn(
                phrase("not linked yet: ", zh: "尚未互联：") + missing.joined(separator: ", "))
        }
        UpCommand.step(terminal, "SM2 \(CodePath.sm2.rawValue), SM3 \(CodePath.sm3.rawValue)")
        guard let first = nodes.first else { return }
        let url = network.url(first.place)
        terminal.say("\(terminal.paint("ready", .green))  \(url)")
        terminal.emit([
            "ready": true, "url": .text(url),
            "nodes": .list(
                nodes.map {
                    [
                        "name": .text($0.place.name), "url": .text(network.url($0.place)), "pid": .whole($0.id),
                        "config": .text($0.place.config),
                    ]
                }),
        ])
    }

    private func templateDesk(_ network: LocalNetwork, _ terminal: Terminal) -> TemplateDesk? {
        network.processes.first.map {
            TemplateDesk(
                data: DataDirectory(store.data), chain: chain, url: network.url($0.place), terminal: terminal)
        }
    }

    /// Says which nodes fall, until it is time to stop; ends too where none is left.
    /// - Parameter work: what must be over before the nodes stop.
    private func watch(
        _ network: LocalNetwork, until stops: AsyncStream<Void>, _ terminal: Terminal, beside work: Task<Void?, Never>
    ) async -> [String] {
        defer { work.cancel() }
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let waiting = Task {
            for await _ in stops { end.yield(true) }
        }
        let looking = Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
                end.yield(false)
            }
        }
        defer {
            waiting.cancel()
            looking.cancel()
        }
        for await isTime in ends {
            if isTime { break }
            var fallen: [String] = []
            for (node, fate) in network.takeFallen() {
                fallen.append(node.place.name)
                terminal.warn("\(node.place.name) \(fate)")
                terminal.note(
                    "  " + phrase("fix:", zh: "处理：") + " jiuding node --config \(node.place.config)")
            }
            if network.processes.isEmpty { return fallen }
        }
        terminal.note(phrase("stopping…", zh: "正在停止…"))
        work.cancel()
        _ = await work.value
        return await network.stop()
    }
}
