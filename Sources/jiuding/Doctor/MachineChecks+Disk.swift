// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hosting

extension MachineChecks {
    /// When the chains below a data directory will have filled its disk; nil where no node has kept count there.
    static func daysLeft(_ data: String) -> Finding? {
        let files = FileManager.default
        let nodes = (try? files.contentsOfDirectory(atPath: data)) ?? []
        let folders = ([data] + nodes.filter { $0.hasPrefix("node-") }.sorted().map { "\(data)/\($0)" }).flatMap {
            node in
            let names = (try? files.contentsOfDirectory(atPath: "\(node)/chains")) ?? []
            return names.sorted().map { "\(node)/chains/\($0)" }
        }
        let growths = folders.map { DiskWatch.growth(in: $0) }.filter { !$0.samples.isEmpty }
        guard !growths.isEmpty else { return nil }
        return finding(DiskForecast(freeBytes: DiskSpace.freeBytes(at: data), of: growths))
    }

    private static func finding(_ forecast: DiskForecast) -> Finding {
        let name = phrase("days left", zh: "磁盘可用天数")
        let size = Quantity.bytes(forecast.chainBytes)
        guard let perDay = forecast.bytesPerDay else {
            return .ok(
                name,
                phrase(
                    "not known before the chains have run for an hour; they take \(size)", zh: "运行满一小时后可知；链占用 \(size)"))
        }
        guard let days = forecast.daysLeft else {
            return .ok(name, phrase("the chains do not grow; they take \(size)", zh: "链未增长，占用 \(size)"))
        }
        let pace = Quantity.bytes(UInt64(min(perDay, 1e18)))
        let shown = days < 10_000 ? Quantity.oneDecimal(days) : "> 10000"
        let fact = phrase(
            "\(shown) days until the disk is full: \(pace) a day, the chains take \(size)",
            zh: "约 \(shown) 天后磁盘写满：每天 \(pace)，链占用 \(size)")
        let fix = phrase(
            "add room, or keep fewer old blocks: an archive folder and a retention for each chain",
            zh: "请扩容，或为各链设置归档目录与保留高度，减少旧区块")
        if days < 3 { return .fail(name, fact, fix: fix) }
        return days < 30 ? .warn(name, fact, fix: fix) : .ok(name, fact)
    }
}
