// SPDX-License-Identifier: Apache-2.0
import Foundation
import Simulation

/// Runs many worlds in processes of their own, so that a trap costs one world and is a finding like any other.
final class Soak {
    enum Style { case people, json, hashes }

    private let program: String
    private let first: UInt64
    private let count: UInt64
    private let jobs: Int
    private let style: Style
    private var done: UInt64 = 0
    private var findings: [(seed: UInt64, rule: String, why: String)] = []
    private var totals: [UInt64] = [0, 0, 0, 0]
    private var sights: [UInt64] = Array(repeating: 0, count: Sight.allCases.count)
    private var refusals: [UInt64] = []
    private var slowest: (seed: UInt64, healing: UInt64) = (0, 0)
    private var hashes: [(seed: UInt64, hash: String)] = []
    private let began = Date()
    private var lastProgress = Date()

    init(program: String, first: UInt64, count: UInt64, jobs: Int, style: Style) {
        self.program = program
        self.first = first
        self.count = count
        self.jobs = max(1, jobs)
        self.style = style
    }

    func run() -> Int32 {
        var workers: [Worker] = []
        for job in 0..<UInt64(jobs) where job < count {
            let own = (count - job + UInt64(jobs) - 1) / UInt64(jobs)
            workers.append(Worker(program: program, first: first + job, stride: UInt64(jobs), count: own))
        }
        while let worker = workers.first(where: { !$0.isOver }) {
            var isIdle = true
            for worker in workers where !worker.isOver {
                for line in worker.lines() {
                    isIdle = false
                    take(line)
                }
            }
            if isIdle { usleep(20_000) }
            _ = worker
            showProgress()
        }
        return finish()
    }

    private func take(_ line: Worker.Line) {
        done += 1
        switch line {
        case .trapped(let seed, let why): findings.append((seed, "TRAP", why))
        case .world(let world):
            if let rule = world.rule { findings.append((world.seed, rule, world.why)) }
            for index in totals.indices { totals[index] += world.totals[index] }
            for index in sights.indices { sights[index] += world.sights[index] }
            if refusals.isEmpty { refusals = world.refusals.map { _ in 0 } }
            for index in refusals.indices { refusals[index] += world.refusals[index] }
            if let healing = world.healing, healing > slowest.healing { slowest = (world.seed, healing) }
            if style == .hashes { hashes.append((world.seed, world.hash)) }
        }
        if style == .people, let last = findings.last, last.seed == line.seed {
            print("\rseed \(last.seed): \(last.rule) \(last.why)")
        }
    }

    private func showProgress() {
        guard style == .people, isatty(2) != 0, Date().timeIntervalSince(lastProgress) > 0.5 else { return }
        lastProgress = Date()
        let note = "\r\(done) of \(count) worlds, \(findings.count) violations  "
        FileHandle.standardError.write(Data(note.utf8))
    }

    private func finish() -> Int32 {
        switch style {
        case .hashes: for entry in hashes.sorted(by: { $0.seed < $1.seed }) { print(entry.seed, entry.hash) }
        case .json: print(json)
        case .people: print(summary)
        }
        return findings.isEmpty ? 0 : 1
    }

    private var seconds: Double { max(0.001, Date().timeIntervalSince(began)) }

    private var summary: String {
        var lines: [String] = []
        lines.append(
            "\(done) worlds in \(Int(seconds)) s, \(Int(Double(done) / seconds)) a second; \(totals[0]) blocks, "
                + "\(totals[1]) transactions, \(totals[2]) views, \(totals[3]) messages")
        lines.append(
            "\(findings.count) violations; slowest healing \(slowest.healing / 1_000_000) ms (seed \(slowest.seed))")
        for (sight, count) in zip(Sight.allCases, sights) {
            lines.append("  \("\(sight)".padding(toLength: 34, withPad: " ", startingAt: 0)) \(count)")
        }
        let names = Coverage().refusalRows.map(\.name)
        lines.append("refused: " + zip(names, refusals).map { "\($0) \($1)" }.joined(separator: ", "))
        let never = zip(Sight.allCases, sights).filter { $0.1 == 0 }.map { "\($0.0)" }
        if !never.isEmpty { lines.append("never seen: " + never.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }

    private var json: String {
        let seen = zip(Sight.allCases, sights).map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        let bad = findings.map { "{\"seed\": \($0.seed), \"rule\": \"\($0.rule)\"}" }.joined(separator: ", ")
        return "{\"worlds\": \(done), \"seconds\": \(Int(seconds)), \"blocks\": \(totals[0]), "
            + "\"transactions\": \(totals[1]), \"views\": \(totals[2]), \"messages\": \(totals[3]), "
            + "\"slowestHealingMillis\": \(slowest.healing / 1_000_000), \"violations\": [\(bad)], "
            + "\"sights\": {\(seen)}}"
    }
}

/// A child process that runs some of the worlds, begun again behind a world that trapped.
final class Worker {
    enum Line {
        case world(WorkerLine)
        case trapped(UInt64, String)

        var seed: UInt64 {
            switch self {
            case .world(let world): world.seed
            case .trapped(let seed, _): seed
            }
        }
    }

    private let program: String
    private let extra: [String]
    private var next: UInt64
    private let stride: UInt64
    private var left: UInt64
    private var process: Process?
    private var output: FileHandle?
    private var errors: String = ""
    private var rest = ""
    private(set) var isOver = false

    init(program: String, first: UInt64, stride: UInt64, count: UInt64, extra: [String] = []) {
        self.program = program
        self.extra = extra
        self.stride = stride
        next = first
        left = count
    }

    /// Waits for some more of what the worlds came to.
    func lines() -> [Line] {
        guard left > 0 else {
            isOver = true
            return []
        }
        if process == nil { start() }
        let data = output?.availableData ?? Data()
        if data.isEmpty { return end() }
        rest += String(decoding: data, as: UTF8.self)
        var pieces = rest.split(separator: "\n", omittingEmptySubsequences: false)
        rest = String(pieces.removeLast())
        return pieces.compactMap { WorkerLine(line: String($0)) }.map { world in
            next = world.seed + stride
            left -= 1
            return .world(world)
        }
    }

    func stop() {
        left = 0
        process?.terminate()
        process?.waitUntilExit()
        isOver = true
    }

    private func start() {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--worker", "\(next)", "--seeds", "\(left)", "--stride", "\(stride)"] + extra
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        output = pipe.fileHandleForReading
        do {
            try process.run()
            self.process = process
        } catch {
            left = 0
        }
    }

    /// The child is gone: either all is done, or the world it was in has trapped.
    private func end() -> [Line] {
        process?.waitUntilExit()
        let status = process?.terminationStatus ?? 0
        process = nil
        rest = ""
        guard left > 0 else {
            isOver = true
            return []
        }
        let seed = next
        next += stride
        left -= 1
        if left == 0 { isOver = true }
        return [.trapped(seed, "ended by signal or status \(status)")]
    }
}
