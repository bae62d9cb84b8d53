// SPDX-License-Identifier: Apache-2.0
import ShangMi

/// Names given as hexadecimal digits.
enum Identified {
    static func digest(_ text: String) -> Digest? { Digest(hex: text) }

    static func failure(_ option: String, _ found: String) -> Failure {
        .usage(
            phrase(
                "\(option) is 64 hexadecimal digits, found \(found.count) characters",
                zh: "\(option) 应为 64 位十六进制，实为 \(found.count) 个字符"),
            fix: phrase("copy the whole of it, without spaces", zh: "请完整复制，不含空格"))
    }
}
