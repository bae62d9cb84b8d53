// SPDX-License-Identifier: Apache-2.0
import Testing
import TidyRules

@Suite struct RuleTests {
    @Test func finding() { #expect(Finding("a.swift", 3, .imports, "no").text == "a.swift:3: imports: no") }
}
