// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Measures this build on this machine.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: phrase("Measure this build on this machine.", zh: "在本机测量此版本的性能。"),
        discussion: phrase(
            "Every figure names its conditions; docs/benchmarks.md says what each means.\n\n"
                + "Example: jiuding bench chain",
            zh: "每个数字都注明条件，含义见 docs/benchmarks.md。\n\n示例：jiuding bench chain"),
        subcommands: [
            BenchChain.self, BenchContract.self, BenchCrypto.self, BenchPermissions.self, BenchStorage.self,
            BenchTestbed.self, BenchTLCP.self,
        ])
}
