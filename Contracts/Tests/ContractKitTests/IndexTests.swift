// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Testing

/// The index, held against a sorted array that does everything the slow way.
@Suite("the ordered index")
struct IndexTests {
    private struct Draws {
        var state: UInt64

        mutating func below(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
    }

    private struct Pages: Contract {
        static let index = Index<UInt64, Text>("index")

        static func declare(_ contract: inout Declaration) throws(Failure) {
            contract.title("pages", version: 1, zh: "", en: "")
            let number = Field<UInt64>("number", zh: "", en: "")
            try contract.method("insert", .change, zh: "", en: "", takes: number, do: insert)
            try contract.method("remove", .change, zh: "", en: "", takes: number, do: remove)
            try contract.method(
                "page", .view, zh: "", en: "", takes: Field<UInt64?>("from", zh: "", en: ""),
                Field<UInt64?>("below", zh: "", en: ""), Field<Bool>("back", zh: "", en: ""), number,
                Field<Bytes?>("after", zh: "", en: ""), do: page)
        }

        static func insert(_ number: UInt64) throws(Failure) -> Bool { try index.insert(Text(number), under: number) }

        static func remove(_ number: UInt64) throws(Failure) -> Bool { try index.remove(Text(number), under: number) }

        /// The orders found, and the cursor of the last.
        static func page(
            _ from: UInt64?, _ below: UInt64?, _ back: Bool, _ limit: UInt64, _ after: Bytes?
        ) throws(Failure) -> Pair<[UInt64], Bytes> {
            let found = try index.page(from: from, below: below, isBackwards: back, limit: limit, after: after)
            var orders: [UInt64] = []
            for entry in found {
                if entry.item != Text(entry.order) { throw .stateMismatch }
                orders.append(entry.order)
            }
            return Pair(orders, found.last?.cursor ?? .empty)
        }
    }

    /// What `page` answers: a pair of values that need not sort.
    private struct Pair<First: Storable, Second: Storable>: Storable {
        let first: First
        let second: Second

        init(_ first: First, _ second: Second) {
            self.first = first
            self.second = second
        }

        func encode(into writer: inout Writer) {
            writer.put(first)
            writer.put(second)
        }

        init(from reader: inout Reader) throws(Failure) {
            first = try reader.take()
            second = try reader.take()
        }

        static var shape: Shape { .record("pair", [.init("first", First.shape), .init("second", Second.shape)]) }
    }

    private func page(
        _ chain: TestChain, _ from: UInt64?, _ below: UInt64?, back: Bool, limit: UInt64, after: Bytes? = nil
    ) throws -> Pair<[UInt64], Bytes> {
        try chain.call("pages", "page", from, below, back, limit, after, answer: Pair<[UInt64], Bytes>.self)
    }

    /// Reads every node from the head down and checks what KIT-6 says of it. Gives the entries.
    private func walk(_ chain: TestChain, _ node: UInt64, height: UInt64, isRoot: Bool) throws -> [[UInt8]] {
        let key = Array("index~".utf8) + node.encoded.array
        guard let bytes = chain.stored("pages", key) else { return [] }
        var reader = Reader(Bytes(bytes))
        let count = try reader.number(max: 16)
        #expect(isRoot || count >= 8)
        var entries: [[UInt8]] = []
        for _ in 0..<count {
            let bound = try reader.lengthAndBytes().array
            let child = try reader.number()
            #expect((child == 0) == (height == 1))
            if child == 0 {
                entries.append(bound)
                continue
            }
            let below = try walk(chain, child, height: height - 1, isRoot: false)
            #expect(below.allSatisfy { !$0.lexicographicallyPrecedes(bound) })
            #expect(entries.allSatisfy { $0.lexicographicallyPrecedes(bound) })
            entries += below
        }
        #expect(reader.remaining == 0)
        return entries
    }

