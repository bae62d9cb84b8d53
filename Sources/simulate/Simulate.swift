// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import ShangMi
import Simulation

/// What was asked for on the command line.
struct Arguments {
    private var values: [String: String] = [:]
    private(set) var unknown: String?
    private static let flags: Set<String> = [
        "--trace", "--json", "--hashes", "--latency", "--load", "--pace", "--mutants", "--help",
    ]
    private static let options: Set<String> = [
        "--seed", "--seeds", "--first", "--jobs", "--shrink", "--worker", "--stride", "--mutant", "--cut", "--directed",
    ]

    init(_ words: [String]) {
        var index = 1
        while index < words.count {
            let word = words[index]
            if Arguments.flags.contains(word) {
                values[word] = ""
                index += 1
            } else if Arguments.options.contains(word), index + 1 < words.count {
                values[word] = words[index + 1]
                index += 2
            } else {
                unknown = word
                return
            }
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }
    func text(_ name: String) -> String? { values[name] }
    func number(_ name: String) -> UInt64? { values[name].flatMap { UInt64($0) } }
}

/// The program: runs worlds and says what they came to.
struct Simulate {
    static let usage = """
        simulate --seed N [--trace]                 one world, with its story
        simulate --seeds COUNT [--first SEED] [--jobs 2] [--json]
        simulate --hashes --seeds COUNT [--first SEED]
        simulate --shrink SEED                      the smallest world that still fails
        simulate --latency                          milliseconds to finality, by size and distance
        simulate --load                             throughput with one down; what a step costs
        simulate --pace [--seeds 200] [--first SEED]  worlds a second on one core, four validators, 60 s each
        simulate --mutants                          in a build with MUTANTS=1: is each broken rule noticed?
        """

    let arguments: Arguments
    private let program: String

    init(_ words: [String]) {
        arguments = Arguments(words)
        program = words[0]
    }

    func run() -> Int32 {
        if let word = arguments.unknown {
            print("simulate: \(word) is not understood\n\(Simulate.usage)")
            return 2
        }
        if let seed = arguments.number("--seed") { return runOne(seed) }
        if let first = arguments.number("--worker") { return work(first) }
        if arguments.has("--mutants") { return MutantTable(program: program).run(only: arguments.text("--mutant")) }
        if let seed = arguments.number("--shrink") { return shrink(seed) }
        if arguments.has("--latency") { return measureLatency() }
        if arguments.has("--load") { return measureLoad() }
        if arguments.has("--pace") { return measurePace() }
        if let count = arguments.number("--seeds") {
            let soak = Soak(
                program: program, first: arguments.number("--first") ?? 0, count: count,
                jobs: Int(arguments.number("--jobs") ?? 1),
                style: arguments.has("--hashes")
                    ? .hashes
                    : arguments.has("--json") ? .json : .people)
            return soak.run()
        }
        print(Simulate.usage)
        return arguments.has("--help") ? 0 : 2
    }

    // MARK: One world

    private func plan(_ seed: UInt64) -> WorldPlan {
        var plan = WorldPlan.random(seed: seed)
        if let mutant = arguments.text("--mutant").flatMap(Mutant.init(rawValue:)) {
            plan = WorldPlan.against(mutant, seed: seed)
            #if MUTANTS
            // SAFETY: before the first world of this process begins.
            unsafe Mutant.active = mutant
            #endif
        }
        if let cut = arguments.text("--cut").flatMap(Cut.init(text:)) { cut.apply(to: &plan) }
        return plan
    }

    private func runOne(_ seed: UInt64) -> Int32 {
        let plan = plan(seed)
        say("seed \(seed): \(plan.summary)")
        var world = World(plan, tracer: arguments.has("--trace") ? { say($0.columns) } : nil)
        let report = world.run()
        print(report.text)
        return report.violation == nil ? 0 : 1
    }

    // MARK: Shrinking

    /// Each candidate runs in a process of its own, so that a trap can be shrunk like a violation.
    private func shrink(_ seed: UInt64) -> Int32 {
        let same = arguments.text("--mutant").map { ["--mutant", $0] } ?? []
        var rule: String?
        var shrinker = Shrinker(plan(seed)) { cut in
            let worker = Worker(
                program: program, first: seed, stride: 1, count: 1, extra: ["--cut", cut.text] + same)
            var found: String?
            while !worker.isOver {
                for line in worker.lines() {
                    if case .trapped = line { found = "TRAP" }
                    if case .world(let world) = line { found = world.rule }
                }
            }
            if rule == nil { rule = found }
            // Another rule broken on the way would be another failure.
            return found != nil && found == rule
        }
        guard let cut = shrinker.shrink() else {
            print("seed \(seed) does not fail")
            return 0
        }
        print("\(rule ?? ""): \(shrinker.tried) worlds tried; run again with")
        print("simulate --seed \(seed) --cut \"\(cut.text)\" --trace")
        return 1
    }

    // MARK: Latency

    private func measureLatency() -> Int32 {
        say("     n  link ms  final ms  in delays  worst ms  period ms  submitted ms  after crash ms")
        for nodes in [4, 7, 19, 50, 100] {
            for delay in [5, 20, 50] as [UInt64] {
                let result = LatencyProbe(nodes: nodes, delayMillis: delay).measure()
                let tenths = result.finalMiddle * 10 / (delay * 1_000_000)
                let columns = [
                    "\(nodes)", "\(delay)", millis(result.finalMiddle), "\(tenths / 10).\(tenths % 10)",
                    millis(result.finalWorst), millis(result.period), millis(result.submitted),
                    millis(result.viewChange),
                ]
                let widths = [6, 9, 10, 11, 10, 11, 14, 16]
                say(zip(columns, widths).map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined())
            }
        }
        return 0
    }

    func millis(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: A worker: one line a world, for a parent that outlives a trap

    private func work(_ first: UInt64) -> Int32 {
        let stride = arguments.number("--stride") ?? 1
        let count = arguments.number("--seeds") ?? 1
        for step in 0..<count {
            let seed = first + step * stride
            var world = World(plan(seed))
            say(WorkerLine(world.run()).text)
        }
        return 0
    }
}

/// Writes a line at once: what a trap comes after must not be lost with it.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

extension TraceLine {
    var columns: String {
        let millis = instant / 1_000_000
        let micros = instant / 1_000 % 1_000
        let time =
            String(repeating: " ", count: max(0, 7 - "\(millis)".count)) + "\(millis)."
            + String(repeating: "0", count: 3 - "\(micros)".count) + "\(micros)"
        let who = node < 0 ? " -" : (node < 10 ? " \(node)" : "\(node)")
        let place = "v\(view) h\(height)"
        return "\(time) \(who) \(place.padding(toLength: 10, withPad: " ", startingAt: 0)) "
            + kind.padding(toLength: 7, withPad: " ", startingAt: 0) + text
    }
}

extension WorldReport {
    var text: String {
        var lines = ["hash \(hash.hex)"]
        lines.append(
            "\(events) events, \(simulated / 1_000_000_000) s simulated, \(coverage.blocks) blocks, "
                + "\(coverage.transactions) transactions, \(coverage.views) views, \(coverage.messages) messages")
        if let healing { lines.append("healed after \(healing / 1_000_000) ms") }
        if let violation {
            lines.append("VIOLATION \(violation.rule) at \(violation.instant / 1_000_000) ms: \(violation.text)")
        }
        return lines.joined(separator: "\n")
    }
}
