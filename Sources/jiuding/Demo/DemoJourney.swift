// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import Glibc
import Ledger

/// The steps of the demonstration, each run through the same commands a person would type.
struct DemoJourney {
    /// One step and what was seen.
    struct Step: Sendable {
        let name: String
        let held: Bool
        let fact: String
        let seconds: Double
    }

    /// A step that did not hold. Those after it are not tried.
    struct Broken: Error { let fact: String }

    /// Documents deposited; enough to fill a batch's worth of table, few enough to read.
    static let documentsMax = 12

    let folder: String
    let terminal: Terminal
    private(set) var steps: [Step] = []
    private var network: ChildProcess?
    private var nodes: [AnnouncedNode] = []
    /// The node that was killed and started again by hand.
    private var revived: ChildProcess?
    private var height: UInt64 = 0
    private var runs = 0

    init(folder: String, terminal: Terminal) {
        self.folder = folder
        self.terminal = terminal
    }

    private var data: String { "\(folder)/data" }
    private var documents: String { "\(folder)/documents" }
    private var url: String { nodes.first?.url ?? "" }
    private var trust: String { "\(data)/trust/main.trust" }

    /// - Returns: true where every step held.
    mutating func run() async -> Bool {
        let journey: [(String, (inout DemoJourney) async throws -> String)] = [
            (phrase("gather real files", zh: "收集真实文件"), { try $0.gather() }),
            (phrase("start a network", zh: "启动网络"), { try await $0.start() }),
            (phrase("deposit them", zh: "存证"), { try await $0.deposit() }),
            (phrase("deposit again: nothing is done twice", zh: "重复存证：不会重做"), { try await $0.depositAgain() }),
            (phrase("kill a node: the chain goes on", zh: "杀死一个节点：链继续运行"), { try await $0.killOne() }),
            (phrase("start it again: it catches up", zh: "重新启动：它会赶上"), { try await $0.reviveOne() }),
            (phrase("stop the network", zh: "停止网络"), { try await $0.stop() }),
            (phrase("verify offline", zh: "离线核验"), { try await $0.verifyOffline() }),
            (phrase("a changed file fails", zh: "改动文件则失败"), { try await $0.changeFile() }),
            (phrase("a changed receipt fails", zh: "改动回执则失败"), { try await $0.changeReceipt() }),
            (phrase("restart: the chain goes on", zh: "重启：链继续前进"), { try await $0.restart() }),
            (phrase("re-check every stored byte", zh: "复核全部存储数据"), { try await $0.audit() }),
        ]
        for (name, step) in journey {
            let started = ProcessInfo.processInfo.systemUptime
            // Where a person watches, the step under way; the table at the end says the rest.
            if terminal.watched { Terminal.write("\r\u{1b}[K… \(name)", to: .standardError) }
            func seconds() -> Double { ProcessInfo.processInfo.systemUptime - started }
            do {
                let fact = try await step(&self)
                record(Step(name: name, held: true, fact: fact, seconds: seconds()))
            } catch {
                let fact = (error as? Broken)?.fact ?? (error as? Failure)?.line ?? "\(error)"
                record(Step(name: name, held: false, fact: fact, seconds: seconds()))
                _ = await revived?.interrupt()
                _ = await network?.interrupt()
                return false
            }
        }
        return true
    }

    private mutating func record(_ step: Step) {
        steps.append(step)
        if terminal.watched { return Terminal.write("\r\u{1b}[K", to: .standardError) }
        let mark = step.held ? "✓" : "✗"
        terminal.note("\(mark) \(step.name)  \(step.fact)  (\(Quantity.duration(step.seconds)))")
    }

    func show() {
        let seconds = steps.reduce(0) { $0 + $1.seconds }
        let held = steps.allSatisfy(\.held)
        terminal.emit([
            "held": .flag(held), "seconds": .decimal(seconds),
            "steps": .list(
                steps.map {
                    [
                        "name": .text($0.name), "held": .flag($0.held), "fact": .text($0.fact),
                        "seconds": .decimal($0.seconds),
                    ]
                }),
        ])
        var table = TableLayout([
            .init(""), .init(phrase("step", zh: "步骤")), .init(phrase("time", zh: "用时"), .right),
            .init(phrase("what was seen", zh: "所见")),
        ])
        for step in steps {
            table.add([step.held ? "✓" : "✗", step.name, Quantity.duration(step.seconds), step.fact])
        }
        terminal.say()
        terminal.say(table)
        terminal.say()
        terminal.say(
            held
                ? phrase(
                    "every step held, in \(Quantity.duration(seconds))", zh: "全部步骤成立，用时 \(Quantity.duration(seconds))")
                : phrase("a step did not hold", zh: "有步骤未成立"))
    }

    // MARK: Steps

