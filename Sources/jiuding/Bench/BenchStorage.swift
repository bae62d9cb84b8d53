// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// Measures the authenticated state over RocksDB, beside plain RocksDB with the same puts.
struct BenchStorage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: phrase("Measure the state tree beside plain RocksDB.", zh: "测量状态树，并与普通 RocksDB 对比。"),
        discussion: phrase(
            "Blocks of 4,000 inserts, in turns, at each number of records. Needs no node.\n\n"
                + "Example: jiuding bench storage --records 10000,1000000",
            zh: "每块插入 4000 条，轮流进行，在每个记录数处测量。不需要节点。\n\n示例：jiuding bench storage --records 10000,1000000"))

    @Option(help: ArgumentHelp(phrase("Sizes to measure at, rising, with commas.", zh: "测量的记录数，递增，以逗号分隔。")))
    var records = "10000,1000000"

    @Flag(help: ArgumentHelp(phrase("Go on to 10 million records.", zh: "继续测到一千万条记录。")))
    var full = false

    @Option(
        help: ArgumentHelp(
            phrase("Where the stores lie; removed when done.", zh: "存储所在目录，结束后删除。"), valueName: "dir"))
    var data: String?

    @OptionGroup var output: OutputOptions

    private var sizes: [Int] {
        records.split(separator: ",").compactMap { Int($0) } + (full ? [10_000_000] : [])
    }

    func validate() throws {
        let sizes = sizes
        let isRising = zip(sizes, sizes.dropFirst()).allSatisfy { $0 < $1 }
        guard let first = sizes.first, let last = sizes.last, isRising, first >= 1_000, last <= 100_000_000
        else {
            throw ValidationError(
                phrase(
                    "--records are rising numbers from 1000 to 100000000",
                    zh: "--records 应为 1000 到 100000000 之间的递增数"))
        }
    }

    mutating func run() throws {
        let terminal = output.terminal
        let folder =
            data ?? "\(NSTemporaryDirectory())jiuding-bench-\(ProcessInfo.processInfo.processIdentifier)"
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw Failure.usage(
                phrase("\(folder) exists", zh: "\(folder) 已存在"),
                fix: phrase("name a new directory", zh: "请指定新目录"))
        }
        try DataDirectory.makeFolder(folder, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bar = ProgressBar(
            terminal, label: phrase("inserting", zh: "插入"), unit: .items, total: Double(sizes.last ?? 0))
        var run = try StorageRun(folder: folder)
        defer { run.close() }
        var points: [StorageRun.Point] = []
        for size in sizes { points.append(try run.point(size) { bar.advance(by: Double($0)) }) }
        bar.finish()
        terminal.emit(json(points))
        terminal.say(BenchMachine.line)
        terminal.say()
        terminal.say(table(points))
    }

    private func table(_ points: [StorageRun.Point]) -> TableLayout {
        var table = TableLayout([
            .init(phrase("records", zh: "记录数"), .right), .init(phrase("store", zh: "存储")),
            .init(phrase("inserts/s", zh: "插入/秒"), .right),
            .init(phrase("CPU µs/insert", zh: "CPU µs/插入"), .right),
            .init(phrase("reads/s", zh: "读/秒"), .right), .init(phrase("proofs/s", zh: "证明/秒"), .right),
            .init(phrase("bytes/record", zh: "字节/记录"), .right),
        ])
        for point in points {
            let sides = [
                (phrase("state tree", zh: "状态树"), point.tree, "\(Int(point.proofsPerSecond))"),
                ("RocksDB", point.plain, "–"),
            ]
            for (name, side, proofs) in sides {
                table.add([
                    "\(point.records)", name, "\(Int(side.insertsPerSecond))",
                    Quantity.oneDecimal(side.microsecondsPerInsert), "\(Int(side.readsPerSecond))", proofs,
                    Quantity.oneDecimal(side.bytesPerRecord),
                ])
            }
        }
        return table
    }

    private func json(_ points: [StorageRun.Point]) -> JSONText {
        let results = points.map { point -> JSONText in
            [
                "records": .whole(point.records), "tree": side(point.tree), "rocksdb": side(point.plain),
                "proofsPerSecond": .decimal(point.proofsPerSecond),
                "ratio": [
                    "inserts": .decimal(point.tree.insertsPerSecond / point.plain.insertsPerSecond),
                    "reads": .decimal(point.tree.readsPerSecond / point.plain.readsPerSecond),
                    "bytes": .decimal(point.tree.bytesPerRecord / point.plain.bytesPerRecord),
                ],
            ]
        }
        return ["machine": BenchMachine.json, "versions": BenchMachine.versions(), "results": .list(results)]
    }

    private func side(_ side: StorageRun.Side) -> JSONText {
        [
            "insertsPerSecond": .decimal(side.insertsPerSecond),
            "cpuMicrosecondsPerInsert": .decimal(side.microsecondsPerInsert),
            "readsPerSecond": .decimal(side.readsPerSecond), "bytesPerRecord": .decimal(side.bytesPerRecord),
        ]
    }
}
