// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation

// What a node's configuration says of its logs of acts and reads.
extension NodeConfiguration {
    package struct Audit: Hashable, Sendable {
        /// A member's key that puts the log's digest on the chain; nil leaves it without anchors.
        package var anchorKey: String?
        package var anchorChain: String
        package var anchorSeconds: Int
        /// Over which span what is alike is one row.
        package var countSeconds: Int
        /// Files of 16 MiB of the log of reads.
        package var readFilesKept: Int
        /// Days for which rows stay at hand, and the folder older files of reads go to.
        package var keptDays: Int
        package var archive: String?

        package init(
            anchorKey: String? = nil, anchorChain: String, anchorSeconds: Int = 600, countSeconds: Int = 60,
            readFilesKept: Int = 64, keptDays: Int = AuditRetention.daysMin, archive: String? = nil
        ) {
            self.anchorKey = anchorKey
            self.anchorChain = anchorChain
            self.anchorSeconds = anchorSeconds
            self.countSeconds = countSeconds
            self.readFilesKept = readFilesKept
            self.keptDays = keptDays
            self.archive = archive
        }
    }

    /// - Spec: AUD-6 to AUD-8, NODE-2.
    static func audit(
        _ section: ConfigurationSection?, _ chains: [String]
    ) throws(ConfigurationFlaw) -> Audit {
        let first = chains.first ?? ""
        guard var section else { return Audit(anchorChain: first) }
        func whole(_ range: ClosedRange<Int>) -> (String) -> Int? {
            { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
        }
        let audit = Audit(
            anchorKey: try section.optionalFile("anchor-key"),
            anchorChain: try section.value(
                "anchor-chain", default: first, "one of \(chains.joined(separator: ", "))",
                zh: "其中之一：\(chains.joined(separator: "、"))"
            ) { chains.contains($0) ? $0 : nil },
            anchorSeconds: try section.value(
                "anchor-seconds", default: 600, "1 to 86400", zh: " 1 到 86400", whole(1...86_400)),
            countSeconds: try section.value(
                "count-seconds", default: 60, "1 to 3600", zh: " 1 到 3600", whole(1...3_600)),
            readFilesKept: try section.value(
                "read-files-kept", default: 64, "1 to 100000", zh: " 1 到 100000", whole(1...100_000)),
            keptDays: try section.value(
                "kept-days", default: AuditRetention.daysMin, "183 to 36500: half a year is the least",
                zh: " 183 到 36500，至少半年", whole(AuditRetention.daysMin...36_500)),
            archive: try section.optionalFile("archive"))
        try section.end()
        return audit
    }
}
