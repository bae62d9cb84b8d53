// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Values given as options, each refused by the option's name.
enum Words {
    static func label(_ text: String, _ option: String) throws(Failure) -> Ledger.Label {
        guard let label = Ledger.Label(text), !label.isEmpty else {
            throw .usage(
                phrase("\(option) is 1 to 255 bytes of plain text", zh: "\(option) 应为 1 到 255 字节且不含控制字符"),
                fix: phrase("choose a shorter name", zh: "请改用较短的名称"))
        }
        return label
    }

    static func key(_ text: String, _ option: String) throws(Failure) -> SM2.PublicKey {
        guard let key = MemberChoice.key(text) ?? keyInFile(text) else {
            throw .usage(
                phrase("\(option) is no SM2 public key", zh: "\(option) 不是 SM2 公钥"),
                fix: phrase(
                    "give the 130 digits that `jiuding key show` prints, or a file that its --json wrote",
                    zh: "请给出 jiuding key show 所示的 130 位数字，或其 --json 输出的文件"))
        }
        return key
    }

    /// The public key in what `jiuding key new --json` or `key show --json` printed.
    private static func keyInFile(_ path: String) -> SM2.PublicKey? {
        guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= 4_096,
            case .object(let fields)? = try? JSONValue(parsing: [UInt8](bytes)),
            case .text(let digits)? = fields.first(where: { $0.key == "publicKey" })?.value
        else { return nil }
        return MemberChoice.key(digits)
    }

    static func roles(_ text: String, _ option: String) throws(Failure) -> RoleSet {
        var roles = RoleSet.none
        for word in text.split(separator: ",") {
            guard let role = MemberRole(word: String(word)) else {
                let known = MemberRole.allCases.map(\.word).joined(separator: ", ")
                throw .usage(
                    phrase("\(option): \(word) is no role", zh: "\(option)：没有角色 \(word)"),
                    fix: phrase("roles are \(known), with commas between them", zh: "角色有 \(known)，以逗号分隔"))
            }
            roles = roles.union(RoleSet(role))
        }
        return roles
    }

    static func digest(_ text: String?, _ option: String) throws(Failure) -> Digest? {
        guard let text else { return nil }
        guard let digest = Digest(hex: text) else { throw Identified.failure(option, text) }
        return digest
    }

    static func certificate(_ path: String) throws(Failure) -> Certificate {
        do throws(CustodyError) { return try CredentialFile.certificate(at: path) } catch { throw Failure(error) }
    }

    static func policy(_ text: String) throws(Failure) -> Policy {
        do throws(PolicyError) {
            return try Policy(text)
        } catch {
            throw Failure(
                .usage, "JD-4033",
                phrase(
                    "the policy makes no sense at byte \(error.position): \(error.english)",
                    zh: "策略第 \(error.position) 字节有误：\(error.chinese)"),
                fix: phrase("see jiuding govern policy --help", zh: "见 jiuding govern policy --help"))
        }
    }

    static func resource(_ text: String) throws(Failure) -> Resource {
        guard let resource = Resource(phrase: text) else {
            throw Failure(
                .usage, "JD-4034", phrase("\"\(text)\" is no resource", zh: "“\(text)”不是资源"),
                fix: phrase("write \(PolicyWords.resources)", zh: "请写\(PolicyWords.resourcesZh)"))
        }
        return resource
    }
}

/// How long a member, an organisation or a contract is frozen.
struct FreezeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("Over at this height, or +N; default until it is ended.", zh: "到期高度或 +N；默认直至解冻。"),
            valueName: "height"))
    var until: String?

    /// The freeze's end, and the proposal's reason as its own.
    func freeze(_ options: ProposalOptions, tip: Height) throws(Failure) -> GovernanceAct.Freeze {
        guard let reason = options.reason else {
            throw .usage(
                phrase("a freeze needs a reason", zh: "冻结须有理由"),
                fix: phrase("give it with --reason", zh: "请用 --reason 给出"))
        }
        var end = Height(Height.max)
        if let until {
            guard let height = ProposalOptions.height(until, tip: tip) else {
                throw .usage(
                    phrase("--until is a height or +N, not \(until)", zh: "--until 应为高度或 +N，而非 \(until)"),
                    fix: phrase("leave it out for a freeze without an end", zh: "省略则不设期限"))
            }
            end = height
        }
        return GovernanceAct.Freeze(until: end, reason: try Words.label(reason, "--reason"))
    }
}
