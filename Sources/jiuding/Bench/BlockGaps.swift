// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Ledger

/// How long the chain stood still between two final blocks, by the blocks' own times.
struct BlockGaps: Sendable {
    /// The longest in the three seconds after the kill.
    let worst: Double
    /// The longest before the moment: what is usual under this load.
    let worstBefore: Double
    /// The longest later on: a turn of the dead one that is still waited for would show here.
    let worstLater: Double
    let median: Double
    let blocks: Int

    private static let settling: UInt64 = 3_000

    /// - Parameters:
    ///   - height: blocks above it are looked at.
    ///   - moment: when the validator was killed.
    static func read(from client: NodeClient, above height: Height, after moment: Timestamp) async throws -> BlockGaps {
        var times: [UInt64] = []
        var next = height
        while true {
            let from = next
            let page = try await Failure.naming { () async throws(ClientError) in
                try await client.blocks("main", from: from, limit: 1_000)
            }
            times += page.map(\.header.timestamp.value)
            guard let last = page.last, page.count == 1_000 else { break }
            next = last.header.height.next
        }
        // The last gap is the end of the load.
        let all = zip(times, times.dropFirst()).map { (end: $1, length: Double($1 - $0)) }
        let gaps = all.filter { $0.end >= moment.value }
        let before = all.filter { $0.end < moment.value }.map(\.length)
        let early = gaps.filter { $0.end < moment.value + settling }.map(\.length)
        let later = gaps.filter { $0.end >= moment.value + settling }.map(\.length)
        let sorted = gaps.map(\.length).sorted()
        return BlockGaps(
            worst: early.max() ?? 0, worstBefore: before.max() ?? 0, worstLater: later.max() ?? 0,
            median: sorted.isEmpty ? 0 : sorted[sorted.count / 2], blocks: gaps.count)
    }

    var line: String {
        phrase(
            "worst \(Int(worst)) ms, after 3 s \(Int(worstLater)) ms, before \(Int(worstBefore)) ms, "
                + "median \(Int(median)) ms, \(blocks) blocks",
            zh: "最长 \(Int(worst)) 毫秒，3 秒后最长 \(Int(worstLater)) 毫秒，此前最长 \(Int(worstBefore)) 毫秒，"
                + "中位 \(Int(median)) 毫秒，共 \(blocks) 块")
    }

    var json: JSONText {
        [
            "worstMs": .decimal(worst), "worstLaterMs": .decimal(worstLater),
            "worstBeforeMs": .decimal(worstBefore), "medianMs": .decimal(median),
            "blocks": .whole(blocks),
        ]
    }
}
