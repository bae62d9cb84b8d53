// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// The consortium in JSON (docs/spec/http.md section 5); each writer here has its reader in
// ClientKit/MemberAnswer.swift.

extension Standing {
    func write(_ name: String, to writer: inout JSONWriter, at height: Height) {
        writer.field(name) { writer in
            switch self {
            case .active: writer.field("status", "active")
            case .removed: writer.field("status", "removed")
            case .frozen(let until, let reason):
                // A freeze that is over is none (MEMB-6).
                writer.field("status", isFrozen(at: height) ? "frozen" : "active")
                writer.field("until", until.value == Height.max ? nil : until) { $0.value($1.value) }
                writer.field("reason", reason)
            }
        }
    }
}

extension JSONWriter {
    mutating func field(_ name: String, names: [Label]) { field(name, list: names) { $0.value($1.text) } }

    mutating func field(_ name: String, roles: RoleSet) { field(name, list: roles.roles) { $0.value($1.word) } }

    /// A code of an outcome as `JD-1809`, null for success.
    mutating func field(_ name: String, code: ResultCode) {
        // A contract's own codes (CTR-23) stand in no table.
        let text: String? = code.isSuccess ? nil : "JD-\(code.value)"
        field(name, text) { $0.value($1) }
    }
}

extension MemberEntry {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            let member = record.member
            writer.field("account", account)
            writer.field("name", member.name)
            writer.field("organization", member.organization)
            writer.field("roles", roles: member.roles)
            writer.field("groups", names: member.groups)
            writer.field("key", hex: member.key.bytes)
            writer.field("person", member.person) { $0.value($1) }
            writer.field("isActive", isActive)
            record.standing.write("standing", to: &writer, at: height)
            writer.field("successor", record.successor) { $0.value($1.digest) }
            writer.field("delegates", list: delegates) { $0.value($1.digest) }
            writer.field("delegation", delegation) { writer, proxy in
                writer.object { writer in
                    writer.field("account", proxy.account)
                    writer.field("contract", proxy.delegation.contract)
                    writer.field("methods", names: proxy.delegation.methods)
                    writer.field("until", proxy.delegation.until)
                    writer.field("calls", proxy.delegation.calls)
                    writer.field("callsMade", proxy.callsMade)
                }
            }
            writer.field("height", height)
            writer.field("bytes", base64: record.encoded)
        }
    }
}

extension OrganizationEntry {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            let home = record.organization
            writer.field("id", home.id)
            writer.field("name", home.name)
            writer.field("creditCode", home.creditCode) { $0.value($1.text) }
            writer.field("region", home.region) { $0.value($1.text) }
            writer.field("cloud", home.cloud)
            writer.field("site", home.site)
            writer.field("hasVoice", hasVoice)
            record.standing.write("standing", to: &writer, at: height)
            writer.field("admins", list: record.admins) { $0.value($1.digest) }
            writer.field("height", height)
            writer.field("bytes", base64: record.encoded)
        }
    }
}

extension PolicyEntry {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("resource", resource.phrase)
            writer.field("policy", policy) { $0.value($1.text) }
            writer.field("isStandard", isStandard)
            writer.field("english", resource.english)
            writer.field("chinese", resource.chinese)
        }
    }
}

extension ClauseStanding {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("clause", text)
            writer.field("found", found)
            writer.field("needed", needed)
        }
    }
}

extension MotionNeed {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("class", kind.word)
            writer.field("english", kind.english)
            writer.field("chinese", kind.chinese)
            writer.field("concerned", concerned) { $0.value($1.text) }
            writer.field("policy", policy.text)
            writer.field("isMet", isMet)
            writer.field("clauses", list: clauses) { $1.write(to: &$0) }
            writer.field("awaited", names: awaited)
        }
    }
}

extension [EffectPreview.Line] {
    fileprivate func write(_ name: String, to writer: inout JSONWriter) {
        writer.field(name, list: self) { writer, line in
            writer.object { writer in
                writer.field("english", line.english)
                writer.field("chinese", line.chinese)
                writer.field("isWarning", line.isWarning)
            }
        }
    }
}

extension ProposalEntry {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("status", status)
            writer.field("statusHeight", statusHeight) { $0.value($1.value) }
            writer.field("code", code: code)
            writer.field("proposer", record.proposer)
            writer.field("organization", record.organization)
            writer.field("proposed", record.proposed)
            writer.field("due", record.motion.due)
            writer.field("expires", record.motion.expires)
            writer.field("overrides", record.motion.overrides)
            writer.field("reason", record.motion.reason)
            writer.field("acts", list: record.motion.acts) { writer, act in
                writer.object { writer in
                    writer.field("act", act.name.rawValue)
                    writer.field("english", act.english)
                    writer.field("chinese", act.chinese)
                }
            }
            writer.field("approvals", list: approvals) { writer, approval in
                writer.object { writer in
                    writer.field("account", approval.account)
                    writer.field("name", approval.member) { $0.value($1.name.text) }
                    writer.field("organization", approval.member) { $0.value($1.organization.text) }
                    writer.field("counts", approval.counts)
                }
            }
            writer.field("needs", list: needs) { $1.write(to: &$0) }
            (preview?.lines ?? []).write("effects", to: &writer)
            writer.field("height", height)
            writer.field("bytes", base64: record.encoded)
        }
    }

    /// One of open, expired, decided, effective, revoked, void.
    private var status: String {
        switch record.status {
        case .open: record.motion.expires <= height ? "expired" : "open"
        case .decided: "decided"
        case .effective: "effective"
        case .revoked: "revoked"
        case .void: "void"
        }
    }

    private var statusHeight: Height? {
        switch record.status {
        case .open: nil
        case .decided(let height), .effective(let height), .revoked(let height), .void(let height, _): height
        }
    }

    /// Why it is void, or what a decided one waits for.
    private var code: ResultCode {
        if case .void(_, let code) = record.status { return code }
        return waitsFor
    }
}

extension ProposalPreview {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("height", height)
            writer.field("code", code: code)
            writer.field("possibleFrom", possibleFrom) { $0.value($1) }
            writer.field("isDecided", isDecided)
            writer.field("needs", list: needs) { $1.write(to: &$0) }
            preview.lines.write("effects", to: &writer)
        }
    }
}

extension Verdict {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("member", account)
            writer.field("act", phrase.text)
            writer.field("height", height)
            writer.field("allowed", decision.isAllowed)
            writer.field("code", code: decision.code)
            writer.field("steps", list: decision.steps) { writer, step in
                writer.object { writer in
                    writer.field("english", step.english)
                    writer.field("chinese", step.chinese)
                    writer.field("holds", step.holds)
                }
            }
            writer.field("voices", list: clauses) { $1.write(to: &$0) }
        }
    }
}
