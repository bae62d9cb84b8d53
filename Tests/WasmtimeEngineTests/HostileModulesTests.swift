// SPDX-License-Identifier: Apache-2.0
import Execution
import Ledger
import Testing
import WasmtimeEngine

/// Every module of `Tests/Hostile` on a chain: refused when it is published or deployed, or stopped when it is called.
@Suite("Modules that mean harm", .serialized, .needsLibrary)
struct HostileModulesTests {
    private static func chain() throws -> HostileChain {
        var chain = try HostileChain()
        let bystander = try #require(listed([.bystander]).first).module
        try #require(try chain.publish(bystander) == (0, true) && chain.deploy(bystander, as: ["desk"]) == 0)
        return chain
    }

    private static func listed(_ places: Set<HostileModule.Place>) -> [HostileModule] {
        HostileModule.all.filter { places.contains($0.place) }
    }

    @Test("there are more than sixty, each with a name of its own")
    func count() {
        #expect(HostileModule.all.count > 150)
        #expect(Set(HostileModule.all.map(\.name)).count == HostileModule.all.count)
    }

    @Test("what is no contract's code is refused with its own code, and others of its block are not harmed (CTR-2)")
    func published() throws {
        var chain = try Self.chain()
        for module in Self.listed([.upload, .publish]) {
            let seen = try chain.publish(module.module)
            #expect(seen.code == module.code && seen.othersUnharmed, "\(module.name)")
        }
    }

    @Test("code that does harm when it begins voids the proposal that would deploy it (CTR-9)")
    func deployed() throws {
        var chain = try Self.chain()
        for module in Self.listed([.deploy]) {
            #expect(try chain.publish(module.module) == (0, true), "\(module.name)")
            #expect(try chain.deploy(module.module, as: ["harm"]) == module.code, "\(module.name)")
        }
    }

    @Test(
        "code that does harm when called ends with its own code, and a block is else what it is without it (EXEC-2)"
    )
    func called() throws {
        var chain = try Self.chain()
        var round: UInt8 = 0
        for (place, module) in HostileModule.all.enumerated() where module.place == .call {
            round += 1
            #expect(try chain.publish(module.module) == (0, true), "\(module.name)")
            let names = module.names(at: place)
            #expect(try chain.deploy(module.module, as: names) == 0, "\(module.name)")
            let bad = try chain.call(names[0], module.argument)
            let good = [
                chain.deposit(), try chain.call("desk", [round], purse: 20_000), chain.deposit(),
                try chain.call("desk", [round, round], purse: 20_000),
            ]
            // What is refused before any code runs stands in their places: records tell the place of their transaction.
            let nobody = [try chain.call("nobody"), try chain.call("nobody")]
            let alone = try chain.attempt(Array(good[..<2]) + nobody + Array(good[2...]))
            // Twice: nothing that a run leaves behind is there for the next.
            let again = try chain.call(names[0], module.argument)
            let outcome = try chain.run([good[0], good[1], bad, again, good[2], good[3]])
            let codes = outcome.outcomes.map(\.code.value)
            #expect(codes == [0, 0, module.code, module.code, 0, 0], "\(module.name)")
            #expect(outcome.outcomes[2].gasUsed == outcome.outcomes[3].gasUsed, "\(module.name)")
            #expect(try chain.held("desk", "value") == [round, round], "\(module.name)")
            guard module.code != 0 else { continue }
            #expect(outcome.writes.map(\.key) == alone.writes.map(\.key), "\(module.name)")
            #expect(outcome.writes.map(\.value) == alone.writes.map(\.value), "\(module.name)")
            #expect(outcome.outcomes[2].events.isEmpty)
        }
    }
}
