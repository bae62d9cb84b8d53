// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage

// Another key for a member (MEMB-9): announced by the old one or by governance, taken up by the new one.
extension CallContext {
    /// No key is ever two members', or a member's and a delegate's (MEMB-5). What was announced too long
    /// ago is nothing.
    mutating func demandUnknown(_ account: AccountID) throws(CallFailure) {
        for key in [MembershipContract.stateKey(account), MembershipContract.delegationKey(account)]
        where try value(at: key) != nil {
            throw .result(.keyKnown)
        }
        if try announcement(of: account) != nil { throw .result(.keyKnown) }
    }

    /// What was announced of a key, where it still holds.
    private mutating func announcement(of account: AccountID) throws(CallFailure) -> Announcement? {
        let found = try decoded(Announcement.self, at: MembershipContract.announcementKey(account))
        guard let found, found.stands(at: height) else { return nil }
        return found
    }

    /// Says that a key is to take a member's place, and no other key that was to: one is announced at a time.
    /// - Parameter isDecided: by governance, whose word the old key's does not replace: it may be a thief's.
    mutating func announce(_ key: SM2.PublicKey, for account: AccountID, isDecided: Bool) throws(CallFailure) {
        _ = try memberRecord(account)
        let next = AccountID(key)
        if !isDecided, try isReplacementDecided(for: account) { throw .result(.announcedByGovernance) }
        // Said again for the same member, it begins anew.
        if try announcement(of: next)?.member != account { try demandUnknown(next) }
        try dropAnnouncement(for: account)
        let announcement = Announcement(member: account, key: key, height: height, isDecided: isDecided)
        try put(announcement.encoded, at: MembershipContract.announcementKey(next))
        try put(next.encoded, at: MembershipContract.successorKey(account))
    }

    /// Whether governance announced a key for a member, and the announcement holds.
    private mutating func isReplacementDecided(for account: AccountID) throws(CallFailure) -> Bool {
        guard let next = try decoded(AccountID.self, at: MembershipContract.successorKey(account)),
            let standing = try announcement(of: next), standing.member == account
        else { return false }
        return standing.isDecided
    }

    /// Takes back what a member announced itself: its key vouches for nothing any more, and may have been a thief's
    /// when it did (MEMB-9).
    mutating func dropOwnAnnouncement(for account: AccountID) throws(CallFailure) {
        if try isReplacementDecided(for: account) || Mutant.revokedTakesOver.isOn { return }
        try dropAnnouncement(for: account)
    }

    /// Takes back what was announced for a member, where it has not become another's.
    mutating func dropAnnouncement(for account: AccountID) throws(CallFailure) {
        let pointer = MembershipContract.successorKey(account)
        guard let next = try decoded(AccountID.self, at: pointer) else { return }
        try put(nil, at: pointer)
        let key = MembershipContract.announcementKey(next)
        guard try decoded(Announcement.self, at: key)?.member == account else { return }
        try put(nil, at: key)
    }

    /// The sender takes the place of the member it was announced for; a freeze goes over to it, the certificate, which
    /// is about the old key, does not.
    mutating func completeTakeOver() throws(CallFailure) {
        let key = MembershipContract.announcementKey(sender)
        guard let announcement = try decoded(Announcement.self, at: key) else { throw .result(.notAnnounced) }
        guard announcement.stands(at: height) else { throw .result(.announcementOver) }
        let old = announcement.member
        var record = try memberRecord(old)
        let successor = MemberRecord(
            member: record.member.with(key: announcement.key), standing: record.standing)
        try demandTwoKeys(successor.member)
        try dropAnnouncement(for: old)
        try withdraw(old, record.member)
        try enlist(sender, successor.member)
        try put(successor, sender)
        record.standing = .removed
        record.successor = sender
        try put(record, old)
    }
}
