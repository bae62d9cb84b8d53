// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi

/// What it takes to be allowed something: a sentence about who must have said yes.
///
/// Monotone: another voice never turns a yes into a no, and there is no "not". So what the admins of all
/// organisations together cannot meet, nobody can (GOV-12).
/// - Spec: PERM-3 to PERM-6 (docs/spec/membership.md); the text is read and printed in Policy+Text.swift.
package indirect enum Policy: Hashable, Sendable {
    case forbidden
    /// The organisation concerned.
    case own(by: Circle)
    case quota(Quota, of: Pool, by: Circle)
    /// Two or more; none of them `either`.
    case either([Policy])
    /// Two or more; none of them `every`.
    case every([Policy])

    /// How many of a pool.
    package enum Quota: Hashable, Sendable {
        case any
        /// Of organisations only, as `majority`: nobody counts ten thousand members.
        case all
        case majority
        /// 1 or more.
        case count(Int)
    }

    /// What is counted.
    package enum Pool: Hashable, Sendable {
        /// Persons: two keys of one are one.
        case members(Circle)
        /// Organisations with a voice: active, and with an active admin.
        case organizations
        /// These organisations, active or not. Ascending, none twice.
        case named([Label])
    }

    /// Whose voice counts.
    package enum Circle: Hashable, Sendable {
        case everyone
        case roles(RoleSet)
        /// In at least one of them. Ascending, none twice.
        case groups([Label])
        case organizations([Label])

        func holds(_ voice: Voice) -> Bool {
            switch self {
            case .everyone: true
            case .roles(let roles): voice.member.roles.meets(roles)
            case .groups(let groups): voice.member.groups.contains { groups.holds($0) }
            case .organizations(let ids): ids.holds(voice.member.organization)
            }
        }

        /// Names it looks through.
        fileprivate var nameCount: Int {
            switch self {
            case .everyone, .roles: 0
            case .groups(let names), .organizations(let names): names.count
            }
        }
    }

    /// `any of members`.
    package static let anybody = Policy.quota(.any, of: .members(.everyone), by: .everyone)
    /// `majority of orgs by role(orgAdmin)`.
    package static let majority = Policy.quota(.majority, of: .organizations, by: .roles(RoleSet(.orgAdmin)))
    /// `all of orgs by role(orgAdmin)`.
    package static let all = Policy.quota(.all, of: .organizations, by: .roles(RoleSet(.orgAdmin)))

    /// `any of role(…)`.
    package static func role(_ roles: RoleSet) -> Policy { .quota(.any, of: .members(.roles(roles)), by: .everyone) }

    /// What looking at one voice takes: one for each clause, and one more for each eight names it is looked for among
    /// (EXEC-7). 1 or more.
    var weight: Int {
        switch self {
        case .forbidden: return 1
        case .own(let circle): return 1 + Policy.weight(ofNames: circle.nameCount)
        case .quota(_, .members(let pool), let circle):
            return 1 + Policy.weight(ofNames: pool.nameCount) + Policy.weight(ofNames: circle.nameCount)
        case .quota(_, .organizations, let circle): return 1 + Policy.weight(ofNames: circle.nameCount)
        case .quota(_, .named(let names), let circle):
            return 1 + Policy.weight(ofNames: names.count) + Policy.weight(ofNames: circle.nameCount)
        case .either(let parts), .every(let parts): return parts.reduce(0) { $0 + $1.weight }
        }
    }

    private static func weight(ofNames count: Int) -> Int { count / 8 }

    /// True where the policy asks how many organisations there are.
    var countsOrganizations: Bool {
        switch self {
        case .quota(_, .organizations, _): true
        case .either(let parts), .every(let parts): parts.contains { $0.countsOrganizations }
        default: false
        }
    }
}

extension Policy {
    /// The policy without what time alone could make impossible: a share of all organisations by others than their
    /// admins, for an organisation whose freeze ends brings an admin with it and perhaps nobody else (GOV-12).
    var lasting: Policy {
        switch self {
        case .quota(.all, .organizations, let circle), .quota(.majority, .organizations, let circle):
            switch circle {
            case .everyone: self
            case .roles(let roles) where roles.contains(.orgAdmin): self
            default: .forbidden
            }
        case .either(let parts): .either(parts.map(\.lasting))
        case .every(let parts): .every(parts.map(\.lasting))
        default: self
        }
    }
}

/// A member who says yes and may: active, of an active organisation, with its own key.
///
/// A class as `Subject` is: a policy of many clauses looks at each voice many times.
package final class Voice: Sendable {
    package let account: AccountID
    package let member: Member

    package init(account: AccountID, member: Member) {
        self.account = account
        self.member = member
    }

    /// Who speaks: the person where it is known, else the key. Two voices of one person are one (PERM-5).
    enum Person: Hashable {
        case known(Digest)
        case key(AccountID)
    }

    var person: Person { member.person.map { .known($0) } ?? .key(account) }

    /// Whether it says nothing that `other` does not say: the same key, or another of the same person in the same
    /// organisation that may do all that this one may.
    ///
    /// An organisation names the persons of its members as it likes: what it says of its own must stop nobody
    /// elsewhere, and no officer, whose office it cannot give (GOV-3).
    func isSpokenFor(by other: Voice) -> Bool {
        if account == other.account { return true }
        guard let person = member.person, person == other.member.person,
            member.organization == other.member.organization
        else { return false }
        return member.roles.union(other.member.roles) == other.member.roles
            && member.groups.allSatisfy { other.member.groups.contains($0) }
    }
}