    private func check(_ chain: TestChain, _ expected: Set<UInt64>) throws {
        let head = try [UInt64](decoding: Bytes(chain.stored("pages", Array("index#".utf8)) ?? [4, 1, 1, 0, 1]))
        let entries = try walk(chain, head[0], height: head[1], isRoot: true)
        #expect(entries.count == expected.count && head[2] == UInt64(expected.count))
        let orders = try entries.map { bytes in
            var reader = Reader(Bytes(bytes))
            return try UInt64(ordered: &reader)
        }
        #expect(orders == expected.sorted())
        // Nothing of nodes that are gone is left behind.
        let nodes = chain.state(of: "pages").count - 1
        #expect(nodes <= max(1, expected.count / 4))
    }

    @Test("KIT-6: 3,000 random insertions and removals leave a sound tree and the same entries as a sorted array")
    func random() throws {
        let chain = TestChain()
        try chain.install(Pages.self, as: "pages")
        var draws = Draws(state: 88_172_645_463_325_252)
        var expected: Set<UInt64> = []
        for round in 0..<3000 {
            // It grows, then shrinks to almost nothing, twice.
            let grows = (round / 750) % 2 == 0
            let number = draws.below(400)
            if draws.below(10) < (grows ? 8 : 2) {
                #expect(
                    try chain.call("pages", "insert", number, answer: Bool.self) == expected.insert(number).inserted)
            } else {
                let wasThere = expected.remove(number) != nil
                #expect(try chain.call("pages", "remove", number, answer: Bool.self) == wasThere)
            }
            if round % 100 == 99 { try check(chain, expected) }
        }
        for number in expected.sorted() { _ = try chain.call("pages", "remove", number, answer: Bool.self) }
        try check(chain, [])
    }

    @Test("KIT-5, KIT-6: ranges, pages and cursors give what a sorted array gives, in both directions")
    func ranges() throws {
        let chain = TestChain()
        try chain.install(Pages.self, as: "pages")
        var draws = Draws(state: 2_463_534_242)
        var all: Set<UInt64> = []
        for _ in 0..<500 {
            let number = draws.below(2000)
            all.insert(number)
            try chain.call("pages", "insert", number)
        }
        let sorted = all.sorted()
        for _ in 0..<150 {
            let from: UInt64? = draws.below(4) == 0 ? nil : draws.below(2100)
            let below: UInt64? = draws.below(4) == 0 ? nil : draws.below(2100)
            let back = draws.below(2) == 0
            let limit = draws.below(40)
            let range = sorted.filter { $0 >= from ?? 0 && $0 < below ?? .max }
            let wanted = back ? range.reversed() : range
            let first = try page(chain, from, below, back: back, limit: limit)
            #expect(first.first == Array(wanted.prefix(Int(limit))))
            guard !first.first.isEmpty else { continue }
            let second = try page(chain, from, below, back: back, limit: limit, after: first.second)
            #expect(second.first == Array(wanted.dropFirst(Int(limit)).prefix(Int(limit))))
        }
    }

    @Test("KIT-5: a cursor from outside narrows a range and never widens it")
    func cursors() throws {
        let chain = TestChain()
        try chain.install(Pages.self, as: "pages")
        for number in 0..<60 as Range<UInt64> { try chain.call("pages", "insert", number) }
        let low = Bytes([0])
        let high = Bytes([0xff])
        #expect(try page(chain, 10, 20, back: false, limit: 99, after: low).first == Array(10..<20))
        #expect(try page(chain, 10, 20, back: false, limit: 99, after: high).first == [])
        #expect(try page(chain, 10, 20, back: true, limit: 99, after: high).first == Array((10..<20).reversed()))
        #expect(try page(chain, 10, 20, back: true, limit: 99, after: low).first == [])
    }

    @Test("KIT-6: the same calls leave the same bytes; 1,000 entries, the worst way in, make at most four levels")
    func shape() throws {
        let chains = [TestChain(), TestChain()]
        for chain in chains {
            try chain.install(Pages.self, as: "pages")
            for number in 0..<1000 as Range<UInt64> { try chain.call("pages", "insert", number) }
        }
        #expect(chains[0].state(of: "pages").map(\.value) == chains[1].state(of: "pages").map(\.value))
        let head = try [UInt64](decoding: Bytes(try #require(chains[0].stored("pages", Array("index#".utf8)))))
        #expect(head[1] <= 4 && head[2] == 1000)
    }
}
