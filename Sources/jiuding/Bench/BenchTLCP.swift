// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody

/// Measures links: handshakes and bulk data of both suites on one core, beside OpenSSL's SM2 and SM4.
struct BenchTLCP: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tlcp",
        abstract: phrase("Measure TLCP handshakes and bulk data.", zh: "测量 TLCP 握手与批量数据。"),
        discussion: phrase(
            "One thread, CPU time, in turns with OpenSSL. Both ends run on the one core, so one end costs about half. "
                + "Needs no node.\n\nExample: jiuding bench tlcp --seconds 2",
            zh: "单线程，按 CPU 时间，与 OpenSSL 轮流进行。两端同在一核，单端约为一半。不需要节点。\n\n"
                + "示例：jiuding bench tlcp --seconds 2"))

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
        var rows = try LinkRows(seconds: seconds)
        try rows.measureAll { terminal.note("· \($0)") }
        CryptoReport(rows: rows.rows).show(on: terminal)
    }
}
