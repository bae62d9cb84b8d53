// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi
import Storage

// Certificates taken back on chain (CERT-20 to CERT-22): every node hears of it in the same block.

/// What `revokeCertificate` takes.
package struct CertificateRevocation: Hashable, Sendable, Canonical {
    /// The certificate in DER.
    package let certificate: [UInt8]
    package let reason: Label

    package init(certificate: [UInt8], reason: Label) {
        self.certificate = certificate
        self.reason = reason
    }

    package func encode(into encoder: inout Encoder) {
        encoder.bytes(certificate)
        reason.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        certificate = try decoder.bytes(max: Certificate.bytesMax)
        reason = try Label(from: &decoder)
    }
}

/// A certificate that was taken back, as the state holds it under its fingerprint.
package struct RevocationRecord: Hashable, Sendable, Canonical {
    package let organization: Label
    /// Who said so.
    package let author: AccountID
    /// Of the certificate's key.
    package let account: AccountID
    package let height: Height
    package let time: Timestamp
    package let reason: Label
    /// The fingerprint of the one taken back before it: from the newest back to the first all are found.
    package let previous: Digest?

    package func encode(into encoder: inout Encoder) {
        organization.encode(into: &encoder)
        author.encode(into: &encoder)
        account.encode(into: &encoder)
        height.encode(into: &encoder)
        time.encode(into: &encoder)
        reason.encode(into: &encoder)
        encoder.optional(previous)
    }

    init(
        organization: Label, author: AccountID, account: AccountID, height: Height, time: Timestamp, reason: Label,
        previous: Digest?
    ) {
        self.organization = organization
        self.author = author
        self.account = account
        self.height = height
        self.time = time
        self.reason = reason
        self.previous = previous
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        organization = try Label(from: &decoder)
        author = try AccountID(from: &decoder)
        account = try AccountID(from: &decoder)
        height = try Height(from: &decoder)
        time = try Timestamp(from: &decoder)
        reason = try Label(from: &decoder)
        previous = try decoder.optional(Digest.self)
    }
}

extension StateView {
    /// Whether a member's own certificate was taken back: one about another key is no matter of this member.
    mutating func isCertificateRevoked(of member: Member, _ account: AccountID) throws(StoreError) -> Bool {
        guard let fingerprint = member.certificate else { return false }
        let record = try decoded(RevocationRecord.self, at: MembershipContract.revocationKey(fingerprint))
        return record?.account == account
    }
}

extension CallContext {
    /// Takes back a certificate of the sender's organisation, for good.
    mutating func revoke(_ request: CertificateRevocation, by member: Subject) throws(CallFailure) {
        guard member.member.roles.meets(RoleSet(.orgAdmin, .securityAdmin)) else { throw .result(.notRevoker) }
        guard let certificate = try? Certificate(request.certificate) else { throw .result(.malformedArguments) }
        let home = member.member.organization
        let account = AccountID(certificate.key)
        try demandOwn(certificate, account, of: home)
        let fingerprint = SM3.hash(request.certificate)
        guard try value(at: MembershipContract.revocationKey(fingerprint)) == nil else {
            throw .result(.revocationKnown)
        }
        let countKey = MembershipContract.revocationCountKey(home)
        let count = try decoded(Counter.self, at: countKey)?.value ?? 0
        guard count < UInt64(Limits.revocationsMax) else { throw .result(.revocationsFull) }
        let holder = try decoded(MemberRecord.self, at: MembershipContract.stateKey(account))
        let silences = holder.map { !$0.standing.isRemoved && $0.member.certificate == fingerprint } ?? false
        if silences, let holder {
            // Nobody silences who watches it (GOV-3); its holder alone says that it is lost.
            guard account == member.account || !holder.member.roles.meets(.offices) else {
                throw .result(.officerSilenced)
            }
            try demandAnotherAdmin(than: account, holder)
        }
        let record = RevocationRecord(
            organization: home, author: member.account, account: account, height: height, time: time,
            reason: request.reason, previous: try decoded(Digest.self, at: MembershipContract.newestRevocationKey))
        try put(record.encoded, at: MembershipContract.revocationKey(fingerprint))
        try put(fingerprint.bytes, at: MembershipContract.newestRevocationKey)
        try put(Counter(count + 1).encoded, at: countKey)
        try noteGeneration()
        guard silences else { return }
        try dropOwnAnnouncement(for: account)
        try demandGovernable()
    }

    /// A certificate is its organisation's by its key, which a member or a validator holds, or else by the credit code
    /// in it: nobody takes back another's.
    private mutating func demandOwn(
        _ certificate: Certificate, _ account: AccountID, of home: Label
    ) throws(CallFailure) {
        if let holder = try decoded(MemberRecord.self, at: MembershipContract.stateKey(account)) {
            guard holder.member.organization == home else { throw .result(.certificateForeign) }
            return
        }
        for key in [CommitteeContract.activeStateKey, CommitteeContract.pendingStateKey] {
            let committee = try decoded(Committee.self, at: key)
            guard let seat = committee?.validators.first(where: { $0.key == certificate.key }) else { continue }
            guard seat.organization == home else { throw .result(.certificateForeign) }
            return
        }
        guard let code = try organization(home).organization.creditCode,
            certificate.extensions.socialCreditCode == String(decoding: code.ascii, as: UTF8.self)
        else { throw .result(.certificateForeign) }
    }

    /// A member is not given a certificate that was taken back.
    mutating func demandCertificateHolds(_ member: Member) throws(CallFailure) {
        guard let fingerprint = member.certificate,
            let record = try decoded(RevocationRecord.self, at: MembershipContract.revocationKey(fingerprint)),
            record.account == member.account
        else { return }
        throw .result(.certificateRevoked)
    }
}
