// SPDX-License-Identifier: Apache-2.0
import Ledger

/// What became of each file of a `put`.
struct PutReport: Sendable {
    enum Fate: Sendable {
        case deposited(EvidenceStatement)
        /// A valid receipt was there already.
        case alreadyHad(EvidenceStatement)
        case failed(Failure)
        case omitted(String)
    }

    struct Line: Sendable {
        let path: String
        let receiptPath: String?
        let fate: Fate
    }

    private(set) var lines: [Line] = []
    private(set) var deposited = 0
    private(set) var alreadyHad = 0
    private(set) var failed = 0
    private(set) var omitted = 0
    private(set) var bytesDeposited: UInt64 = 0

    mutating func add(_ path: String, receipt: String?, _ fate: Fate) {
        lines.append(Line(path: path, receiptPath: receipt, fate: fate))
        switch fate {
        case .deposited(let statement):
            deposited += 1
            bytesDeposited += statement.deposit.size
        case .alreadyHad: alreadyHad += 1
        case .failed: failed += 1
        case .omitted: omitted += 1
        }
    }

    mutating func add(_ omissions: [PutPlan.Omission]) {
        for omission in omissions {
            let failure = Failure(.no, "JD-4011", omission.sentence, fix: "")
            add(omission.path, receipt: nil, omission.isFailure ? .failed(failure) : .omitted(omission.sentence))
        }
    }

    /// Zero where nothing failed, else the gravest cause: unreachable, then not permitted, then any other.
    var exit: Failure.Exit? {
        let exits = lines.compactMap { line -> Failure.Exit? in
            if case .failed(let failure) = line.fate { failure.exit } else { nil }
        }
        if exits.contains(.unreachable) { return .unreachable }
        return exits.contains(.notPermitted) ? .notPermitted : exits.isEmpty ? nil : .no
    }

    func show(on terminal: Terminal, chain: String, seconds: Double) {
        terminal.emit(json(chain: chain, seconds: seconds))
        if lines.count <= 20 { showEach(on: terminal) }
        showFailures(on: terminal)
        var table = TableLayout([
            .init(phrase("files", zh: "文件"), .right), .init(phrase("what became of them", zh: "结果")),
        ])
        table.add([
            "\(deposited)",
            phrase("deposited, \(Quantity.bytes(bytesDeposited))", zh: "已存证，共 \(Quantity.bytes(bytesDeposited))"),
        ])
        table.add(["\(alreadyHad)", phrase("already had a valid receipt", zh: "已有有效回执")])
        table.add(["\(failed)", phrase("failed", zh: "失败")])
        if omitted > 0 { table.add(["\(omitted)", phrase("left out (links, special files)", zh: "略过（链接、特殊文件）")]) }
        terminal.say(table)
        terminal.say(
            phrase(
                "on chain \(chain) in \(Quantity.duration(seconds))", zh: "链 \(chain)，用时 \(Quantity.duration(seconds))")
        )
    }

    private func showEach(on terminal: Terminal) {
        for line in lines {
            switch line.fate {
            case .deposited(let statement):
                terminal.say("\(terminal.paint("✓", .green)) \(line.path)  \(statement.reply.number.text)")
            case .alreadyHad(let statement):
                terminal.say("\(terminal.paint("=", .faint)) \(line.path)  \(statement.reply.number.text)")
            case .failed: break
            case .omitted(let reason): terminal.say("\(terminal.paint("-", .faint)) \(line.path)  \(reason)")
            }
        }
    }

    /// At most twenty, so that the summary stays in sight.
    private func showFailures(on terminal: Terminal) {
        let failures = lines.compactMap { line -> (String, Failure)? in
            if case .failed(let failure) = line.fate { (line.path, failure) } else { nil }
        }
        for (path, failure) in failures.prefix(20) {
            terminal.say("\(terminal.paint("✗", .red)) \(path)  \(failure.line)")
            if !failure.fix.isEmpty { terminal.say("    \(phrase("fix:", zh: "处理：")) \(failure.fix)") }
        }
        if failures.count > 20 {
            let rest = failures.count - 20
            terminal.say(phrase("… and \(rest) more failed; --json names them all", zh: "……另有 \(rest) 个失败；--json 列出全部"))
        }
        if !lines.isEmpty, !terminal.json { terminal.say() }
    }

    private func json(chain: String, seconds: Double) -> JSONText {
        [
            "chain": .text(chain), "deposited": .whole(deposited), "alreadyHad": .whole(alreadyHad),
            "failed": .whole(failed), "leftOut": .whole(omitted), "bytesDeposited": .whole(bytesDeposited),
            "seconds": .decimal(seconds), "files": .list(lines.map(PutReport.json)),
        ]
    }

    private static func json(_ line: Line) -> JSONText {
        switch line.fate {
        case .deposited(let statement): entry(line, "deposited", StatementView.members(statement))
        case .alreadyHad(let statement): entry(line, "alreadyHad", StatementView.members(statement))
        case .failed(let failure):
            entry(
                line, "failed",
                [
                    .init(key: "code", value: .text(failure.code)),
                    .init(key: "message", value: .text(failure.sentence)),
                    .init(key: "fix", value: .text(failure.fix)),
                ])
        case .omitted(let reason): entry(line, "leftOut", [.init(key: "message", value: .text(reason))])
        }
    }

    private static func entry(_ line: Line, _ status: String, _ rest: [JSONText.Member]) -> JSONText {
        var members: [JSONText.Member] = [
            .init(key: "path", value: .text(line.path)), .init(key: "status", value: .text(status)),
        ]
        if let receipt = line.receiptPath { members.append(.init(key: "receipt", value: .text(receipt))) }
        return .object(members + rest)
    }
}
