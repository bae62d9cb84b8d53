// SPDX-License-Identifier: Apache-2.0
import Hosting
import Ledger
import Testing

@Suite struct DiskForecastTests {
    private static let hour: UInt64 = 3_600_000

    private func growth(_ bytes: [UInt64], every span: UInt64 = DiskForecastTests.hour) -> DiskGrowth {
        var growth = DiskGrowth()
        for (index, bytes) in bytes.enumerated() {
            growth.note(.init(at: Timestamp(1_000_000 + UInt64(index) * span), bytes: bytes))
        }
        return growth
    }

    @Test("steady growth is told exactly, and noise around it does not move the days left much (BACK-9)")
    func slope() throws {
        let steady = growth((0..<48 as Range<UInt64>).map { 1 << 40 + $0 * 1_000 })
        #expect(abs(try #require(steady.bytesPerDay) - 24_000) < 0.01)
        let forecast = DiskForecast(freeBytes: 96 << 20 + 240_000, of: [steady])
        #expect(abs(try #require(forecast.daysLeft) - 10) < 0.001)
        #expect(forecast.chainBytes == 1 << 40 + 47_000)
        // A store writes tables and compacts them: it goes up and down by more than an hour brings.
        let noisy = growth((0..<48 as Range<UInt64>).map { 1 << 30 + $0 * 1_000 + ($0 % 3) * 5_000 })
        #expect(abs(try #require(noisy.bytesPerDay) - 24_000) < 1_200)
        let both = DiskForecast(freeBytes: 96 << 20 + 480_000, of: [steady, noisy, DiskGrowth()])
        #expect(abs(try #require(both.daysLeft) - 10) < 0.5)
    }

    @Test("what is not known is not told: too short a time, one look, no growth, no room (BACK-9)")
    func unknown() {
        #expect(DiskGrowth().bytesPerDay == nil)
        #expect(growth([5]).bytesPerDay == nil)
        #expect(growth([5, 9], every: Self.hour - 1).bytesPerDay == nil)
        #expect(growth([5, 9]).bytesPerDay == 96)
        #expect(DiskForecast(freeBytes: 1 << 40, of: [growth([9, 5])]).daysLeft == nil)
        #expect(DiskForecast(freeBytes: 1 << 40, of: [DiskGrowth()]).daysLeft == nil)
        #expect(DiskForecast(freeBytes: 5, of: [growth([5, 9])]).daysLeft == 0)
    }

    @Test("the ring is bounded, survives being written down, and a clock set back forgets what lies ahead (BACK-9)")
    func ring() {
        var long = growth((0..<1_000 as Range<UInt64>).map { $0 })
        #expect(long.samples.count == DiskGrowth.samplesMax && long.samples.last?.bytes == 999)
        #expect(DiskGrowth(text: long.text) == long)
        #expect(DiskGrowth(text: "garbage\n1 2 3\n-1 5\n\n7 8") == DiskGrowth(text: "7 8\n"))
        let middle = long.samples[100]
        long.note(.init(at: middle.at, bytes: 1))
        #expect(long.samples.count == 101 && long.samples.last?.bytes == 1)
    }

    @Test("a running chain keeps count beside itself (BACK-9)")
    func running() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        for _ in 0..<200 {
            if await host.snapshot().disk.chainBytes > 0 { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        // Two safety files of 64 slots of 32 KiB.
        #expect(await host.snapshot().disk.chainBytes >= 4 << 20)
        #expect(await host.snapshot().disk.freeBytes > 0)
        await host.close()
        #expect(DiskWatch.growth(in: chain.directory).samples.count == 1)
    }
}
