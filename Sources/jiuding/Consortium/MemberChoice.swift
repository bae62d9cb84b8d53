// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Finds the member somebody means: by account, public key, name, `name@organisation`, or its account's first digits.
struct MemberChoice {
    /// Digits of an account that are enough to look for it.
    private static let digitsMin = 8

    static var help: String {
        phrase(
            "A member: its account, its public key, its name, NAME@ORGANISATION, or the first digits of its account.",
            zh: "成员：账户、公钥、名称、名称@机构，或账户的前若干位。")
    }

    let client: NodeClient
    let chain: String

    /// - Throws: JD-4030 where nobody or more than one is meant.
    func account(_ text: String) async throws(Failure) -> AccountID {
        if let account = AccountID(hex: text) { return account }
        if let key = MemberChoice.key(text) { return AccountID(key) }
        let found = try await candidates(text)
        // Somebody who was removed is meant only where nobody else is.
        let present = found.filter { !$0.record.standing.isRemoved }
        let meant = present.isEmpty ? found : present
        guard let first = meant.first, meant.count == 1 else {
            let names = meant.prefix(5).map { "\($0.account.hex.prefix(12))… \($0.title)" }
            throw Failure(
                .usage, "JD-4030",
                meant.isEmpty
                    ? phrase("no member is called \"\(text)\"", zh: "没有名为“\(text)”的成员")
                    : phrase(
                        "\(meant.count) members may be meant by \"\(text)\": \(names.joined(separator: ", "))",
                        zh: "“\(text)”可能指 \(meant.count) 个成员：\(names.joined(separator: "、"))"),
                fix: phrase(
                    "name the account; `jiuding member list` shows them", zh: "请给出账户；可用 jiuding member list 查看"))
        }
        return first.account
    }

    func member(_ text: String) async throws(Failure) -> MemberAnswer {
        let account = try await account(text)
        return try await Failure.naming { () async throws(ClientError) in try await client.member(chain, account) }
    }

    private func candidates(_ text: String) async throws(Failure) -> [MemberAnswer] {
        let isDigits = text.count >= MemberChoice.digitsMin && text.allSatisfy(\.isHexDigit)
        let isMeant = { (entry: MemberAnswer) in
            entry.record.member.name.text == text || entry.title == text
                || isDigits && entry.account.hex.hasPrefix(text.lowercased())
        }
        let found = try await EveryPage.of(where: isMeant) { (cursor) async throws(ClientError) in
            try await client.members(chain, cursor: cursor)
        }
        return found
    }

    /// A public key as `jiuding key show` prints it, or as 128 digits.
    static func key(_ text: String) -> SM2.PublicKey? {
        let digits = text.count == 130 && text.hasPrefix("04") ? String(text.dropFirst(2)) : text
        guard digits.count == 128, let bytes = Hex.decode(digits) else { return nil }
        return SM2.PublicKey(bytes)
    }
}

extension MemberAnswer {
    /// `name@organisation`.
    var title: String { "\(record.member.name.text)@\(record.member.organization.text)" }
}
