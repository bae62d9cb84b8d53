// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

/// Who may do what, as the oracle reckons it: members and their keys, organisations, the contract and its policy.
/// - Spec: SIM-13.
struct MemberBook {
    /// A span of heights in which somebody may do nothing.
    private struct Freeze {
        let from: Height
        let until: Height

        func holds(at height: Height) -> Bool { from <= height && height < until }
    }

    /// What a freeze is of.
    private enum Subject: Hashable {
        case member(AccountID)
        case organization(Label)
        case contract(Label)
    }

    private struct Lent {
        let owner: AccountID
        let until: Height
        var callsLeft: UInt64
    }

    private var freezes: [Subject: [Freeze]] = [:]
    private var homes: [AccountID: Label]
    private var admins: Set<AccountID>
    /// Keys that were replaced by others.
    private var gone: Set<AccountID> = []
    /// Keys announced, and the member each is to follow.
    private var announced: [AccountID: AccountID] = [:]
    /// By fingerprint, whose a certificate is; and whose was taken back.
    private let cards: [Digest: AccountID]
    private var revoked: Set<AccountID> = []
    private var lent: [AccountID: Lent] = [:]
    /// What the one method that policies are set for takes, where they say something of it.
    private var isForbidden = false

    init(_ spec: ChainSpec) {
        homes = Dictionary(uniqueKeysWithValues: spec.members.map { ($0.account, $0.organization) })
        admins = Set(spec.members.filter { $0.roles.contains(.orgAdmin) }.map(\.account))
        cards = Dictionary(
            uniqueKeysWithValues: spec.members.compactMap { member in member.certificate.map { ($0, member.account) } })
    }

    private func isFrozen(_ subject: Subject, at height: Height) -> Bool {
        (freezes[subject] ?? []).contains { $0.holds(at: height) }
    }

    // MARK: Voices

    /// The organisation an admin speaks for, where both may act.
    func home(ofAdmin account: AccountID, at height: Height) -> Label? {
        guard admins.contains(account), !gone.contains(account), let home = homes[account],
            !isFrozen(.member(account), at: height), !isFrozen(.organization(home), at: height)
        else { return nil }
        return home
    }

    /// Organisations with an admin who may act.
    func voices(at height: Height) -> Set<Label> {
        Set(admins.compactMap { home(ofAdmin: $0, at: height) })
    }

    /// The organisation an act is about, where its own admin may decide it alone.
    func concerned(_ act: GovernanceAct) -> Label? {
        switch act {
        case .freezeMember(let account, _), .unfreezeMember(let account), .setRoles(let account, _): homes[account]
        case .rotateValidator: Label(literal: "o")
        default: nil
        }
    }

    // MARK: Transactions

    /// What is wrong with the outcome of a transaction.
    func judge(
        _ body: Transaction, _ sender: AccountID, _ code: ResultCode, at height: Height, _ sights: inout [Sight]
    ) -> String? {
        let key = lent[sender]
        let owner = key?.owner ?? sender
        let isFrozen = isFrozen(.member(owner), at: height)
        let isHomeFrozen = homes[owner].map { self.isFrozen(.organization($0), at: height) } ?? false
        let isStill = self.isFrozen(.contract(body.contract), at: height)
        if code.isSuccess {
            if isFrozen || isHomeFrozen { return "a frozen member's transaction succeeds" }
            if gone.contains(owner) { return "a key that was replaced succeeds" }
            if revoked.contains(owner) { return "a member whose certificate was taken back succeeds" }
            if isStill { return "a frozen contract is called" }
            if isForbidden, body.contract == Deposit.contract, body.method == EvidenceNote.method {
                return "a forbidden method is called"
            }
            if let key, key.until < height { return "a delegated key succeeds after its time" }
            if let key, key.callsLeft == 0 { return "a delegated key makes one call too many" }
            if body.method == MembershipContract.takeOver, body.contract == MembershipContract.contract,
                announced[sender] == nil
            {
                return "a key takes over that no member announced"
            }
        }
        switch code {
        case .memberFrozen:
            guard isFrozen else { return "a member counts as frozen whom no majority froze" }
            sights.append(.frozenMemberRefused)
        case .organizationFrozen:
            guard isHomeFrozen else { return "an organisation counts as frozen that no majority froze" }
            sights.append(.frozenOrganizationRefused)
        case .memberRemoved:
            guard gone.contains(owner) else { return "a key counts as replaced that is not" }
            sights.append(.oldKeyRefused)
        case .certificateRevoked:
            guard revoked.contains(owner) else { return "a certificate counts as taken back that nobody took back" }
            sights.append(.revokedMemberRefused)
        case .contractFrozen:
            guard isStill else { return "a contract counts as frozen that no majority froze" }
            sights.append(.frozenContractRefused)
        case .deniedByPolicy:
            guard isForbidden, body.method == EvidenceNote.method else { return "a policy denies that nobody set" }
            sights.append(.deniedByPolicySet)
        case .delegationOver, .delegationUsedUp: sights.append(.delegationSpent)
        default: break
        }
        return nil
    }

