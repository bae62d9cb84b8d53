// SPDX-License-Identifier: Apache-2.0
import Ledger

// The one text form of a policy, as people write it and the state holds it (PERM-3).
extension Policy {
    /// The canonical text.
    package var text: String { written(within: false) }

    private func written(within conjunction: Bool) -> String {
        switch self {
        case .forbidden: return "forbidden"
        case .own(let circle): return "self" + circle.suffix
        case .quota(let quota, let pool, let circle): return quota.text(of: pool) + circle.suffix
        case .either(let parts):
            let text = parts.map { $0.written(within: false) }.joined(separator: " or ")
            return conjunction ? "(\(text))" : text
        case .every(let parts): return parts.map { $0.written(within: true) }.joined(separator: " and ")
        }
    }

    /// Reads a policy; white space and the case of key words do not matter.
    package init(_ text: String) throws(PolicyError) {
        var parser = PolicyParser(text)
        self = try parser.policy()
    }

    /// Reads what the state holds: canonical text and nothing else.
    package init?(canonical bytes: [UInt8]) {
        guard bytes.count <= Limits.policyBytesMax else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let policy = try? Policy(text), Array(policy.text.utf8) == bytes else { return nil }
        self = policy
    }
}

extension Policy.Circle {
    var text: String {
        switch self {
        case .everyone: "members"
        case .roles(let roles): "role(\(roles.roles.map(\.word).joined(separator: ", ")))"
        case .groups(let names): "group(\(PolicyWord.list(names)))"
        case .organizations(let names): "org(\(PolicyWord.list(names)))"
        }
    }

    fileprivate var suffix: String { self == .everyone ? "" : " by " + text }
}

extension Policy.Quota {
    fileprivate func text(of pool: Policy.Pool) -> String {
        let whom =
            switch pool {
            case .members(let circle): circle.text
            case .organizations: "orgs"
            case .named(let names): "org(\(PolicyWord.list(names)))"
            }
        switch self {
        case .any: return "any of \(whom)"
        case .all: return "all of \(whom)"
        case .majority: return "majority of \(whom)"
        case .count(let count):
            if case .named(let names) = pool { return "\(count) of \(names.count) \(whom)" }
            return "\(count) of \(whom)"
        }
    }
}

/// Names of organisations and groups within a policy.
enum PolicyWord {
    static let reserved: Set<String> = [
        "any", "all", "majority", "of", "or", "and", "by", "self", "forbidden", "members", "orgs", "org", "role",
        "group",
    ]

    static func list(_ names: [Label]) -> String { names.map { written($0) }.joined(separator: ", ") }

    /// Bare where it reads as one word, else in quotes.
    static func written(_ name: Label) -> String {
        let bytes = name.utf8
        let isBare =
            !bytes.isEmpty && bytes.allSatisfy(isWord) && !bytes.allSatisfy { (0x30...0x39).contains($0) }
            && !reserved.contains(lowercased(bytes))
        if isBare { return name.text }
        var text = "\""
        for scalar in name.text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }

    /// Letters, digits, `-`, `_`, `.`, and everything beyond ASCII.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x80...0xff: true
        default: false
        }
    }

    static func lowercased(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

/// Why a text is no policy, and where: a byte's place, counted from 0.
package struct PolicyError: Error, Hashable, Sendable {
    package enum Problem: Hashable, Sendable {
        case tooLong, tooDeep, tooManyClauses, tooManyNames, unclosedQuote, badName, badCharacter
        /// What was found instead of what may stand here.
        case unexpected(String, wanted: String)
        case unknownRole(String)
        /// `all` and `majority` count organisations.
        case countsMembers
        /// `2 of 4 org(a, b, c)`, or more than there are.
        case wrongTotal(Int, names: Int)
        case zero
    }

    package let problem: Problem
    package let position: Int

    package var english: String {
        switch problem {
        case .tooLong: "a policy is at most \(Limits.policyBytesMax) bytes long"
        case .tooDeep: "parentheses are at most \(Limits.policyDepthMax) deep"
        case .tooManyClauses: "a policy has at most \(Limits.policyClausesMax) clauses"
        case .tooManyNames: "a list has at most \(Limits.policyNamesMax) names"
        case .unclosedQuote: "the quotation mark is never closed"
        case .badName: "this is no name"
        case .badCharacter: "this character has no meaning here"
        case .unexpected(let found, let wanted): "\(found) stands where \(wanted) should"
        case .unknownRole(let name): "there is no role \(name)"
        case .countsMembers: "all and majority count organisations; write: majority of orgs by role(…)"
        case .wrongTotal(let total, let names): "it says \(total), and \(names) are named"
        case .zero: "the number begins at 1"
        }
    }

    package var chinese: String {
        switch problem {
        case .tooLong: "策略最长 \(Limits.policyBytesMax) 字节"
        case .tooDeep: "括号最多 \(Limits.policyDepthMax) 层"
        case .tooManyClauses: "策略最多 \(Limits.policyClausesMax) 个子句"
        case .tooManyNames: "列表最多 \(Limits.policyNamesMax) 个名称"
        case .unclosedQuote: "引号未闭合"
        case .badName: "此处不是名称"
        case .badCharacter: "此字符在此没有意义"
        case .unexpected(let found, let wanted): "此处应为 \(wanted)，却是 \(found)"
        case .unknownRole(let name): "没有角色 \(name)"
        case .countsMembers: "all 和 majority 只计机构；请写 majority of orgs by role(…)"
        case .wrongTotal(let total, let names): "写的是 \(total)，列出的是 \(names) 个"
        case .zero: "数量从 1 开始"
        }
    }
}
