// SPDX-License-Identifier: Apache-2.0
import Foundation
import Simulation

extension Simulate {
    private static let paceRounds = 3

    /// How many worlds of four validators, faults drawn at random, some 60 simulated seconds each, this machine plays
    /// on one core: one thread, its processor time alone, and of each world the fastest of three times, so that
    /// neighbours on the machine count little. (The same program ran 13 to 19 worlds a second within a minute on a
    /// shared host.)
    func measurePace() -> Int32 {
        let count = max(1, arguments.number("--seeds") ?? 200)
        let first = arguments.number("--first") ?? 0
        var (simulated, events): (UInt64, UInt64) = (0, 0)
        // The pool of keys and the tables of the curve are made once a process.
        var warm = World(WorldPlan.paced(seed: first))
        _ = warm.run()
        var seconds = 0.0
        for seed in first..<(first + count) {
            var least = Double.infinity
            var played: WorldReport?
            for _ in 0..<Simulate.paceRounds {
                let began = clock()
                var world = World(WorldPlan.paced(seed: seed))
                let report = world.run()
                least = min(least, Double(clock() - began) / Double(CLOCKS_PER_SEC))
                played = report
            }
            guard let report = played, report.violation == nil else {
                print("seed \(seed): \(played?.violation?.rule ?? "") \(played?.violation?.text ?? "")")
                return 1
            }
            seconds += least
            simulated += report.simulated
            events += report.events
        }
        let each = Double(simulated) / Double(count) / 1e9
        say("worlds of 4 validators     \(count), \(String(format: "%.1f", each)) simulated s each")
        say("processor time             \(String(format: "%.2f", seconds)) s of one core")
        say("worlds a second            \(String(format: "%.1f", Double(count) / seconds))")
        say("worlds of 60 s a second    \(String(format: "%.1f", Double(simulated) / 60e9 / seconds))")
        say("events a second            \(UInt64(Double(events) / seconds))")
        return 0
    }
}
