// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Gateway
import Glibc
import Hosting
import KeyCustody
import Logging
import Transport

/// Runs one node as its configuration says: what a service manager starts.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: phrase("Run one node, in the foreground, as a service manager wants it.", zh: "在前台运行一个节点，供服务管理器使用。"),
        discussion: phrase(
            """
            Logs are lines of JSON on stderr. SIGTERM ends it cleanly; SIGHUP reads certificates, revocations, peers \
            and the log's level again. A unit for systemd is docs/jiuding-node.service.

            Example: jiuding node --config /etc/jiuding/node.yaml
            """,
            zh: """
                日志以 JSON 行写到标准错误。SIGTERM 使其干净退出；SIGHUP 重新读取证书、吊销列表、对等节点与日志级别。\
                systemd 单元见 docs/jiuding-node.service。

                示例：jiuding node --config /etc/jiuding/node.yaml
                """))

    @Option(help: ArgumentHelp(phrase("The node's configuration, in YAML.", zh: "节点配置文件（YAML）。"), valueName: "file"))
    var config: String

    @Flag(help: ArgumentHelp(phrase("Only say whether the configuration is good.", zh: "仅检查配置是否正确。")))
    var check = false

    @Flag(
        help: ArgumentHelp(
            phrase("Stop when stdin ends: for whoever starts a node as a child.", zh: "标准输入结束时停止：供以子进程方式启动者使用。")))
    var stopOnEndOfInput = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let configuration: NodeConfiguration
        do throws(ConfigurationFlaw) { configuration = try NodeConfiguration.read(config) } catch {
            throw error.failure
        }
        if check {
            terminal.say(phrase("\(config) is good", zh: "\(config) 正确"))
            terminal.emit(["good": true])
            return
        }
        // From now on: a service manager may change its mind, or renew certificates, while stores are being opened.
        let (stops, hangups) = (StopRequests(onEndOfInput: stopOnEndOfInput), Hangups())
        let connections = OpenFiles.raise()
        if let gateway = configuration.gateway {
            try PortOwner.check(gateway.listen.port, host: gateway.listen.host)
        }
        for address in configuration.peers?.listen ?? [] { try PortOwner.check(address.port, host: address.host) }
        let node: RunningNode
        do {
            node = try await RunningNode.start(config, configuration, isPlain: terminal.watched && !terminal.json)
        } catch let failure as HostFailure {
            throw Failure(failure)
        } catch let error as CustodyError {
            throw Failure(error)
        }
        let service = NodeService(node: node, terminal: terminal, connections: connections)
        do {
            try await service.run(until: stops, hangups)
        } catch {
            await node.stop()
            throw error
        }
        await node.stop()
        node.log.notice("stopped")
        // The listener is still there: taken down while connections arrive, NIO traps on those half accepted
        // ("Deinited NIOAsyncWriter without calling finish()"). Nothing is left to do but to go.
        _exit(0)
    }
}
