// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody

/// Measures SM2, SM3 and SM4 on every code path of this machine, beside OpenSSL.
struct BenchCrypto: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crypto",
        abstract: phrase("Measure SM2, SM3 and SM4 beside OpenSSL.", zh: "测量 SM2、SM3、SM4，并与 OpenSSL 对比。"),
        discussion: phrase(
            "One thread, CPU time, in turns with OpenSSL. Needs no node.\n\nExample: jiuding bench crypto --seconds 2",
            zh: "单线程，按 CPU 时间，与 OpenSSL 轮流进行。不需要节点。\n\n示例：jiuding bench crypto --seconds 2"))

    @Option(help: ArgumentHelp(phrase("CPU seconds of one row.", zh: "每行的 CPU 秒数。")))
    var seconds = 1.0

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0.05...600).contains(seconds) else {
            throw ValidationError(phrase("--seconds lies from 0.05 to 600", zh: "--seconds 应在 0.05 到 600 之间"))
        }
    }

    mutating func run() throws {
        let terminal = output.terminal
        var rows = CryptoRows(seconds: seconds)
        try rows.measureAll { terminal.note("· \($0)") }
        terminal.emit(json(rows.rows))
        terminal.say(BenchMachine.line)
        terminal.say(OpenSSLReference.version)
        terminal.say()
        terminal.say(table(rows.rows))
    }

    private func table(_ rows: [CryptoRows.Row]) -> TableLayout {
        var table = TableLayout([
            .init(phrase("what", zh: "项目")), .init(phrase("path", zh: "路径")),
            .init(phrase("per second", zh: "每秒"), .right), .init("OpenSSL", .right),
            .init(phrase("ratio", zh: "倍数"), .right), .init(phrase("unit", zh: "单位")),
        ])
        for row in rows {
            let reference = row.referencePerSecond
            table.add([
                row.name, row.path, "\(Int(row.perSecond))", reference.map { "\(Int($0))" } ?? "–",
                reference.map { Quantity.oneDecimal(row.perSecond / $0) + "x" } ?? "–", row.unit,
            ])
        }
        return table
    }

    private func json(_ rows: [CryptoRows.Row]) -> JSONText {
        let results = rows.map { row -> JSONText in
            [
                "name": .text(row.name), "path": .text(row.path), "perSecond": .decimal(row.perSecond),
                "unit": .text(row.unit), "reference": row.referencePerSecond == nil ? .null : "OpenSSL EVP",
                "referencePerSecond": row.referencePerSecond.map { .decimal($0) } ?? .null,
                "ratio": row.referencePerSecond.map { .decimal(row.perSecond / $0) } ?? .null,
            ]
        }
        return [
            "machine": BenchMachine.json,
            "versions": BenchMachine.versions(openssl: OpenSSLReference.version),
            "results": .list(results),
        ]
    }
}
