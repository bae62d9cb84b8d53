// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Gateway
import Glibc
import Hosting
import KeyCustody
import Ledger
import Logging
import ShangMi

/// Starts a local network in the foreground, making keys and chain where there are none.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: phrase("Start a local network, in the foreground.", zh: "在前台启动本地网络。"),
        discussion: phrase(
            "The first start makes development keys, the chain and its trust anchor under --data; later starts go "
                + "on. Ctrl-C stops cleanly.\n\nExample: jiuding up --data ./data --port 8600",
            zh: "首次启动会在 --data 下生成开发密钥、链和信任锚；以后启动则继续运行。按 Ctrl-C 干净地停止。\n\n"
                + "示例：jiuding up --data ./data --port 8600"))

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @Option(help: ArgumentHelp(phrase("Port of the gateway.", zh: "网关端口。"), valueName: "port"))
    var port = 8600

    @Option(help: ArgumentHelp(phrase("Address to listen on.", zh: "监听地址。"), valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            phrase(
                "A file of public keys, one in hexadecimal digits a line, that may submit; read at the founding.",
                zh: "可提交交易的公钥文件，每行一个十六进制公钥；仅在建链时读取。"),
            valueName: "file"))
    var members: String?

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        func step(_ text: String) { terminal.say("  \(terminal.paint("·", .faint)) \(text)") }
        terminal.say(
            phrase(
                "Jiuding \(BuildVersion.text), data in \(store.data)",
                zh: "九鼎 \(BuildVersion.text)，数据目录 \(store.data)"))
        let connections = OpenFiles.raise()
        try PortOwner.check(port, host: host)
        let data = DataDirectory(store.data)
        let isNew = !FileManager.default.fileExists(atPath: data.validatorKey(0))
        let node = try await open(data, step: step)
        if isNew {
            step(
                phrase(
                    "development keys under \(store.data); their passphrases lie beside them, not for production",
                    zh: "开发密钥位于 \(store.data)，口令文件在其旁，不可用于生产"))
        }
        let snapshot = await node.host.snapshot()
        step(
            phrase(
                "chain \(chain) at height \(snapshot.tip?.height.value ?? 0), 1 of 1 validators",
                zh: "链 \(chain) 当前高度 \(snapshot.tip?.height.value ?? 0)，验证节点 1/1"))
        step("SM2 \(CodePath.sm2.rawValue), SM3 \(CodePath.sm3.rawValue)")
        do {
            try await serve(node, data, terminal, connections: connections)
        } catch {
            await node.stop()
            throw error
        }
        await node.stop()
        terminal.say(phrase("stopped cleanly", zh: "已干净停止"))
        // The listener is still there: taken down while connections arrive, NIO traps on those half accepted
        // ("Deinited NIOAsyncWriter without calling finish()"). Nothing is left to do but to go.
        _exit(0)
    }

    private func open(_ data: DataDirectory, step: (String) -> Void) async throws -> LocalNode {
        var log = Logger(label: "jiuding") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .notice
        do {
            return try await LocalNode.start(
                data, chain: chain, members: try MemberFile.read(members), log: log, say: step)
        } catch let failure as HostFailure {
            throw Failure(failure)
        } catch let error as CustodyError {
            throw Failure(error)
        }
    }

    /// Serves until asked to stop, then lets the requests under way finish.
    private func serve(_ node: LocalNode, _ data: DataDirectory, _ terminal: Terminal, connections: Int) async throws {
        var configuration = GatewayConfiguration(version: BuildVersion.text)
        configuration.host = host
        configuration.port = port
        configuration.defaultChain = chain
        // Descriptors are kept back for the store: without one it can write nothing.
        configuration.bounds.connectionsMax = min(configuration.bounds.connectionsMax, connections)
        configuration.admit(
            token: try data.developmentToken(),
            signer: OpenSSLSigner(try DataDirectory.developmentKey(at: data.userKey)))
        let server = GatewayServer(
            configuration: configuration, node: ServedNode(chain: node.chain, validator: node.validator))
        let address = "http://\(host):"
        let asJSON = output.json
        let (ends, end) = AsyncStream.makeStream(of: Failure?.self)
        Task {
            do {
                try await server.run { port in
                    let terminal = Terminal(json: asJSON)
                    terminal.say("\(terminal.paint("ready", .green))  \(address)\(port)")
                    terminal.emit(["ready": .flag(true), "url": .text("\(address)\(port)")])
                }
            } catch { end.yield(UpCommand.gatewayFailure(error)) }
        }
        Task {
            await StopSignal.wait()
            terminal.note(phrase("stopping…", zh: "正在停止…"))
            _ = await server.drain(within: .seconds(4))
            end.yield(nil)
        }
        for await failure in ends {
            if let failure { throw failure }
            return
        }
    }

    private static func gatewayFailure(_ error: any Error) -> Failure {
        Failure(
            .no, "JD-1510", phrase("the gateway failed: \(error)", zh: "网关失败：\(error)"),
            fix: phrase("check --host and --port", zh: "请检查 --host 与 --port"))
    }
}
