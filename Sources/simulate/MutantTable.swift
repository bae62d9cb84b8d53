// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Simulation

/// Looks for each broken rule in worlds meant for it, each in a process of its own, and says which were noticed.
struct MutantTable {
    let program: String

    func run(only name: String?) -> Int32 {
        #if MUTANTS
        say("mutant                       caught by  seed  seeds  how")
        var (missed, hunted) = (0, 0)
        for mutant in Mutant.allCases where name == nil || mutant.rawValue == name {
            let row = hunt(mutant)
            hunted += 1
            if !row.isCaught { missed += 1 }
            say(row.text)
        }
        say("\(hunted - missed) of \(hunted) noticed")
        return missed == 0 ? 0 : 1
        #else
        print("simulate: this build has no mutants; build it with MUTANTS=1 and CORE_ONLY=1")
        return 2
        #endif
    }

    private func hunt(_ mutant: Mutant) -> (text: String, isCaught: Bool) {
        let limit = WorldPlan.seedsAgainstMutant
        let worker = Worker(
            program: program, first: 0, stride: 1, count: limit, extra: ["--mutant", mutant.rawValue])
        let name = mutant.rawValue.padding(toLength: 28, withPad: " ", startingAt: 0)
        while !worker.isOver {
            for line in worker.lines() {
                switch line {
                case .trapped(let seed, let why):
                    worker.stop()
                    return ("\(name) trap       \(seed)  \(seed + 1)  \(why)", true)
                case .world(let world):
                    guard let rule = world.rule else { continue }
                    worker.stop()
                    let by = rule.padding(toLength: 10, withPad: " ", startingAt: 0)
                    return ("\(name) \(by) \(world.seed)  \(world.seed + 1)  \(world.why.prefix(110))", true)
                }
            }
        }
        return ("\(name) NOT NOTICED in \(limit) worlds", false)
    }
}
