// SPDX-License-Identifier: Apache-2.0
import Foundation
import Simulation

extension Simulate {
    /// How many worlds of four validators, faults drawn at random, some 60 simulated seconds each, this machine plays
    /// on one core: one thread, its processor time alone, so that neighbours on the machine count little.
    func measurePace() -> Int32 {
        let count = max(1, arguments.number("--seeds") ?? 200)
        let first = arguments.number("--first") ?? 0
        var (simulated, events): (UInt64, UInt64) = (0, 0)
        // The pool of keys and the tables of the curve are made once a process.
        var warm = World(WorldPlan.paced(seed: first))
        _ = warm.run()
        let began = clock()
        for seed in first..<(first + count) {
            var world = World(WorldPlan.paced(seed: seed))
            let report = world.run()
            if let violation = report.violation {
                print("seed \(seed): \(violation.rule) \(violation.text)")
                return 1
            }
            simulated += report.simulated
            events += report.events
        }
        let seconds = Double(clock() - began) / Double(CLOCKS_PER_SEC)
        let each = Double(simulated) / Double(count) / 1e9
        say("worlds of 4 validators     \(count), \(String(format: "%.1f", each)) simulated s each")
        say("processor time             \(String(format: "%.2f", seconds)) s of one core")
        say("worlds a second            \(String(format: "%.1f", Double(count) / seconds))")
        say("worlds of 60 s a second    \(String(format: "%.1f", Double(simulated) / 60e9 / seconds))")
        say("events a second            \(UInt64(Double(events) / seconds))")
        return 0
    }
}
