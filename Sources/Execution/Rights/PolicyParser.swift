// SPDX-License-Identifier: Apache-2.0
import Ledger

/// Reads a policy's text by recursive descent; depth and size are bounded before anything is built.
///
/// ```
/// policy  = clauses { "or" clauses }          clauses = clause { "and" clause }
/// clause  = "(" policy ")" | "forbidden" | "self" [by] | quota "of" pool [by] | "any" | "all" | "majority"
/// quota   = "any" | "all" | "majority" | number          by = "by" circle
/// pool    = "orgs" | [number] "org(" names ")" | circle  circle = "members" | "role(…)" | "group(…)" | "org(…)"
/// ```
/// - Spec: PERM-3, PERM-4.
struct PolicyParser {
    private enum Token: Equatable {
        case word(String)
        case quoted([UInt8])
        case open, close, comma, end

        var shown: String {
            switch self {
            case .word(let text): text
            case .quoted(let bytes): "\"" + String(decoding: bytes, as: UTF8.self) + "\""
            case .open: "("
            case .close: ")"
            case .comma: ","
            case .end: "the end"
            }
        }
    }

    private let bytes: [UInt8]
    /// The token not taken yet, where it begins, and where the next is looked for.
    private var token = Token.end
    private var position = 0
    private var next = 0
    private var clauses = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func policy() throws(PolicyError) -> Policy {
        guard bytes.count <= Limits.policyBytesMax else { throw fail(.tooLong) }
        try advance()
        let policy = try alternatives(depth: 0)
        guard token == .end else { throw fail(.unexpected(token.shown, wanted: "or, and")) }
        return policy
    }

    private func fail(_ problem: PolicyError.Problem) -> PolicyError {
        PolicyError(problem: problem, position: position)
    }

    // MARK: Clauses

    private mutating func alternatives(depth: Int) throws(PolicyError) -> Policy {
        var parts: [Policy] = []
        repeat {
            let part = try conjunction(depth: depth)
            if case .either(let inner) = part { parts += inner } else { parts.append(part) }
        } while try take(word: "or")
        return parts.count == 1 ? parts[0] : .either(parts)
    }

    private mutating func conjunction(depth: Int) throws(PolicyError) -> Policy {
        var parts: [Policy] = []
        repeat {
            let part = try clause(depth: depth)
            if case .every(let inner) = part { parts += inner } else { parts.append(part) }
        } while try take(word: "and")
        return parts.count == 1 ? parts[0] : .every(parts)
    }

    private mutating func clause(depth: Int) throws(PolicyError) -> Policy {
        clauses += 1
        guard clauses <= Limits.policyClausesMax else { throw fail(.tooManyClauses) }
        if token == .open {
            guard depth < Limits.policyDepthMax else { throw fail(.tooDeep) }
            try advance()
            let inner = try alternatives(depth: depth + 1)
            try expect(.close, ")")
            return inner
        }
        let begin = position
        switch keyword {
        case "forbidden":
            try advance()
            return .forbidden
        case "self":
            try advance()
            return .own(by: try by())
        case "any": return try quota(.any, alone: .anybody, begin)
        case "all": return try quota(.all, alone: .all, begin)
        case "majority": return try quota(.majority, alone: .majority, begin)
        default:
            guard let count = number else {
                throw fail(.unexpected(token.shown, wanted: "any, all, majority, self, forbidden, a number, ("))
            }
            guard count > 0 else { throw fail(.zero) }
            return try quota(.count(count), alone: nil, begin)
        }
    }

    private mutating func quota(
        _ quota: Policy.Quota, alone: Policy?, _ begin: Int
    ) throws(PolicyError) -> Policy {
        try advance()
        guard try take(word: "of") else {
            if let alone { return alone }
            throw fail(.unexpected(token.shown, wanted: "of"))
        }
        let pool = try pool(quota)
        if case .members = pool, quota == .all || quota == .majority {
            throw PolicyError(problem: .countsMembers, position: begin)
        }
        if case .named(let names) = pool, case .count(let count) = quota, count > names.count {
            throw PolicyError(problem: .wrongTotal(count, names: names.count), position: begin)
        }
        return .quota(quota, of: pool, by: try by())
    }

