// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import HTTPTypes
import HummingbirdCore
import Ledger

/// Who there is, what policies say, what is proposed, and why somebody may or may not do something.
/// - Spec: API-50 to API-54.
enum ConsortiumOperations {
    static let all: [Operation] = [
        members, member, organizations, organization, policies, preview, proposals, proposal, decision,
    ]

    private static let json = "application/json"
    private static let chain = ChainOperations.chainParameter
    private static let paging: [Operation.Parameter] = [
        .init(name: "limit", place: .query, type: "integer", description: "How many, 1 to 1000; 100 if absent"),
        .init(name: "cursor", place: .query, type: "string", description: "Where the page before this one ended"),
    ]

    // MARK: Members and organisations

    private static let members = Operation(
        "listMembers", .get, "/v1/chains/{chain}/members", summary: "Members by account, also those removed",
        parameters: [chain]
            + paging + [
                .init(name: "organization", place: .query, type: "string", description: "Only members of this one")
            ],
        answers: [.init(status: 200, contentType: json, description: "The members")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        let organization = try call.query("organization").map { text throws(Problem) in
            try Call.label(text, "organization")
        }
        let after = try call.query("cursor").map { text throws(Problem) in
            AccountID(try Call.digest(text, "cursor"))
        }
        let page = try await chain.members(of: organization, after: after, limit: limit)
        return answer(page, "members") { $0.write(to: &$1) }
    }

    private static let member = Operation(
        "getMember", .get, "/v1/chains/{chain}/members/{account}",
        summary: "A member, or the member a delegated key speaks for",
        parameters: [
            chain, .init(name: "account", place: .path, type: "string", description: "The account in hexadecimal"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The member")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let account = AccountID(try Call.digest(try call.path("account"), "the account"))
        guard let entry = try await chain.member(account) else {
            throw Problem(.notFound, "no member stands behind account \(account.hex)")
        }
        return Call.json(reserving: 1_024) { entry.write(to: &$0) }
    }

    private static let organizations = Operation(
        "listOrganizations", .get, "/v1/chains/{chain}/organizations",
        summary: "Organisations by id, also those that have left", parameters: [chain] + paging,
        answers: [.init(status: 200, contentType: json, description: "The organisations")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        let after = try call.query("cursor").map { text throws(Problem) in try Call.label(text, "cursor") }
        let page = try await chain.organizations(after: after, limit: limit)
        return answer(page, "organizations") { $0.write(to: &$1) }
    }

    private static let organization = Operation(
        "getOrganization", .get, "/v1/chains/{chain}/organizations/{id}", summary: "An organisation",
        parameters: [chain, .init(name: "id", place: .path, type: "string", description: "The organisation's id")],
        answers: [.init(status: 200, contentType: json, description: "The organisation")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let id = try Call.label(try call.path("id"), "the organisation's id")
        guard let entry = try await chain.organization(id) else {
            throw Problem(.notFound, "no organisation \(Problem.quoted(id.text))")
        }
        return Call.json(reserving: 1_024) { entry.write(to: &$0) }
    }

    // MARK: Policies

    private static let policies = Operation(
        "listPolicies", .get, "/v1/chains/{chain}/policies",
        summary: "Policies that are set, and on the first page what decides where none is",
        parameters: [chain] + paging,
        answers: [.init(status: 200, contentType: json, description: "The policies")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        let after = try call.query("cursor").map { text throws(Problem) in try resource(hex: text) }
        let page = try await chain.policies(after: after, limit: limit)
        let standards = after == nil ? try await chain.standardPolicies() : []
        return Call.json(reserving: 1_024 + 256 * (page.elements.count + standards.count)) { writer in
            writer.object { writer in
                writer.field("height", page.height)
                writer.field("standard", list: standards) { $1.write(to: &$0) }
                writer.field("policies", list: page.elements) { $1.write(to: &$0) }
                writer.field("cursor", page.cursor) { $0.value($1) }
            }
        }
    }

    private static func resource(hex text: String) throws(Problem) -> Resource {
        guard let bytes = Hex.decode(text), let resource = try? Resource(decoding: bytes) else {
            throw Problem(.malformedRequest, "the cursor is none of this list's")
        }
        return resource
    }

    // MARK: Proposals

    private static let proposals = Operation(
        "listProposals", .get, "/v1/chains/{chain}/proposals",
        summary: "Proposals by identifier: all that were ever made, or with open=true those not closed",
        parameters: [chain]
            + paging + [
                .init(
                    name: "open", place: .query, type: "boolean",
                    description: "true: only those that are open or wait for their height")
            ],
        answers: [.init(status: 200, contentType: json, description: "The proposals")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        let after = try call.query("cursor").map { text throws(Problem) in MotionID(try Call.digest(text, "cursor")) }
        let page = try await chain.proposals(areOpen: try call.flag("open"), after: after, limit: limit)
        return answer(page, "proposals") { $0.write(to: &$1) }
    }

    private static let proposal = Operation(
        "getProposal", .get, "/v1/chains/{chain}/proposals/{id}",
        summary: "A proposal, who approved it, and what it still needs",
        parameters: [
            chain, .init(name: "id", place: .path, type: "string", description: "The proposal's identifier"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The proposal")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let id = MotionID(try Call.digest(try call.path("id"), "the proposal's identifier"))
        guard let entry = try await chain.proposal(id) else { throw Problem(.notFound, "no proposal \(id.hex)") }
        return Call.json(reserving: 4_096) { entry.write(to: &$0) }
    }

    /// A proposal that is not made yet.
    private struct Draft: Decodable {
        let proposal: String
        let proposer: String
    }

    private static let preview = Operation(
        "previewProposal", .post, "/v1/chains/{chain}/proposals/preview",
        summary: "What making a proposal would come to in the next block: refused for what, or decided by whom",
        parameters: [chain], intake: .init(contentType: json, bytesMax: 64 << 10, schema: "Draft"),
        answers: [.init(status: 200, contentType: json, description: "The preview")], problems: [400, 404, 413, 415]
    ) { call in
        let chain = try await call.chain()
        let draft = try await call.json(Draft.self)
        guard let bytes = Base64.decode(draft.proposal), let motion = try? Motion(decoding: bytes) else {
            throw Problem(.malformedRequest, "proposal is not the base64 of a proposal's canonical form")
        }
        let account = AccountID(try Call.digest(draft.proposer, "proposer"))
        let preview = try await chain.preview(motion, by: account)
        return Call.json(reserving: 4_096) { preview.write(to: &$0) }
    }

    // MARK: One decision

    private static let decision = Operation(
        "getDecision", .get, "/v1/chains/{chain}/decision",
        summary: "Whether somebody may do something in the next block, rule by rule",
        parameters: [
            chain,
            .init(name: "member", place: .query, type: "string", description: "The account in hexadecimal"),
            .init(
                name: "act", place: .query, type: "string",
                description: "As people write it: call evidence.deposit, read evidence, propose set-policy"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The verdict with its steps")],
        problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let account = AccountID(try Call.digest(try call.query("member") ?? "", "member"))
        let text = try call.query("act") ?? ""
        guard let phrase = ActPhrase(text) else {
            throw Problem(
                .malformedRequest,
                "act \(Problem.quoted(text)) is none of call C.METHOD, read C, read C/FIELD, write C.METHOD/FIELD, "
                    + "propose ACT, approve ID")
        }
        let verdict = try await chain.verdict(phrase, by: account)
        return Call.json(reserving: 2_048) { verdict.write(to: &$0) }
    }

    private static func answer<Element>(
        _ page: ConsortiumPage<Element>, _ name: String, _ write: (Element, inout JSONWriter) -> Void
    ) -> Response {
        Call.json(reserving: 1_024 + 512 * page.elements.count) { writer in
            writer.object { writer in
                writer.field("height", page.height)
                writer.field(name, list: page.elements) { write($1, &$0) }
                writer.field("cursor", page.cursor) { $0.value($1) }
            }
        }
    }
}
