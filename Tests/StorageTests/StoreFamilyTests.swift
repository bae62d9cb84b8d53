// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Storage
import Testing

@Suite("StoreFamily: which records lie together")
struct StoreFamilyTests {
    @Test(
        "records lie by how long they live (DATA-13)",
        arguments: [
            ([], StoreFamily.general), ([0x01, 0x78], .general), ([0x02, 0, 0], .bodies), ([0x03, 0], .general),
            ([0x04, 0], .general), ([0x05, 9], .index), ([0x06, 0], .general), ([0x07, 1, 7], .index),
            ([0x08], .general), ([0x0b, 0x4e], .general), ([0x10], .general), ([0x10, 0x4e, 0], .nodes),
            ([0x10, 0x4a], .nodes), ([0x10, 0x52, 1], .nodes), ([0x10, 0x4c, 1, 2], .leaves), ([0x10, 0x48], .general),
            ([0x10, 0xff], .general), ([0x11, 0x4e], .general), ([0xff, 0x4e], .general),
        ] as [([UInt8], StoreFamily)])
    func family(key: [UInt8], family: StoreFamily) { #expect(StoreFamily(of: key) == family) }

    @Test("a range is cut into parts that are in order, meet, lie in one family each, and make it whole (DATA-13)")
    func parts() {
        var random = SeededRandom(seed: 13)
        func key() -> [UInt8] {
            let first = UInt8([0x01, 0x02, 0x03, 0x05, 0x07, 0x10, 0x10, 0x10, 0x11][random.below(9)])
            let second = UInt8([0x00, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x52, 0xff][random.below(9)])
            return Array([first, second, 0][..<random.below(4)])
        }
        for _ in 0..<2_000 {
            let (start, end) = (key(), random.below(4) == 0 ? nil : key())
            let parts = StoreFamily.parts(from: start, to: end)
            for _ in 0..<20 {
                let probe = key()
                let isInside =
                    !probe.lexicographicallyPrecedes(start)
                    && (end.map { probe.lexicographicallyPrecedes($0) } ?? true)
                let holders = parts.filter { part in
                    !probe.lexicographicallyPrecedes(part.start)
                        && (part.end.map { probe.lexicographicallyPrecedes($0) } ?? true)
                }
                #expect(holders.map(\.family) == (isInside ? [StoreFamily(of: probe)] : []))
            }
            for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.end == next.start) }
        }
        #expect(StoreFamily.parts(from: [0x10, 0x4e], to: [0x10, 0x4f]).count == 1)
        #expect(StoreFamily.parts(from: [3], to: [2]).isEmpty)
    }

    @Test("the places of families are those in the list of all (DATA-13)")
    func places() { #expect(StoreFamily.allCases.map(\.place) == Array(0..<StoreFamily.allCases.count)) }
}
