// SPDX-License-Identifier: Apache-2.0
import Hosting
import Ledger
import Testing

/// Which receipts a node can prove that executes more slowly than the others, or is ahead of them.
@Suite struct ProvableHeightsTests {
    @Test("what headers attest counts once all of it was executed here, and not a part of it (HOST-7)")
    func behind() {
        var provable = ProvableHeights(executed: Height(5))
        provable.attest(Height(5))
        #expect(provable.newest == Height(5))
        provable.attest(Height(7))
        provable.attest(Height(9))
        // The header that attests 6 attests 7 as well, whose history is not here: 6 has no path in it.
        provable.execute(Height(6))
        #expect(provable.newest == Height(5))
        provable.execute(Height(7))
        #expect(provable.newest == Height(7))
        provable.execute(Height(8))
        #expect(provable.newest == Height(7))
        provable.execute(Height(9))
        #expect(provable.newest == Height(9))
    }

    @Test("a node that executes ahead of what is attested proves what is attested, told twice or late (HOST-7)")
    func ahead() {
        var provable = ProvableHeights(executed: Height(4))
        provable.execute(Height(6))
        #expect(provable.newest == .zero)
        for height in [3, 5, 5, 2] { provable.attest(Height(UInt64(height))) }
        #expect(provable.newest == Height(5))
        provable.execute(Height(6))
        #expect(provable.newest == Height(5))
    }
}
