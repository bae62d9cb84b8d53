// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// What a policy speaks of: the whole chain, a contract, one method or one field of it, or a class of acts.
/// - Spec: PERM-1, PERM-2.
package enum Resource: Hashable, Sendable, Canonical {
    case calls
    case reads
    case contractCalls(Label)
    case contractReads(Label)
    case method(Label, Label)
    case fieldReads(Label, Label)
    case fieldWrites(Label, Label)
    case acts(ActClass)

    /// The contract it belongs to, nil for the chain's own.
    package var contract: Label? {
        switch self {
        case .calls, .reads, .acts: nil
        case .contractCalls(let contract), .contractReads(let contract), .method(let contract, _),
            .fieldReads(let contract, _), .fieldWrites(let contract, _):
            contract
        }
    }

    /// The field it is about, nil where it is about none.
    package var field: Label? {
        switch self {
        case .fieldReads(_, let field), .fieldWrites(_, let field): field
        default: nil
        }
    }

    /// What holds where nobody has set a policy; nil where the wider resource decides (PERM-2).
    package var standard: Policy? {
        switch self {
        case .calls: .role(RoleSet(.orgAdmin, .operator, .developer, .user))
        case .reads: .anybody
        case .acts(let kind): kind.standard
        default: nil
        }
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .calls: encoder.u8(0)
        case .reads: encoder.u8(1)
        case .contractCalls(let contract): encoder.tagged(2, contract)
        case .contractReads(let contract): encoder.tagged(3, contract)
        case .method(let contract, let method): encoder.tagged(4, contract, method)
        case .fieldReads(let contract, let field): encoder.tagged(5, contract, field)
        case .fieldWrites(let contract, let field): encoder.tagged(6, contract, field)
        case .acts(let kind):
            encoder.u8(7)
            encoder.u8(kind.rawValue)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: self = .calls
        case 1: self = .reads
        case 2: self = .contractCalls(try Label(from: &decoder))
        case 3: self = .contractReads(try Label(from: &decoder))
        case 4: self = .method(try Label(from: &decoder), try Label(from: &decoder))
        case 5: self = .fieldReads(try Label(from: &decoder), try Label(from: &decoder))
        case 6: self = .fieldWrites(try Label(from: &decoder), try Label(from: &decoder))
        case 7:
            let byte = try decoder.u8()
            guard let kind = ActClass(rawValue: byte) else { throw .unknownTag(offset: start + 1, tag: byte) }
            self = .acts(kind)
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }

    package var english: String {
        switch self {
        case .calls: "calls on this chain"
        case .reads: "reads of this chain"
        case .contractCalls(let contract): "calls of \(contract.text)"
        case .contractReads(let contract): "reads of \(contract.text)"
        case .method(let contract, let method): "\(contract.text).\(method.text)"
        case .fieldReads(let contract, let field): "reads of \(contract.text)/\(field.text)"
        case .fieldWrites(let contract, let field): "writes of \(contract.text)/\(field.text)"
        case .acts(let kind): "acts on \(kind.english)"
        }
    }

    package var chinese: String {
        switch self {
        case .calls: "本链的调用"
        case .reads: "本链的读取"
        case .contractCalls(let contract): "合约 \(contract.text) 的调用"
        case .contractReads(let contract): "合约 \(contract.text) 的读取"
        case .method(let contract, let method): "\(contract.text).\(method.text)"
        case .fieldReads(let contract, let field): "读取 \(contract.text)/\(field.text)"
        case .fieldWrites(let contract, let field): "写入 \(contract.text)/\(field.text)"
        case .acts(let kind): "\(kind.chinese)类治理操作"
        }
    }
}

extension Encoder {
    fileprivate mutating func tagged(_ tag: UInt8, _ labels: Label...) {
        u8(tag)
        for label in labels { label.encode(into: &self) }
    }
}

/// Acts of governance that one policy covers.
/// - Spec: GOV-3.
package enum ActClass: UInt8, CaseIterable, Hashable, Sendable {
    case organizations, members, offices, freezes, policies, contracts, committee, validatorKeys, parameters

    /// What it takes where no policy is set: the organisation concerned for its own people and keys, a majority of
    /// all for what concerns all.
    package var standard: Policy {
        switch self {
        case .members, .freezes, .validatorKeys: .either([.own(by: .roles(RoleSet(.orgAdmin))), .majority])
        default: .majority
        }
    }

    package var english: String {
        switch self {
        case .organizations: "organisations"
        case .members: "members"
        case .offices: "offices"
        case .freezes: "freezes of members"
        case .policies: "policies"
        case .contracts: "contracts"
        case .committee: "the committee"
        case .validatorKeys: "validators' keys"
        case .parameters: "parameters and rules"
        }
    }

    package var chinese: String {
        switch self {
        case .organizations: "机构"
        case .members: "成员"
        case .offices: "三员与监管"
        case .freezes: "成员冻结"
        case .policies: "权限策略"
        case .contracts: "合约"
        case .committee: "委员会"
        case .validatorKeys: "验证者密钥"
        case .parameters: "参数与规则"
        }
    }
}

/// Something a member wants to do.
/// - Spec: PERM-7.
package enum Act: Hashable, Sendable {
    case call(Label, Label)
    /// A contract's data, or one field of it.
    case read(Label, field: Label?)
    /// A field, written by a method.
    case write(Label, method: Label, field: Label)

    package var contract: Label {
        switch self {
        case .call(let contract, _), .read(let contract, _), .write(let contract, _, _): contract
        }
    }

    /// The resources whose policy may decide, nearest first; the last has a policy always. A field's own policy is none
    /// of them: it is asked as well (PERM-15).
    package var resources: [Resource] {
        switch self {
        case .call(let contract, let method), .write(let contract, let method, _):
            [.method(contract, method), .contractCalls(contract), .calls]
        case .read(let contract, _): [.contractReads(contract), .reads]
        }
    }

    /// The fields whose own policies narrow this: of a call those it may write.
    package var fields: [(field: Label, resource: Resource)] {
        switch self {
        case .call(let contract, let method):
            DataField.written(by: method, of: contract).map { ($0, .fieldWrites(contract, $0)) }
        case .read(let contract, let field): field.map { [($0, .fieldReads(contract, $0))] } ?? []
        case .write(let contract, _, let field): [(field, .fieldWrites(contract, field))]
        }
    }

    /// False for a field that is not there, of which no policy decides anything.
    package var namesKnownField: Bool {
        switch self {
        case .call, .read(_, field: nil): true
        case .read(let contract, let field?): DataField.of(contract).contains(field)
        case .write(let contract, let method, let field):
            DataField.written(by: method, of: contract).contains(field)
        }
    }
}

/// Contracts that are the chain itself: their own rules decide who may call what, and no policy, freeze or delegation
/// reaches them (PERM-8).
package enum Platform {
    package static func owns(_ contract: Label) -> Bool {
        contract == MembershipContract.contract || contract == CommitteeContract.contract
            || contract == GovernanceContract.contract || contract == PermissionsContract.contract
    }
}
