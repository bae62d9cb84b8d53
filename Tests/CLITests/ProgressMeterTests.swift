// SPDX-License-Identifier: Apache-2.0
import Testing
import jiuding

struct ProgressMeterTests {
    @Test("half done at a steady rate leaves as long as it took")
    func steady() {
        var meter = ProgressMeter(unit: .bytes, total: 1000, at: 0)
        for second in 1...5 { meter.advance(by: 100, at: Double(second)) }
        #expect(meter.fraction == 0.5)
        #expect(meter.rate == 100)
        #expect(meter.secondsLeft == 5)
    }

    @Test("the rate follows the last seconds and forgets a slow start")
    func recent() {
        var meter = ProgressMeter(unit: .items, total: 10_000, at: 0)
        meter.advance(by: 1, at: 100)
        for second in 101...120 { meter.advance(by: 50, at: Double(second)) }
        #expect((meter.rate ?? 0) > 40)
    }

    @Test("nothing measured yet is no rate, and nothing to do is all done")
    func empty() {
        let meter = ProgressMeter(unit: .bytes, total: 0, at: 0)
        #expect(meter.rate == nil)
        #expect(meter.secondsLeft == nil)
        #expect(meter.fraction == 1)
    }

    @Test("a line fits its terminal; where the bar has no room the facts stay", arguments: [20, 60, 80, 200])
    func fits(columns: Int) {
        var meter = ProgressMeter(unit: .bytes, total: 4e9, at: 0)
        meter.advance(by: 1e9, at: 3)
        let line = meter.line(label: "depositing", columns: columns)
        #expect(line.contains("25%"))
        if columns >= 80 { #expect(TextWidth.columns(line) <= columns && line.contains("[###")) }
    }

    @Test("a million small steps keep a bounded number of samples")
    func bounded() {
        var meter = ProgressMeter(unit: .items, total: 1e6, at: 0)
        for step in 0..<1_000_000 { meter.advance(by: 1, at: Double(step) * 1e-4) }
        #expect(abs((meter.rate ?? 0) - 10_000) < 500)
    }
}
