// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi
import Testing

/// LED-15: what the loss of a cloud or a site would mean.
@Suite struct FailureDomainsTests {
    private func domains(_ labels: [String]) throws -> FailureDomains {
        let validators = try labels.enumerated().map { place, label in
            Validator(
                key: ThrowAwayKey(place).publicKey, name: Label(literal: "v"), organization: Label(literal: "o"),
                failureDomain: try #require(Label(label)))
        }
        return FailureDomains(
            of: try #require(Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters())))
    }

    @Test("four clouds of one validator each: any one may go (LED-15)")
    func spread() throws {
        let spread = try domains(["移动云", "电信云", "联通云", "广电云"])
        #expect(spread.survivesAnyCloud && spread.survivesAnySite)
        #expect(spread.clouds.map(\.validators) == [1, 1, 1, 1] && spread.quorum == 3)
    }

    @Test("two of four in one cloud: it may not go, and it is named; its sites may (LED-15)")
    func crowded() throws {
        let crowded = try domains(["移动云/东区", "电信云", "移动云/西区", "联通云"])
        #expect(!crowded.survivesAnyCloud && crowded.survivesAnySite)
        #expect(crowded.largest.name == "移动云" && crowded.largest.validators == 2)
        #expect(crowded.clouds.map(\.isDispensable) == [false, true, true])
        #expect(crowded.sites.map(\.name).contains("移动云/西区"))
    }

    @Test("a committee of one cannot do without its cloud; seven with f = 2 can lose a cloud of two (LED-15)")
    func sizes() throws {
        #expect(try !domains(["a"]).survivesAnyCloud)
        #expect(try domains(["a", "a", "b", "b", "c", "c", "d"]).survivesAnyCloud)
        #expect(try !domains(["a", "a", "a", "b", "c", "d", "e"]).survivesAnyCloud)
    }

    @Test("a label that ends or begins with the stroke is taken as it stands (LED-15)")
    func oddLabels() throws {
        #expect(try domains(["/x", "a/", "a", "//"]).clouds.map(\.name).sorted() == ["", "a"])
    }
}
