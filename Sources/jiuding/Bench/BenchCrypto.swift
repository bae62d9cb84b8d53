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
        CryptoReport(rows: rows.rows).show(on: terminal)
    }
}