    private mutating func gather() throws -> String {
        let files = DemoDocuments.found(max: DemoJourney.documentsMax)
        let size = try DemoDocuments.copy(files, to: documents)
        let source = files.isEmpty ? phrase("written here", zh: "当场生成") : "/usr/share/doc"
        let count = try FileManager.default.contentsOfDirectory(atPath: documents).count
        return phrase(
            "\(count) files, \(Quantity.bytes(size)), from \(source)",
            zh: "\(count) 个文件，\(Quantity.bytes(size))，来自 \(source)")
    }

    private mutating func start() async throws -> String {
        runs += 1
        // The ports of a network that was there are taken again.
        let ports = nodes.isEmpty ? ["--port", "0"] : []
        let child = try ChildProcess(
            ["up", "--data", data, "--json", "--stop-on-end-of-input", "--no-templates"] + ports, folder: folder,
            stem: "up-\(runs)")
        network = child
        let deadline = ProcessInfo.processInfo.systemUptime + 60
        while ProcessInfo.processInfo.systemUptime < deadline {
            guard child.isRunning else {
                throw Broken(fact: child.errors.split(separator: "\n").last.map(String.init) ?? "jiuding up ended")
            }
            if let found = AnnouncedNode.list(in: child.output) {
                nodes = found
                guard let chain = await standing() else { break }
                height = max(height, chain.height.value)
                return phrase(
                    "\(chain.committee.count) validators, a process each, at \(url), height \(chain.height.value)",
                    zh: "\(chain.committee.count) 个验证者各为一个进程，\(url)，高度 \(chain.height.value)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Broken(fact: phrase("no answer within 60 s", zh: "60 秒内无应答"))
    }

    /// What a node says of the chain; the first one where none is named.
    private func standing(of node: AnnouncedNode? = nil) async -> ChainAnswer? {
        var options = NodeClient.Options()
        options.attempts = 1
        guard let client = try? NodeClient(node?.url ?? url, options: options) else { return nil }
        let answer = try? await client.chain("main")
        await client.close()
        return answer
    }

    /// The last node dies without a word; a deposit at another is final all the same.
    private mutating func killOne() async throws -> String {
        guard nodes.count > 3, let victim = nodes.last else { throw Broken(fact: "no node to kill") }
        kill(victim.id, SIGKILL)
        let begun = ProcessInfo.processInfo.systemUptime
        let path = "\(folder)/without-\(victim.name).txt"
        try Data("deposited while \(victim.name) was dead\n".utf8).write(to: URL(fileURLWithPath: path))
        let answer = try await put(path)
        guard answer["deposited"] == 1 else { throw Broken(fact: phrase("the chain stood still", zh: "链已停滞")) }
        let seconds = Quantity.duration(ProcessInfo.processInfo.systemUptime - begun)
        return phrase(
            "\(victim.name) killed; a deposit was proven \(seconds) later", zh: "\(victim.name) 被杀死；\(seconds)后新存证已取得证明"
        )
    }

    private mutating func reviveOne() async throws -> String {
        guard let victim = nodes.last, let chain = await standing() else { throw Broken(fact: "no node to start") }
        runs += 1
        let begun = ProcessInfo.processInfo.systemUptime
        let child = try ChildProcess(
            ["node", "--config", victim.config, "--stop-on-end-of-input"], folder: folder, stem: "node-\(runs)")
        revived = child
        while ProcessInfo.processInfo.systemUptime < begun + 30 {
            if let own = await standing(of: victim), own.executed >= chain.executed {
                let seconds = Quantity.duration(ProcessInfo.processInfo.systemUptime - begun)
                return phrase(
                    "at height \(own.height.value) with the others after \(seconds)",
                    zh: "\(seconds)后与其他节点同在高度 \(own.height.value)")
            }
            guard child.isRunning else { throw Broken(fact: child.errors) }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Broken(fact: phrase("it did not catch up within 30 s", zh: "30 秒内未赶上"))
    }

    private mutating func deposit() async throws -> String {
        let answer = try await put(documents)
        let (count, failed) = (answer["deposited"] ?? 0, answer["failed"] ?? 0)
        // A file and its receipt each.
        let expected = try FileManager.default.contentsOfDirectory(atPath: documents).count / 2
        guard count == expected, failed == 0 else { throw Broken(fact: "\(count)/\(expected)") }
        return phrase("\(count) receipts, each proven and kept", zh: "\(count) 份回执，均已证明并保存")
    }

    private mutating func depositAgain() async throws -> String {
        let answer = try await put(documents)
        guard answer["deposited"] == 0, let had = answer["alreadyHad"], had > 0 else {
            throw Broken(fact: phrase("something was deposited twice", zh: "出现重复存证"))
        }
        return phrase("\(had) had a valid receipt", zh: "\(had) 个已有有效回执")
    }

    private mutating func stop() async throws -> String {
        if let chain = await standing() { height = max(height, chain.height.value) }
        if let outcome = await revived?.interrupt(), outcome.exit != 0 {
            throw Broken(fact: "exit \(outcome.exit): \(outcome.lastError)")
        }
        revived = nil
        guard let outcome = await network?.interrupt() else { throw Broken(fact: "no network") }
        network = nil
        guard outcome.exit == 0 else { throw Broken(fact: "exit \(outcome.exit): \(outcome.lastError)") }
        if let node = nodes.first(where: { $0.isListening }) {
            throw Broken(fact: phrase("\(node.url) is still taken", zh: "\(node.url) 仍被占用"))
        }
        return phrase("nobody listens any more", zh: "所有端口已无监听")
    }

    private mutating func verifyOffline() async throws -> String {
        let outcome = try await command(["evidence", "verify", documents, "--trust", trust, "--json"])
        let answer = DemoAnswer.numbers(outcome.output)
        guard outcome.exit == 0, answer["filesFailed"] == 0, let verified = answer["filesVerified"] else {
            throw Broken(fact: outcome.lastError)
        }
        return phrase("\(verified) verified, network stopped", zh: "\(verified) 个通过，网络已停")
    }

    private mutating func changeFile() async throws -> String {
        let file = try first()
        let copy = "\(folder)/changed-file"
        try ((FileManager.default.contents(atPath: file) ?? Data()) + Data([0x21])).write(
            to: URL(fileURLWithPath: copy))
        return try await refused(copy, receipt: file + ReceiptFile.ending, code: StableCode.proofOtherFile.label)
    }

    private mutating func changeReceipt() async throws -> String {
        let file = try first()
        var bytes = [UInt8](FileManager.default.contents(atPath: file + ReceiptFile.ending) ?? Data())
        guard !bytes.isEmpty else { throw Broken(fact: "no receipt") }
        // The last byte belongs to a validator's signature.
        bytes[bytes.count - 2] ^= 1
        let copy = "\(folder)/changed.receipt"
        try Data(bytes).write(to: URL(fileURLWithPath: copy))
        return try await refused(file, receipt: copy, code: StableCode.proofCertificate.label)
    }

    private mutating func restart() async throws -> String {
        let before = height
        _ = try await start()
        let late = "\(folder)/late.txt"
        try Data("deposited after the restart\n".utf8).write(to: URL(fileURLWithPath: late))
        let answer = try await put(late)
        guard answer["deposited"] == 1, let chain = await standing(), chain.height.value > before else {
            throw Broken(fact: phrase("the chain did not go on", zh: "链未继续前进"))
        }
        return phrase("height \(before) → \(chain.height.value)", zh: "高度 \(before) → \(chain.height.value)")
    }

    private mutating func audit() async throws -> String {
        _ = try await stop()
        let outcome = try await command(["chain", "verify", "--data", data, "--json"])
        guard outcome.exit == 0 else { throw Broken(fact: outcome.lastError + outcome.output) }
        let answer = DemoAnswer.numbers(outcome.output)
        return phrase(
            "\(answer["heights"] ?? 0) blocks, \(answer["signatures"] ?? 0) signatures in every store",
            zh: "每个存储：区块 \(answer["heights"] ?? 0) 个，签名 \(answer["signatures"] ?? 0) 个")
    }

    // MARK: Commands

    private mutating func put(_ path: String) async throws -> [String: UInt64] {
        let outcome = try await command(
            ["evidence", "put", path, "--recursive", "--node", url, "--data", data, "--json"])
        guard outcome.exit == 0 else { throw Broken(fact: "exit \(outcome.exit): \(outcome.errors)\(outcome.output)") }
        return DemoAnswer.numbers(outcome.output)
    }

    /// Verifies what must not verify, and names the link that broke.
    private mutating func refused(_ file: String, receipt: String, code: String) async throws -> String {
        let outcome = try await command(["evidence", "verify", file, "--receipt", receipt, "--trust", trust])
        let line = outcome.output.split(separator: "\n").first { $0.contains("JD-") }.map(String.init) ?? ""
        guard outcome.exit == 1, line.contains(code) else {
            throw Broken(fact: "exit \(outcome.exit), \(code) expected: \(line)\(outcome.lastError)")
        }
        return line.trimmingCharacters(in: .whitespaces)
    }

    private mutating func command(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        runs += 1
        let language = ["--lang", Language.current.rawValue]
        return try await ChildProcess(arguments + language, folder: folder, stem: "run-\(runs)").wait(seconds: 60)
    }

    private func first() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: documents).sorted()
        guard let name = names.first(where: { !$0.hasSuffix(ReceiptFile.ending) }) else {
            throw Broken(fact: "no file")
        }
        return "\(documents)/\(name)"
    }
}
