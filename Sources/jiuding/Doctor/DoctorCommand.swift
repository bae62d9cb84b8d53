// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import Ledger

/// Looks this machine over: can it run a node, and does the one it is asked about do well?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: phrase(
            "Check clock, disk, ports, memory, keys, certificates and node.", zh: "检查时钟、磁盘、端口、内存、密钥、证书与节点。"),
        discussion: phrase(
            "Each line is ok, warn or fail with the fix. Exit 1 where one failed.\n\nExample: jiuding doctor",
            zh: "每行给出 ok、warn 或 fail 及处理办法。有一项失败则退出码为 1。\n\n示例：jiuding doctor"))

    @Option(help: ArgumentHelp(phrase("The first of the ports a local network takes.", zh: "本地网络的起始端口。")))
    var port = 8600

    @Option(help: ArgumentHelp(phrase("The first of the ports between nodes.", zh: "节点互联的起始端口。")))
    var peerPort = 8700

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            phrase(
                "Certificates, revocation lists, or folders of them. Default: those below --data.",
                zh: "证书、吊销列表或其所在目录。默认检查 --data 之下。"),
            valueName: "path"))
    var certificates: [String] = []

    @OptionGroup var node: NodeOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let client = try node.client()
        let (reached, serves) = await NodeChecks.findings(client, chain: node.chain)
        await client.close()
        var findings = MachineChecks.versions()
        findings.append(MachineChecks.disk(store.data))
        if let forecast = MachineChecks.daysLeft(store.data) { findings.append(forecast) }
        findings.append(MachineChecks.memory())
        findings.append(MachineChecks.openFiles())
        findings.append(MachineChecks.ports(from: port, peers: peerPort, nodeAnswers: serves))
        findings += MachineChecks.keyFiles(store.data)
        findings.append(EngineCheck.finding())
        findings.append(MachineChecks.trust(store.data, chain: node.chain))
        findings += CertificateChecks.findings(certificates, data: store.data)
        findings += reached
        terminal.emit([
            "healthy": .flag(!findings.contains { $0.verdict == .fail }), "checks": .list(findings.map(\.json)),
        ])
        let width = findings.map { TextWidth.columns($0.name) }.reduce(0, max)
        for finding in findings { finding.show(on: terminal, width: width) }
        if findings.contains(where: { $0.verdict == .fail }) { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}

/// What a node says of itself, and what its answers give away.
enum NodeChecks {
    /// A clock further off than this makes a validator's blocks unacceptable to others.
    static let skewMillisMax: Int64 = 500

    /// - Returns: the findings, and whether the node answered at all.
    static func findings(_ client: NodeClient, chain: String) async -> ([Finding], Bool) {
        let reachable = phrase("node", zh: "节点")
        do throws(ClientError) {
            let status = try await client.status()
            let standing = try await client.chain(chain)
            let name = "\(client.node) \(status.version)"
            return ([.ok(reachable, name), clock(status, standing), chainFinding(standing), peers(status)], true)
        } catch {
            let failure = Failure(error)
            // No node here is a state, not a fault: a client's machine needs none.
            if failure.exit == .unreachable { return ([.warn(reachable, failure.sentence, fix: failure.fix)], false) }
            return ([.fail(reachable, failure.line, fix: failure.fix)], true)
        }
    }

    private static func clock(_ status: NodeAnswer, _ chain: ChainAnswer) -> Finding {
        let name = phrase("clock", zh: "时钟")
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let fix = phrase(
            "synchronise the clock, for example: timedatectl set-ntp true",
            zh: "请同步时钟，例如：timedatectl set-ntp true")
        if let skew = status.clockSkewMillis, abs(skew) > skewMillisMax {
            return .fail(
                name, phrase("the node's clock is \(skew) ms off its peers'", zh: "节点时钟与对等节点相差 \(skew) 毫秒"), fix: fix)
        }
        let ahead = Int64(chain.lastBlock.value) - now
        if ahead > skewMillisMax {
            return .fail(
                name,
                phrase("the newest block lies \(ahead) ms in this machine's future", zh: "最新区块比本机时钟晚 \(ahead) 毫秒"),
                fix: fix)
        }
        return .ok(name, phrase("not behind the chain's newest block", zh: "不落后于链上最新区块"))
    }

    private static func chainFinding(_ chain: ChainAnswer) -> Finding {
        let name = phrase("chain \(chain.name)", zh: "链 \(chain.name)")
        if let halted = chain.halted {
            return .fail(name, halted, fix: phrase("read the node's log, then restart it", zh: "请查看节点日志后重启"))
        }
        let fact = phrase(
            "height \(chain.height.value), executed \(chain.executed.value)",
            zh: "高度 \(chain.height.value)，已执行 \(chain.executed.value)")
        return chain.inStep
            ? .ok(name, fact)
            : .warn(name, fact, fix: phrase("it is catching up; look again in a minute", zh: "正在追赶，请一分钟后再查"))
    }

    private static func peers(_ status: NodeAnswer) -> Finding {
        let name = phrase("peers", zh: "对等节点")
        let missing = status.peers.filter { !$0.connected }
        let fact = "\(status.peers.count - missing.count)/\(status.peers.count)"
        guard let first = missing.first else { return .ok(name, fact) }
        return .warn(
            name,
            phrase(
                "\(fact), \(first.name) at \(first.address) is missing",
                zh: "\(fact)，缺少 \(first.name)（\(first.address)）"),
            fix: phrase("see that it runs and that its port is open", zh: "请确认其已运行且端口可达"))
    }
}
