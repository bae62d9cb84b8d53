// SPDX-License-Identifier: Apache-2.0

/// What `bench contract` found, as people and programs read it.
struct ContractReport {
    let rows: ContractRows

    func show(on terminal: Terminal) {
        terminal.emit(json)
        terminal.say(BenchMachine.line)
        terminal.say()
        terminal.say(
            phrase(
                "call, 2 reads and 2 writes, fresh instance: \(Int(rows.callsPerSecond)) a second",
                zh: "每次调用新实例，读写各两次：每秒 \(Int(rows.callsPerSecond)) 次"))
        terminal.say(
            phrase(
                "the same inside another contract's call: \(Int(rows.nestedPerSecond)) a second",
                zh: "由另一合约调用同样内容：每秒 \(Int(rows.nestedPerSecond)) 次"))
        terminal.say()
        terminal.say(table)
        terminal.say(
            phrase(
                "slowest to fastest, cache misses (*) aside: \(Quantity.oneDecimal(rows.spread))x",
                zh: "最慢与最快之比（不计缓存缺失 *）：\(Quantity.oneDecimal(rows.spread)) 倍"))
        let computing = Quantity.oneDecimal(rows.slowestBlock.computing)
        let missing = Quantity.oneDecimal(rows.slowestBlock.missing)
        terminal.say(
            phrase(
                "a full block of the slowest: \(computing) ms; of the slowest with *: \(missing) ms",
                zh: "满块最慢程序耗时：\(computing) 毫秒；带 * 者：\(missing) 毫秒"))
    }

    private var table: TableLayout {
        var table = TableLayout([
            .init(phrase("program", zh: "程序")), .init(phrase("ns per 100 gas", zh: "每 100 gas 纳秒"), .right),
            .init(phrase("µs a run", zh: "每次微秒"), .right), .init("gas", .right),
        ])
        for row in rows.rows {
            table.add([
                row.name + (row.missesCaches ? " *" : ""), Quantity.oneDecimal(row.nanosecondsPerGas * 100),
                Quantity.oneDecimal(row.nanosecondsPerRun / 1_000), "\(row.gas)",
            ])
        }
        return table
    }

    private var json: JSONText {
        let results = rows.rows.map { row -> JSONText in
            [
                "name": .text(row.name), "nanosecondsPerGas": .decimal(row.nanosecondsPerGas),
                "nanosecondsPerRun": .decimal(row.nanosecondsPerRun), "gas": .whole(row.gas),
                "missesCaches": .flag(row.missesCaches),
            ]
        }
        return [
            "machine": BenchMachine.json, "versions": BenchMachine.versions(),
            "callsPerSecond": .decimal(rows.callsPerSecond), "nestedCallsPerSecond": .decimal(rows.nestedPerSecond),
            "spread": .decimal(rows.spread), "slowestBlockMilliseconds": .decimal(rows.slowestBlock.computing),
            "slowestBlockMissingCachesMilliseconds": .decimal(rows.slowestBlock.missing), "results": .list(results),
        ]
    }
}
