// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Simulation

extension Simulate {
    /// Throughput of a healthy chain and of one with a validator gone, and what a step of a replica costs here.
    func measureLoad() -> Int32 {
        say("     n  down  final/s   early ms    late ms  step median us  step p99 us")
        var rates: [UInt64] = []
        for (nodes, isOneDown) in [(4, false), (4, true), (7, false), (7, true), (100, false)] {
            let result = LoadProbe(nodes: nodes, isOneDown: isOneDown).measure {
                DispatchTime.now().uptimeNanoseconds
            }
            rates.append(result.rate)
            let columns = [
                "\(nodes)", isOneDown ? "1" : "0", "\(result.rate)", millis(result.early), millis(result.late),
                micros(result.stepMiddle), micros(result.stepWorst),
            ]
            say(zip(columns, [6, 6, 9, 11, 11, 16, 13]).map { pad($0, to: $1) }.joined())
        }
        if rates[0] > 0 { say("with one of four down: \(rates[1] * 100 / rates[0]) % of the healthy rate") }
        return 0
    }

    private func micros(_ nanoseconds: UInt64) -> String { "\(nanoseconds / 1_000).\(nanoseconds / 100 % 10)" }

    private func pad(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
