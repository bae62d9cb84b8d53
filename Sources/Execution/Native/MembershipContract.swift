// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi
import Storage

/// Organisations and members: who there is, and what a member may do about its own keys.
///
/// Everything else about them is governance's. A member announces a new key and that key takes over by sending a
/// transaction: the old one vouches for the new, and the new one proves that somebody holds it.
/// - Spec: MEMB-1 to MEMB-10, ORG-4, CERT-20.
package enum MembershipContract {
    package static let contract = Label(literal: "membership")
    package static let announce = Label(literal: "announce")
    package static let takeOver = Label(literal: "takeOver")
    package static let delegate = Label(literal: "delegate")
    package static let undelegate = Label(literal: "undelegate")
    package static let revokeCertificate = Label(literal: "revokeCertificate")

    // MARK: Keys of the whole state (docs/data.md)

    private static func stateKey(_ tag: UInt8, _ rest: [UInt8]) -> [UInt8] { StateKey.of(contract, [tag] + rest) }

    /// 'm' and the account (MEMB-1).
    package static func stateKey(_ account: AccountID) -> [UInt8] { stateKey(0x6d, account.digest.bytes) }
    /// 'o' and the id (ORG-4).
    package static func organizationKey(_ id: Label) -> [UInt8] { stateKey(0x6f, id.utf8) }
    /// 'l': ids of all organisations that have not left, ascending.
    package static let directoryKey = stateKey(0x6c, [])
    /// 'c' and the credit code: whose it is.
    static func creditKey(_ code: CreditCode) -> [UInt8] { stateKey(0x63, code.ascii) }
    /// 's', the person and the organisation: the person's accounts there.
    static func personKey(_ person: Digest, in organization: Label) -> [UInt8] {
        stateKey(0x73, person.bytes + organization.utf8)
    }
    /// 'f' and the person: its accounts, anywhere, that hold one of the three offices.
    static func officesKey(_ person: Digest) -> [UInt8] { stateKey(0x66, person.bytes) }
    /// 'd' and a delegated key's account.
    package static func delegationKey(_ account: AccountID) -> [UInt8] { stateKey(0x64, account.digest.bytes) }
    /// 'e' and a member's account: the accounts it delegated to.
    static func delegatesKey(_ account: AccountID) -> [UInt8] { stateKey(0x65, account.digest.bytes) }
    /// 'u' and a delegated key's account: how many calls it made.
    static func callsKey(_ account: AccountID) -> [UInt8] { stateKey(0x75, account.digest.bytes) }
    /// 'k' and the account of a key that was announced.
    package static func announcementKey(_ account: AccountID) -> [UInt8] { stateKey(0x6b, account.digest.bytes) }
    /// 'w' and a member's account: the account of the one key that is announced for it.
    static func successorKey(_ account: AccountID) -> [UInt8] { stateKey(0x77, account.digest.bytes) }
    /// 'x' and a certificate's fingerprint: that it was taken back.
    package static func revocationKey(_ fingerprint: Digest) -> [UInt8] { stateKey(0x78, fingerprint.bytes) }
    /// 'v': the fingerprint of the certificate taken back last.
    package static let newestRevocationKey = stateKey(0x76, [])
    /// 'y' and an organisation: how many certificates it took back.
    static func revocationCountKey(_ id: Label) -> [UInt8] { stateKey(0x79, id.utf8) }
    /// 'g': the height of the last change of who may send.
    package static let generationKey = stateKey(0x67, [])

    // MARK: Calls

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        if method == takeOver {
            try context.completeTakeOver()
            return []
        }
        let member = try context.member()
        switch method {
        case announce:
            let key = try SM2.PublicKey.argument(arguments)
            try context.announce(key, for: member.account, isDecided: false)
        case delegate: try grant(try DelegationRequest.argument(arguments), by: member, &context)
        case undelegate: try take(try AccountID.argument(arguments), from: member, &context)
        case revokeCertificate:
            try context.revoke(try CertificateRevocation.argument(arguments), by: member)
        default: throw .result(.unknownMethod)
        }
        return []
    }

    /// Lets another key make some calls (MEMB-10).
    private static func grant<Store: KeyValueStore>(
        _ request: DelegationRequest, by member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        let delegation = request.delegation
        guard !Platform.owns(delegation.contract), delegation.until > context.height, delegation.calls > 0 else {
            throw .result(.delegationRefused)
        }
        let account = AccountID(request.key)
        try context.demandUnknown(account)
        var delegates = try context.decoded(AccountList.self, at: delegatesKey(member.account)) ?? AccountList([])
        guard delegates.accounts.count < Limits.delegationsMax else { throw .result(.delegationsFull) }
        delegates.accounts.append(account)
        try context.put(delegates.encoded, at: delegatesKey(member.account))
        let record = DelegationRecord(member: member.account, delegation: delegation)
        try context.put(record.encoded, at: delegationKey(account))
        try context.noteGeneration()
    }

    private static func take<Store: KeyValueStore>(
        _ account: AccountID, from member: Subject, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        var delegates = try context.decoded(AccountList.self, at: delegatesKey(member.account)) ?? AccountList([])
        guard delegates.accounts.contains(account) else { throw .result(.delegationUnknown) }
        delegates.accounts.removeAll { $0 == account }
        try context.put(delegates.accounts.isEmpty ? nil : delegates.encoded, at: delegatesKey(member.account))
        try context.put(nil, at: delegationKey(account))
        try context.put(nil, at: callsKey(account))
        try context.noteGeneration()
    }

    // MARK: Founding

    /// What the founding writes (MEMB-2, ORG-4).
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        var writes: [(key: [UInt8], value: [UInt8]?)] = []
        var admins: [Label: [AccountID]] = [:]
        var lists: [[UInt8]: [AccountID]] = [:]
        for member in spec.members {
            let account = member.account
            writes.append((stateKey(account), MemberRecord(member: member).encoded))
            if member.roles.contains(.orgAdmin) { admins[member.organization, default: []].append(account) }
            guard let person = member.person else { continue }
            lists[personKey(person, in: member.organization), default: []].append(account)
            if member.roles.meets(.threeOffices) { lists[officesKey(person), default: []].append(account) }
        }
        for organization in spec.organizations {
            let record = OrganizationRecord(organization: organization, admins: admins[organization.id] ?? [])
            writes.append((organizationKey(organization.id), record.encoded))
            if let code = organization.creditCode { writes.append((creditKey(code), organization.id.encoded)) }
        }
        if !spec.organizations.isEmpty {
            writes.append((directoryKey, LabelList(spec.organizations.map(\.id)).encoded))
        }
        writes += lists.map { (key: $0.key, value: AccountList($0.value).encoded) }.sorted {
            $0.key.lexicographicallyPrecedes($1.key)
        }
        return writes
    }
}

