// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Ledger
import ShangMi

/// Public keys that a new chain admits from the start, one a line in hexadecimal digits, a name behind it.
enum MemberFile {
    /// - Parameter home: the organisation they are members of.
    static func read(_ path: String?, home: String = LocalFounding.organization(0)) throws -> [Member] {
        guard let path else { return [] }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure.usage(
                phrase("the member file \(path) cannot be read", zh: "无法读取成员文件 \(path)"),
                fix: phrase("check the path", zh: "请检查路径"))
        }
        return try text.split(separator: "\n").enumerated().compactMap { number, line in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { return nil }
            guard let bytes = Hex.decode(first), let key = SM2.PublicKey(bytes), let organization = Label(home),
                let name = Label(words.count > 1 ? words[1] : "member-\(number + 1)")
            else {
                throw Failure.usage(
                    phrase("line \(number + 1) of \(path) is no public key", zh: "\(path) 第 \(number + 1) 行不是公钥"),
                    fix: phrase("write 128 hexadecimal digits, X then Y", zh: "请写 128 位十六进制数，先 X 后 Y"))
            }
            return Member(key: key, name: name, organization: organization)
        }
    }
}