    private mutating func pool(_ quota: Policy.Quota) throws(PolicyError) -> Policy.Pool {
        let begin = position
        if let total = number {
            guard case .count = quota else { throw fail(.unexpected(token.shown, wanted: "orgs, org(…), role(…)")) }
            try advance()
            guard keyword == "org" else { throw fail(.unexpected(token.shown, wanted: "org(…)")) }
            guard case .organizations(let names) = try circle() else { return .organizations }
            guard names.count == total else {
                throw PolicyError(problem: .wrongTotal(total, names: names.count), position: begin)
            }
            return .named(names)
        }
        if try take(word: "orgs") { return .organizations }
        let circle = try circle()
        if case .organizations(let names) = circle { return .named(names) }
        return .members(circle)
    }

    private mutating func by() throws(PolicyError) -> Policy.Circle { try take(word: "by") ? try circle() : .everyone }

    private mutating func circle() throws(PolicyError) -> Policy.Circle {
        switch keyword {
        case "members":
            try advance()
            return .everyone
        case "org": return .organizations(try names())
        case "group": return .groups(try names())
        case "role":
            try advance()
            try expect(.open, "(")
            var roles = RoleSet.none
            repeat {
                guard case .word(let word) = token else { throw fail(.badName) }
                guard let role = MemberRole(word: word) else { throw fail(.unknownRole(word)) }
                roles = roles.union(RoleSet(role))
                try advance()
            } while try take(comma: true)
            try expect(.close, ")")
            return .roles(roles)
        default: throw fail(.unexpected(token.shown, wanted: "members, role(…), group(…), org(…)"))
        }
    }

    /// A list of names in parentheses, ascending and without repetition.
    private mutating func names() throws(PolicyError) -> [Label] {
        try advance()
        try expect(.open, "(")
        var names: [Label] = []
        repeat {
            let bytes: [UInt8]
            switch token {
            case .word(let word): bytes = Array(word.utf8)
            case .quoted(let quoted): bytes = quoted
            default: throw fail(.unexpected(token.shown, wanted: "a name"))
            }
            guard let name = Label(utf8: bytes) else { throw fail(.badName) }
            guard names.count < Limits.policyNamesMax else { throw fail(.tooManyNames) }
            if !names.contains(name) { names.append(name) }
            try advance()
        } while try take(comma: true)
        try expect(.close, ")")
        return names.sorted()
    }

    // MARK: Tokens

    /// The token as a key word, in small letters.
    private var keyword: String? {
        if case .word(let text) = token { PolicyWord.lowercased(text.utf8) } else { nil }
    }

    /// The token as a number of at most four digits.
    private var number: Int? {
        guard case .word(let text) = token, text.utf8.count <= 4,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private mutating func take(word: String) throws(PolicyError) -> Bool {
        guard keyword == word else { return false }
        try advance()
        return true
    }

    private mutating func take(comma: Bool) throws(PolicyError) -> Bool {
        guard token == .comma else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ wanted: Token, _ shown: String) throws(PolicyError) {
        guard token == wanted else { throw fail(.unexpected(token.shown, wanted: shown)) }
        try advance()
    }

    private mutating func advance() throws(PolicyError) {
        while next < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[next]) { next += 1 }
        position = next
        guard next < bytes.count else {
            token = .end
            return
        }
        switch bytes[next] {
        case 0x28: single(.open)
        case 0x29: single(.close)
        case 0x2c: single(.comma)
        case 0x22: token = .quoted(try quotation())
        case let byte where PolicyWord.isWord(byte):
            let end = bytes[next...].firstIndex { !PolicyWord.isWord($0) } ?? bytes.count
            token = .word(String(decoding: bytes[next..<end], as: UTF8.self))
            next = end
        default: throw fail(.badCharacter)
        }
    }

    private mutating func single(_ token: Token) {
        self.token = token
        next += 1
    }

    private mutating func quotation() throws(PolicyError) -> [UInt8] {
        var content: [UInt8] = []
        next += 1
        while next < bytes.count {
            var byte = bytes[next]
            next += 1
            if byte == 0x22 { return content }
            if byte == 0x5c {
                guard next < bytes.count else { break }
                byte = bytes[next]
                next += 1
            }
            content.append(byte)
        }
        throw fail(.unclosedQuote)
    }
}