/// What `delegate` takes.
package struct DelegationRequest: Hashable, Sendable, Canonical {
    package let key: SM2.PublicKey
    package let delegation: Delegation

    package init(key: SM2.PublicKey, delegation: Delegation) {
        self.key = key
        self.delegation = delegation
    }

    package func encode(into encoder: inout Encoder) {
        key.encode(into: &encoder)
        delegation.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        key = try SM2.PublicKey(from: &decoder)
        delegation = try Delegation(from: &decoder)
    }
}

/// A key that is to take a member's place, and since when.
struct Announcement: Hashable, Sendable, Canonical {
    let member: AccountID
    let key: SM2.PublicKey
    let height: Height
    /// Governance said so, and not the member: whoever has the old key cannot take it back.
    let isDecided: Bool

    init(member: AccountID, key: SM2.PublicKey, height: Height, isDecided: Bool) {
        self.member = member
        self.key = key
        self.height = height
        self.isDecided = isDecided
    }

    /// Whether the key may still take over (MEMB-9).
    func stands(at height: Height) -> Bool {
        height.value <= self.height.value + Limits.announcementHeights
    }

    func encode(into encoder: inout Encoder) {
        member.encode(into: &encoder)
        key.encode(into: &encoder)
        height.encode(into: &encoder)
        encoder.flag(isDecided)
    }

    init(from decoder: inout Decoder) throws(DecodeError) {
        member = try AccountID(from: &decoder)
        key = try SM2.PublicKey(from: &decoder)
        height = try Height(from: &decoder)
        isDecided = try decoder.flag()
    }
}

/// Accounts as one value of the state.
struct AccountList: Hashable, Sendable, Canonical {
    var accounts: [AccountID]

    init(_ accounts: [AccountID]) { self.accounts = accounts }

    func encode(into encoder: inout Encoder) { encoder.list(accounts) }

    init(from decoder: inout Decoder) throws(DecodeError) {
        accounts = try decoder.list(of: AccountID.self, max: Limits.approvalsMax)
    }
}

extension Canonical {
    /// A call's arguments as the value the method takes.
    static func argument(_ bytes: [UInt8]) throws(CallFailure) -> Self {
        do {
            return try Self(decoding: bytes)
        } catch {
            throw .result(.malformedArguments)
        }
    }
}
