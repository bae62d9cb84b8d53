// SPDX-License-Identifier: Apache-2.0

/// Ports of this machine that nobody listens on now.
enum FreePorts {
    /// How far peers' ports lie above the gateways'.
    static let peersAbove = 100

    /// A port that is free with its `count - 1` neighbours, and as many a hundred above; nil where none was found.
    static func first(_ count: Int) -> Int? {
        for _ in 0..<50 {
            let first = Int.random(in: 20_000..<30_000)
            let all = (0..<count).flatMap { [first + $0, first + peersAbove + $0] }
            if all.allSatisfy({ !MachineChecks.isTaken($0) }) { return first }
        }
        return nil
    }
}
