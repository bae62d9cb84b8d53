// SPDX-License-Identifier: Apache-2.0
import Foundation
import ShangMi
import Simulation

/// What a worker tells its parent of one world, as one line of columns.
struct WorkerLine {
    let seed: UInt64
    let nodes: Int
    let hash: String
    let events: UInt64
    let simulated: UInt64
    let healing: UInt64?
    let rule: String?
    let why: String
    let totals: [UInt64]
    let sights: [UInt64]
    let refusals: [UInt64]

    init(_ report: WorldReport) {
        seed = report.seed
        nodes = report.nodes
        hash = report.hash.hex
        events = report.events
        simulated = report.simulated
        healing = report.healing
        rule = report.violation?.rule
        why = report.violation.map { "at \($0.instant / 1_000_000) ms: \($0.text)" } ?? ""
        let coverage = report.coverage
        totals = [coverage.blocks, coverage.transactions, coverage.views, coverage.messages]
        sights = coverage.sights
        refusals = coverage.refusals
    }

    var text: String {
        func list(_ numbers: [UInt64]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
        return [
            "world", "\(seed)", "\(nodes)", hash, "\(events)", "\(simulated)", healing.map { "\($0)" } ?? "-",
            rule ?? "-", why, list(totals), list(sights), list(refusals),
        ].joined(separator: "\t")
    }

    init?(line: String) {
        let parts = String(line).components(separatedBy: "\t")
        guard parts.count == 12, parts[0] == "world", let seed = UInt64(parts[1]), let nodes = Int(parts[2]),
            let events = UInt64(parts[4]), let simulated = UInt64(parts[5])
        else { return nil }
        func list(_ text: String) -> [UInt64] { text.split(separator: ",").compactMap { UInt64($0) } }
        self.seed = seed
        self.nodes = nodes
        hash = parts[3]
        self.events = events
        self.simulated = simulated
        healing = UInt64(parts[6])
        rule = parts[7] == "-" ? nil : parts[7]
        why = parts[8]
        totals = list(parts[9])
        sights = list(parts[10])
        refusals = list(parts[11])
    }
}
