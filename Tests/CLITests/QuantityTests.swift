// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ledger
import Testing
import jiuding

struct QuantityTests {
    @Test("sizes and times are said in the largest unit that fits")
    func quantities() {
        #expect(Quantity.bytes(0) == "0 B")
        #expect(Quantity.bytes(1023) == "1023 B")
        #expect(Quantity.bytes(4 << 30) == "4.0 GiB")
        #expect(Quantity.bytes(.max) == "16.0 EiB")
        #expect(Quantity.duration(0.44) == "0.4 s")
        #expect(Quantity.duration(200) == "3 min 20 s")
        #expect(Quantity.duration(7500) == "2 h 5 min")
        #expect(Quantity.duration(.infinity) == "?")
    }

    @Test("a timestamp is written in RFC 3339, leap days included")
    func universal() {
        #expect(Timestamp(0).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(1_709_164_800_007).rfc3339 == "2024-02-29T00:00:00.007Z")
        #expect(Timestamp(1_795_237_191_123).rfc3339 == "2026-11-21T04:59:51.123Z")
    }

    @Test("local time stands beside universal time, with its date where that is another day")
    func local() throws {
        let shanghai = try #require(TimeZone(secondsFromGMT: 8 * 3600))
        let moment = Timestamp(1_795_237_191_123)
        #expect(moment.localAndUniversal(zone: shanghai) == "2026-11-21 12:59:51 +08:00 (04:59:51 UTC)")
        let evening = Timestamp(1_795_219_200_000 + 20 * 3_600_000)
        #expect(evening.localAndUniversal(zone: shanghai) == "2026-11-22 04:00:00 +08:00 (2026-11-21 20:00:00 UTC)")
    }
}