    /// Takes in a transaction that succeeded.
    mutating func note(_ body: Transaction, _ sender: AccountID, _ sights: inout [Sight]) {
        if lent[sender] != nil {
            lent[sender]?.callsLeft &-= 1
            sights.append(.delegatedKeyUsed)
        }
        guard body.contract == MembershipContract.contract else { return }
        switch body.method {
        case MembershipContract.announce:
            guard let key = try? SM2.PublicKey(decoding: body.arguments) else { return }
            announced = announced.filter { $0.value != sender }
            announced[AccountID(key)] = sender
        case MembershipContract.takeOver:
            guard let old = announced.removeValue(forKey: sender) else { return }
            gone.insert(old)
            homes[sender] = homes[old]
            if admins.remove(old) != nil { admins.insert(sender) }
            freezes[.member(sender)] = freezes[.member(old)]
            sights.append(.keyTakenOver)
        case MembershipContract.revokeCertificate:
            guard let request = try? CertificateRevocation(decoding: body.arguments),
                let account = cards[SM3.hash(request.certificate)], !gone.contains(account)
            else { return }
            revoked.insert(account)
            // What it announced ends with it (MEMB-9).
            announced = announced.filter { $0.value != account }
        case MembershipContract.delegate:
            guard let request = try? DelegationRequest(decoding: body.arguments) else { return }
            lent[AccountID(request.key)] = Lent(
                owner: sender, until: request.delegation.until, callsLeft: request.delegation.calls)
        default: break
        }
    }

    // MARK: Effects

    mutating func apply(_ act: GovernanceAct, at height: Height, _ sights: inout [Sight]) {
        switch act {
        case .freezeMember(let account, let freeze) where !gone.contains(account):
            begin(.member(account), until: freeze.until, at: height)
        case .unfreezeMember(let account): end(.member(account), at: height)
        case .freezeOrganization(let id, let freeze): begin(.organization(id), until: freeze.until, at: height)
        case .unfreezeOrganization(let id): end(.organization(id), at: height)
        case .freezeContract(let name, let freeze): begin(.contract(name), until: freeze.until, at: height)
        case .unfreezeContract(let name): end(.contract(name), at: height)
        case .setPolicy(.method, let policy): isForbidden = policy != nil
        case .setRoles(let account, let roles):
            if roles.contains(.orgAdmin) {
                admins.insert(account)
            } else if admins.remove(account) != nil {
                sights.append(.adminUnseated)
            }
        default: break
        }
    }

    private mutating func begin(_ subject: Subject, until: Height, at height: Height) {
        guard until > height else { return }
        end(subject, at: height)
        freezes[subject, default: []].append(Freeze(from: height, until: until))
    }

    private mutating func end(_ subject: Subject, at height: Height) {
        freezes[subject] = (freezes[subject] ?? []).map { Freeze(from: $0.from, until: min($0.until, height)) }
    }
}
