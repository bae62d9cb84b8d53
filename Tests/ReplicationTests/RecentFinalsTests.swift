// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import ShangMi
import Testing

@Suite struct RecentFinalsTests {
    private static func ids(_ count: Int, _ seed: UInt64) -> [TransactionID] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in
            TransactionID(Digest(words: (random.next(), random.next(), random.next(), random.next())))
        }
    }

    @Test("what became final is never denied, however much follows; what is denied is certain")
    func certain() {
        var finals = RecentFinals(above: Height(10))
        var blocks: [(height: Height, ids: [TransactionID])] = []
        for height in 11..<611 as Range<UInt64> {
            let ids = Self.ids(4_000, height)
            finals.insert(ids, at: Height(height))
            blocks.append((Height(height), ids))
        }
        for (height, ids) in blocks {
            // A transaction may stand in a block from its first height on, not before: whenever it says that it does,
            // the newest that may ask is valid from the block's own height.
            let denied = ids.filter { finals.lacks($0, validFrom: height) }
            #expect(denied.isEmpty, "\(denied.count) at \(height)")
        }
        // 2.4 million: one who was valid before they were remembered is not judged at all.
        #expect(!finals.lacks(Self.ids(1, 1)[0], validFrom: Height(10)))
    }

    @Test("of news one in two hundred at most is asked for, with all filters full")
    func rare() {
        var finals = RecentFinals(above: Height(10))
        for height in 11..<1_911 as Range<UInt64> { finals.insert(Self.ids(2_500, height), at: Height(height)) }
        let news = Self.ids(100_000, 1)
        let asked = news.count { !finals.lacks($0, validFrom: Height(1_911)) }
        #expect(asked < 500)
    }

    @Test("where a chain begins, all it ever finalized is remembered")
    func fromGenesis() {
        var finals = RecentFinals(above: .zero)
        let ids = Self.ids(2, 7)
        #expect(finals.lacks(ids[0], validFrom: .zero))
        finals.insert([ids[0]], at: Height(1))
        #expect(!finals.lacks(ids[0], validFrom: .zero))
        #expect(finals.lacks(ids[1], validFrom: .zero))
    }

    @Test("one valid from before this process began is not judged")
    func restarted() {
        let finals = RecentFinals(above: Height(5))
        let id = Self.ids(1, 3)[0]
        #expect(!finals.lacks(id, validFrom: Height(5)))
        #expect(finals.lacks(id, validFrom: Height(6)))
    }
}