/// Who says yes, to what of whom, among how many.
package struct Ballots: Sendable {
    package let voices: [Voice]
    /// The organisation concerned, for `self`; nil where an act concerns all.
    package let concerned: Label?
    /// Organisations with a voice, ascending; needed where the policy counts them.
    package let electorate: [Label]
    /// Nil for one voice, which needs no counting.
    let roll: Roll?

    package init(_ voices: [Voice], concerned: Label?, electorate: [Label]) {
        self.voices = voices
        self.concerned = concerned
        self.electorate = electorate
        roll = voices.count > 1 ? Roll(voices) : nil
    }

    private init(_ other: Ballots, concerned: Label?) {
        (voices, electorate, roll) = (other.voices, other.electorate, other.roll)
        self.concerned = concerned
    }

    /// The same voices, to an act that concerns another organisation.
    func about(_ concerned: Label?) -> Ballots { Ballots(self, concerned: concerned) }

    /// Whether an organisation has a voice.
    func isElector(_ id: Label) -> Bool { electorate.holds(id) }
}

extension [Label] {
    /// Whether a name is among these, which ascend: found by halves, for there may be 256.
    fileprivate func holds(_ name: Label) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == name
    }
}

extension Policy {
    /// Whether the voices are enough.
    /// - Cost: some ten nanoseconds for one voice and one clause.
    package func allows(_ ballots: Ballots) -> Bool {
        switch self {
        case .forbidden: return false
        case .either(let parts): return parts.contains { $0.allows(ballots) }
        case .every(let parts): return parts.allSatisfy { $0.allows(ballots) }
        case .own, .quota:
            let standing = standing(ballots)
            return standing.needed > 0 && standing.found >= standing.needed
        }
    }

    /// Of a single clause: how many say yes, and how many it takes. Zero needed can never be met.
    func standing(_ ballots: Ballots) -> (found: Int, needed: Int) {
        switch self {
        case .forbidden, .either, .every: return (0, 0)
        case .own(let circle):
            let found = ballots.voices.contains { $0.member.organization == ballots.concerned && circle.holds($0) }
            return (found ? 1 : 0, 1)
        case .quota(let quota, .members(let pool), let circle):
            let found = Policy.persons(ballots) { pool.holds($0) && circle.holds($0) }
            return (found, quota.needed(of: max(found, 1)))
        case .quota(let quota, .organizations, let circle):
            let found = Policy.organizations(ballots, circle) { ballots.isElector($0) }
            return (found, quota.needed(of: ballots.electorate.count))
        case .quota(let quota, .named(let names), let circle):
            let found = Policy.organizations(ballots, circle) { names.holds($0) }
            return (found, quota.needed(of: names.count))
        }
    }

    /// How many persons there are among the voices of a kind.
    private static func persons(_ ballots: Ballots, _ isOfKind: (Voice) -> Bool) -> Int {
        guard let roll = ballots.roll else { return ballots.voices.count { isOfKind($0) } }
        var seen = Array(repeating: false, count: roll.personCount)
        var count = 0
        for (place, voice) in ballots.voices.enumerated() where !seen[roll.persons[place]] && isOfKind(voice) {
            seen[roll.persons[place]] = true
            count += 1
        }
        return count
    }

    /// How many organisations of a pool have a voice in the circle.
    private static func organizations(_ ballots: Ballots, _ circle: Circle, _ isIn: (Label) -> Bool) -> Int {
        guard let roll = ballots.roll else {
            return ballots.voices.count { circle.holds($0) && isIn($0.member.organization) }
        }
        let isAsked = roll.organizations.map(isIn)
        var speakers: [[Int]] = Array(repeating: [], count: isAsked.count)
        for (place, voice) in ballots.voices.enumerated() {
            let home = roll.homes[place]
            // Who speaks for one organisation only is as good as any other who does.
            if isAsked[home], roll.isShared || speakers[home].isEmpty, circle.holds(voice) {
                speakers[home].append(roll.persons[place])
            }
        }
        guard roll.isShared else { return speakers.count { !$0.isEmpty } }
        return Representation(speakers, of: roll.personCount).count
    }

    /// Whether this voice could ever count.
    package func counts(_ voice: Voice, concerned: Label?) -> Bool {
        switch self {
        case .forbidden: false
        case .own(let circle): voice.member.organization == concerned && circle.holds(voice)
        case .quota(_, .members(let pool), let circle): pool.holds(voice) && circle.holds(voice)
        case .quota(_, .organizations, let circle): circle.holds(voice)
        case .quota(_, .named(let names), let circle):
            names.holds(voice.member.organization) && circle.holds(voice)
        case .either(let parts), .every(let parts): parts.contains { $0.counts(voice, concerned: concerned) }
        }
    }
}

extension Policy.Quota {
    /// How many of `total` it takes; never zero, so that an empty pool allows nothing.
    func needed(of total: Int) -> Int {
        switch self {
        case .any: 1
        case .all: max(total, 1)
        case .majority: Mutant.halfIsEnough.isOn ? max((total + 1) / 2, 1) : total / 2 + 1
        case .count(let count): count
        }
    }
}
