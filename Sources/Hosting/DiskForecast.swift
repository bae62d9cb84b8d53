// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Ledger
import Synchronization

/// How large a chain's files were at some moments: enough to say how fast they grow.
/// - Spec: BACK-9.
package struct DiskGrowth: Hashable, Sendable {
    package struct Sample: Hashable, Sendable {
        package let at: Timestamp
        package let bytes: UInt64

        package init(at: Timestamp, bytes: UInt64) { (self.at, self.bytes) = (at, bytes) }
    }

    /// One an hour for two weeks.
    package static let samplesMax = 336
    /// A slope over less says more about one flush than about a day.
    private static let spanMillisMin: UInt64 = 3_600_000
    private static let dayMillis = 86_400_000.0

    /// Ascending in time.
    package private(set) var samples: [Sample] = []

    package init() {}

    /// Takes a sample in; the oldest makes room. Where the clock was set back, what lies ahead of it now is forgotten.
    package mutating func note(_ sample: Sample) {
        samples.removeAll { $0.at >= sample.at }
        samples.append(sample)
        if samples.count > DiskGrowth.samplesMax { samples.removeFirst(samples.count - DiskGrowth.samplesMax) }
    }

    /// The slope of the line that fits the samples best; nil where they span less than an hour.
    /// - Returns: bytes a day, less than 0 where the chain became smaller.
    package var bytesPerDay: Double? {
        guard let first = samples.first, let last = samples.last,
            last.at.value - first.at.value >= DiskGrowth.spanMillisMin
        else { return nil }
        // Seen from the first sample, so that no precision is lost to large numbers.
        let points = samples.map {
            (x: Double($0.at.value - first.at.value) / DiskGrowth.dayMillis, y: Double($0.bytes) - Double(first.bytes))
        }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        guard spread > 0 else { return nil }
        return points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    }

    /// One line a sample: milliseconds since 1970, a blank, bytes.
    package var text: String { samples.map { "\($0.at.value) \($0.bytes)\n" }.joined() }

    /// Reads what `text` gave; lines that are none are left out, for nothing but a forecast hangs on them.
    package init(text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 2, let at = UInt64(fields[0]), let bytes = UInt64(fields[1]), at <= Height.max else {
                continue
            }
            note(Sample(at: Timestamp(at), bytes: bytes))
        }
    }
}

/// When the disk will be full, if all goes on as it did.
/// - Spec: BACK-9.
package struct DiskForecast: Hashable, Sendable {
    /// What an ordinary process may still write.
    package let freeBytes: UInt64
    /// What the chain's files take now; 0 before the first look.
    package let chainBytes: UInt64
    /// Nil where it is not known yet.
    package let bytesPerDay: Double?

    package init(freeBytes: UInt64, chainBytes: UInt64, bytesPerDay: Double?) {
        self.freeBytes = freeBytes
        self.chainBytes = chainBytes
        self.bytesPerDay = bytesPerDay
    }

    /// The forecast for several chains on one disk.
    /// - Parameter growths: one a chain; one that is not known yet counts as nothing.
    package init(freeBytes: UInt64, of growths: [DiskGrowth]) {
        let known = growths.compactMap(\.bytesPerDay)
        self.init(
            freeBytes: freeBytes, chainBytes: growths.reduce(0) { $0 + ($1.samples.last?.bytes ?? 0) },
            bytesPerDay: known.isEmpty ? nil : known.reduce(0, +))
    }

    /// Days until only the reserve is free; nil where the chain does not grow, or it is not known how fast.
    package var daysLeft: Double? {
        guard let bytesPerDay, bytesPerDay > 0 else { return nil }
        return Double(freeBytes - min(freeBytes, DiskSpace.reserveBytes)) / bytesPerDay
    }
}

/// Looks how large one chain's directory is, at its start and once an hour, and keeps it beside the chain.
/// - Spec: BACK-9.
package final class DiskWatch: Sendable {
    package static let fileName = "growth"
    private let directory: String
    private let growth: Mutex<DiskGrowth>
    private let task = Mutex<Task<Void, Never>?>(nil)

    package init(directory: String) {
        self.directory = directory
        growth = Mutex(DiskWatch.growth(in: directory))
    }

    /// What is known of a chain's directory, by whoever asks.
    package static func growth(in directory: String) -> DiskGrowth {
        let text = try? String(contentsOfFile: "\(directory)/\(fileName)", encoding: .utf8)
        return DiskGrowth(text: text ?? "")
    }

    package var forecast: DiskForecast {
        DiskForecast(freeBytes: DiskSpace.freeBytes(at: directory), of: [growth.withLock { $0 }])
    }

    /// Looks now and every hour, until `end`.
    func begin() {
        // Unstructured, for it lives as long as the chain; detached, for walking a folder is no work for its thread.
        let fresh = Task.detached(priority: .background) { [weak self] in
            while !Task.isCancelled {
                self?.look(at: HostClock.wall)
                try? await Task.sleep(for: .seconds(3_600))
            }
        }
        task.withLock { old in
            old?.cancel()
            old = fresh
        }
    }

    func end() {
        task.withLock { old in
            old?.cancel()
            old = nil
        }
    }

    /// Takes a sample and writes the file anew; a file that cannot be written costs nothing but the memory of it.
    func look(at moment: Timestamp) {
        let text = growth.withLock { growth in
            growth.note(.init(at: moment, bytes: DiskWatch.bytes(below: directory)))
            return growth.text
        }
        try? Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(DiskWatch.fileName)"), options: .atomic)
    }

    /// The bytes of all files in a folder; files that go away meanwhile are left out.
    private static func bytes(below folder: String) -> UInt64 {
        var total: UInt64 = 0
        for name in FileManager.default.enumerator(atPath: folder) ?? FileManager.DirectoryEnumerator() {
            guard let name = name as? String,
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"),
                attributes[.type] as? FileAttributeType == .typeRegular
            else { continue }
            total += attributes[.size] as? UInt64 ?? 0
        }
        return total
    }
}
