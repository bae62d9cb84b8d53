// SPDX-License-Identifier: Apache-2.0
import KeyCustody

/// Rows of measurements as people and programs read them.
struct CryptoReport {
    let rows: [CryptoRows.Row]

    func show(on terminal: Terminal) {
        terminal.emit(json)
        terminal.say(BenchMachine.line)
        terminal.say(OpenSSLReference.version)
        terminal.say()
        terminal.say(table)
    }

    private var table: TableLayout {
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

    private var json: JSONText {
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
