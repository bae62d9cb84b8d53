// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// One organisation's yes to a genesis: by each of its nodes and by its admins.
/// - Spec: FOUND-13 (docs/spec/founding.md).
package struct FoundingSignature: Hashable, Sendable, FoundingFile {
    /// "JDFS"
    package static let magic: [UInt8] = [0x4a, 0x44, 0x46, 0x53]
    package static let bytesMax = Limits.foundingSignatureBytesMax

    /// Of the draft (`GenesisDraft.digest`).
    package let draft: Digest
    package let organization: Label
    /// By each node's signing key over the draft, in the agreement's order.
    package let nodes: [SM2.Signature]
    /// By each validator over the trust anchor, in the same order.
    package let seals: [SM2.Signature]
    /// By admins over the draft, by account, ascending.
    package let admins: [Contribution.Voucher]

    package init(
        draft: Digest, organization: Label, nodes: [SM2.Signature], seals: [SM2.Signature],
        admins: [Contribution.Voucher]
    ) {
        self.draft = draft
        self.organization = organization
        self.nodes = nodes
        self.seals = seals
        self.admins = Contribution.Voucher.ascending(admins)
    }

    /// - Throws: `.foundingOtherDraft`, `.foundingStranger`, `.foundingSignature`.
    /// - Cost: one SM2 check a signature.
    package func check(of genesis: GenesisDraft, _ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        guard draft == genesis.digest else {
            throw FoundingFlaw(
                .foundingOtherDraft,
                [organization.text, SpokenFingerprint(draft).text, genesis.fingerprint.text])
        }
        let all = zip(genesis.consortium.parties, genesis.contributions)
        guard let (party, contribution) = all.first(where: { $0.0.id == organization }) else {
            throw FoundingFlaw(.foundingStranger, [organization.text])
        }
        let places = genesis.spec.committee.places(of: organization)
        guard nodes.count == party.nodes.count, seals.count == places.count else {
            throw FoundingFlaw(.foundingSignature, [organization.text])
        }
        var claims: [(claim: SM2.Claim, by: String)] = []
        for (index, signature) in nodes.enumerated() {
            let key = contribution.body.nodes[index].signing
            claims.append(
                (
                    SM2.Claim(key: key, message: genesis.signedMessage, signature: signature),
                    party.nodes[index].name.text
                ))
        }
        for (place, signature) in zip(places, seals) {
            let validator = genesis.spec.committee.validators[place.value]
            claims.append(
                (
                    SM2.Claim(key: validator.key, message: genesis.anchorMessage, signature: signature),
                    validator.name.text
                ))
        }
        claims += try adminClaims(genesis)
        for (claim, isGood) in zip(claims, verifier.verify(claims.map { $0.claim })) where !isGood {
            throw FoundingFlaw(.foundingSignature, ["\(organization.text)/\(claim.by)"])
        }
    }

    /// Of an organisation that has admins at least one signs, and nobody else signs in their place.
    private func adminClaims(_ genesis: GenesisDraft) throws(FoundingFlaw) -> [(claim: SM2.Claim, by: String)] {
        let known = genesis.spec.members.filter { $0.organization == organization && $0.roles.contains(.orgAdmin) }
        guard known.isEmpty || !admins.isEmpty else {
            throw FoundingFlaw(.foundingSignature, [organization.text, MemberRole.orgAdmin.word])
        }
        var claims: [(claim: SM2.Claim, by: String)] = []
        for admin in admins {
            guard let member = known.first(where: { $0.account == admin.account }) else {
                throw FoundingFlaw(.foundingSignature, ["\(organization.text)/\(admin.account.hex)"])
            }
            let claim = SM2.Claim(key: member.key, message: genesis.signedMessage, signature: admin.signature)
            claims.append((claim, member.name.text))
        }
        return claims
    }

    package func encode(into encoder: inout Encoder) {
        FoundingSignature.head(into: &encoder)
        draft.encode(into: &encoder)
        organization.encode(into: &encoder)
        encoder.list(nodes)
        encoder.list(seals)
        encoder.list(admins)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        try FoundingSignature.head(from: &decoder)
        draft = try Digest(from: &decoder)
        organization = try Label(from: &decoder)
        nodes = try decoder.list(of: SM2.Signature.self, max: Limits.foundingNodesMax)
        seals = try decoder.list(of: SM2.Signature.self, max: Limits.validatorsMax)
        let start = decoder.offset
        admins = try decoder.list(of: Contribution.Voucher.self, max: Limits.organizationAdminsMax)
        guard zip(admins, admins.dropFirst()).allSatisfy({ $0.account < $1.account }) else {
            throw .notCanonical(offset: start)
        }
    }
}

