// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// How a command answers.
struct OutputOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            phrase("Print one JSON object on stdout and nothing else there.", zh: "在标准输出只打印一个 JSON 对象。")))
    var json = false

    @Option(
        help: ArgumentHelp(
            phrase("Language: zh or en. Default: LANG, else English.", zh: "语言：zh 或 en。默认取 LANG，否则英文。"),
            valueName: "zh|en"))
    var lang: Language?

    var terminal: Terminal { Terminal(json: json) }
}
