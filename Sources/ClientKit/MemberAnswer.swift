// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
package import Ledger

// What a node says of members, policies and proposals (docs/spec/http.md section 5); each reader here has its writer in
// Gateway/MemberEntry+JSON.swift. Records are read from their canonical bytes, everything else from its fields.

/// A member as a node has it.
package struct MemberAnswer: Hashable, Sendable {
    package let account: AccountID
    package let record: MemberRecord
    /// Whether it may act in the block after `height`.
    package let isActive: Bool
    package let delegates: [AccountID]
    package let delegation: Delegated?
    package let height: Height

    /// A delegated key that speaks for the member.
    package struct Delegated: Hashable, Sendable {
        package let account: AccountID
        package let contract: Label
        package let methods: [Label]
        package let until: Height
        package let calls: UInt64
        package let callsMade: UInt64
    }
}

package struct OrganizationAnswer: Hashable, Sendable {
    package let record: OrganizationRecord
    /// Whether it counts where a policy asks for organisations (GOV-4).
    package let hasVoice: Bool
    package let height: Height
}

package struct PolicyAnswer: Hashable, Sendable {
    /// As people write it (PERM-20).
    package let resource: String
    package let policy: String?
    package let isStandard: Bool
    package let english: String
    package let chinese: String
}

/// How many say yes, and how many it takes.
package struct VoicesAnswer: Hashable, Sendable {
    package let clause: String
    package let found: Int
    package let needed: Int
}

/// What acts of one class take, and what they have.
package struct NeedAnswer: Hashable, Sendable {
    package let kind: String
    package let english: String
    package let chinese: String
    package let concerned: String?
    package let policy: String
    package let isMet: Bool
    package let clauses: [VoicesAnswer]
    package let awaited: [String]
}

/// A sentence in both languages.
package struct LineAnswer: Hashable, Sendable {
    package let english: String
    package let chinese: String
    /// A warning among effects, what does not hold among steps.
    package let isMarked: Bool
}

package struct ProposalAnswer: Hashable, Sendable {
    package let id: MotionID
    package let record: MotionRecord
    /// open, expired, decided, effective, revoked or void.
    package let status: String
    package let statusHeight: Height?
    /// `JD-1915`: why it is void, or what a decided one waits for.
    package let code: String?
    package let approvals: [Approval]
    package let needs: [NeedAnswer]
    package let effects: [LineAnswer]
    package let height: Height

    package struct Approval: Hashable, Sendable {
        package let account: AccountID
        package let name: String?
        package let organization: String?
        package let counts: Bool
    }
}

package struct PreviewAnswer: Hashable, Sendable {
    package let id: MotionID
    package let height: Height
    /// What it would be refused for, nil where it would be taken.
    package let code: String?
    /// From when on the validators' keys may be changed, nil where they may now (GOV-17).
    package let possibleFrom: Timestamp?
    package let isDecided: Bool
    package let needs: [NeedAnswer]
    package let effects: [LineAnswer]
}

package struct VerdictAnswer: Hashable, Sendable {
    package let act: String
    package let height: Height
    package let isAllowed: Bool
    package let code: String?
    package let steps: [LineAnswer]
    package let voices: [VoicesAnswer]
}

extension MemberAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        account = try reader["account"].identifier(AccountID.self)
        record = try reader["bytes"].canonical(MemberRecord.self)
        isActive = try reader["isActive"].flag()
        delegates = try reader["delegates"].list { item throws(JSONShape) in try item.identifier(AccountID.self) }
        delegation = try reader["delegation"].orNull { proxy throws(JSONShape) in
            Delegated(
                account: try proxy["account"].identifier(AccountID.self), contract: try proxy["contract"].label(),
                methods: try proxy["methods"].list { item throws(JSONShape) in try item.label() },
                until: try proxy["until"].ordinal(Height.self), calls: try proxy["calls"].number(),
                callsMade: try proxy["callsMade"].number())
        }
        height = try reader["height"].ordinal(Height.self)
    }
}

extension OrganizationAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        record = try reader["bytes"].canonical(OrganizationRecord.self)
        hasVoice = try reader["hasVoice"].flag()
        height = try reader["height"].ordinal(Height.self)
    }
}

extension PolicyAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        resource = try reader["resource"].text()
        policy = try reader["policy"].orNull { value throws(JSONShape) in try value.text() }
        isStandard = try reader["isStandard"].flag()
        english = try reader["english"].text()
        chinese = try reader["chinese"].text()
    }
}

extension VoicesAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        clause = try reader["clause"].text()
        found = try reader["found"].int()
        needed = try reader["needed"].int()
    }
}

extension NeedAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        kind = try reader["class"].text()
        english = try reader["english"].text()
        chinese = try reader["chinese"].text()
        concerned = try reader["concerned"].orNull { value throws(JSONShape) in try value.text() }
        policy = try reader["policy"].text()
        isMet = try reader["isMet"].flag()
        clauses = try reader["clauses"].list { item throws(JSONShape) in try VoicesAnswer(from: item) }
        awaited = try reader["awaited"].list { item throws(JSONShape) in try item.text() }
    }
}

extension LineAnswer {
    init(from reader: JSONShape.Reader, mark: String) throws(JSONShape) {
        english = try reader["english"].text()
        chinese = try reader["chinese"].text()
        isMarked = try reader[mark].flag()
    }

    static func effects(_ reader: JSONShape.Reader) throws(JSONShape) -> [LineAnswer] {
        try reader["effects"].list { item throws(JSONShape) in try LineAnswer(from: item, mark: "isWarning") }
    }
}

extension ProposalAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        id = try reader["id"].identifier(MotionID.self)
        record = try reader["bytes"].canonical(MotionRecord.self)
        guard record.id == id else { throw reader["id"].wrong("the proposal's digest") }
        status = try reader["status"].text()
        statusHeight = try reader["statusHeight"].orNull { value throws(JSONShape) in try value.ordinal(Height.self) }
        code = try reader["code"].orNull { value throws(JSONShape) in try value.text() }
        approvals = try reader["approvals"].list { item throws(JSONShape) in
            Approval(
                account: try item["account"].identifier(AccountID.self),
                name: try item["name"].orNull { value throws(JSONShape) in try value.text() },
                organization: try item["organization"].orNull { value throws(JSONShape) in try value.text() },
                counts: try item["counts"].flag())
        }
        needs = try reader["needs"].list { item throws(JSONShape) in try NeedAnswer(from: item) }
        effects = try LineAnswer.effects(reader)
        height = try reader["height"].ordinal(Height.self)
    }
}

extension PreviewAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        id = try reader["id"].identifier(MotionID.self)
        height = try reader["height"].ordinal(Height.self)
        code = try reader["code"].orNull { value throws(JSONShape) in try value.text() }
        possibleFrom = try reader["possibleFrom"].orNull { value throws(JSONShape) in try value.time() }
        isDecided = try reader["isDecided"].flag()
        needs = try reader["needs"].list { item throws(JSONShape) in try NeedAnswer(from: item) }
        effects = try LineAnswer.effects(reader)
    }
}

extension VerdictAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        act = try reader["act"].text()
        height = try reader["height"].ordinal(Height.self)
        isAllowed = try reader["allowed"].flag()
        code = try reader["code"].orNull { value throws(JSONShape) in try value.text() }
        steps = try reader["steps"].list { item throws(JSONShape) in try LineAnswer(from: item, mark: "holds") }
        voices = try reader["voices"].list { item throws(JSONShape) in try VoicesAnswer(from: item) }
    }
}