/// A genesis that all organisations signed: the record of the founding, for whoever asks later.
/// - Spec: FOUND-14.
package struct FoundingRecord: Hashable, Sendable, FoundingFile {
    /// "JDFR"
    package static let magic: [UInt8] = [0x4a, 0x44, 0x46, 0x52]
    package static let bytesMax = Limits.genesisBytesMax + Limits.genesisBytesMax / 8

    package let draft: GenesisDraft
    /// One each organisation, in the agreement's order.
    package let signatures: [FoundingSignature]

    private init(draft: GenesisDraft, signatures: [FoundingSignature]) {
        self.draft = draft
        self.signatures = signatures
    }

    /// Sealed by every validator of the founding committee.
    package var anchor: TrustAnchor {
        var seals: [QuorumCertificate.Seal] = []
        for signature in signatures {
            let places = draft.spec.committee.places(of: signature.organization)
            for (place, seal) in zip(places, signature.seals) {
                seals.append(QuorumCertificate.Seal(signer: place, signature: seal))
            }
        }
        return TrustAnchor(
            chain: draft.spec.id, name: draft.spec.name, committee: draft.spec.committee,
            seals: seals.sorted { $0.signer < $1.signer })
    }

    /// Closes a founding.
    /// - Parameter offered: in any order. Of several by one organisation, all good, the one with the lowest bytes
    ///   counts, so that all who hold the same files make the same record.
    /// - Throws: what is wrong with the draft or a signature; `.foundingUnsigned` naming who has not signed.
    package static func close(
        _ draft: GenesisDraft, _ offered: [FoundingSignature], _ verifier: inout SM2.Verifier
    ) throws(FoundingFlaw) -> FoundingRecord {
        try draft.check(&verifier)
        for (index, signature) in offered.enumerated() {
            do throws(FoundingFlaw) { try signature.check(of: draft, &verifier) } catch { throw error.about([index]) }
        }
        var signatures: [FoundingSignature] = []
        var missing: [String] = []
        for party in draft.consortium.parties {
            let own = offered.filter { $0.organization == party.id }
            if let first = own.min(by: { $0.encoded.lexicographicallyPrecedes($1.encoded) }) {
                signatures.append(first)
            } else {
                missing.append(party.id.text)
            }
        }
        guard missing.isEmpty else { throw FoundingFlaw(.foundingUnsigned, missing) }
        return FoundingRecord(draft: draft, signatures: signatures)
    }

    /// Checks a record that came as a file, with every signature in it.
    package func check(_ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        _ = try FoundingRecord.close(draft, signatures, &verifier)
    }

    package func encode(into encoder: inout Encoder) {
        FoundingRecord.head(into: &encoder)
        draft.encode(into: &encoder)
        encoder.list(signatures)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        try FoundingRecord.head(from: &decoder)
        let draft = try GenesisDraft(from: &decoder)
        let start = decoder.offset
        let signatures = try decoder.list(of: FoundingSignature.self, max: Limits.organizationsMax)
        guard signatures.map({ $0.organization }) == draft.consortium.parties.map({ $0.id }) else {
            throw .notCanonical(offset: start)
        }
        self.init(draft: draft, signatures: signatures)
    }
}
