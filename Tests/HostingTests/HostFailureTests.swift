// SPDX-License-Identifier: Apache-2.0
import Execution
import Hosting
import Storage
import Testing

/// What an operator is told of a block that this machine cannot execute.
@Suite struct HostFailureTests {
    @Test(
        "each trouble with running contracts has its code, and only what heals is tried again (HOST-8, HOST-9, CTR-4)")
    func troubles() {
        func failure(heals: Bool, needsOtherProgram: Bool) -> HostFailure {
            HostFailure(
                ExecutionTrouble.engine(
                    EngineTrouble(what: "why", heals: heals, needsOtherProgram: needsOtherProgram)))
        }
        let passing = failure(heals: true, needsOtherProgram: false)
        let lasting = failure(heals: false, needsOtherProgram: false)
        let other = failure(heals: false, needsOtherProgram: true)
        #expect([passing, lasting, other].map(\.code) == [1515, 1516, 1517])
        #expect([passing, lasting, other].map(\.mayHeal) == [true, false, false])
        #expect(other.fix.contains("version"), "no other library helps")
        #expect(HostFailure(ExecutionTrouble.store(.corrupt(what: "a contract's module"))).code == 1502)
    }
}
