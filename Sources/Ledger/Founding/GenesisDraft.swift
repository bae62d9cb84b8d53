// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// A genesis before it is signed: the agreement and what every organisation brought to it.
///
/// A function of these alone: whoever assembles it has the same bytes, in whatever order the files came.
/// - Spec: FOUND-9, FOUND-10 (docs/spec/founding.md).
package struct GenesisDraft: Hashable, Sendable, FoundingFile {
    /// "JDFD"
    package static let magic: [UInt8] = [0x4a, 0x44, 0x46, 0x44]
    package static let bytesMax = Limits.genesisBytesMax

    package let consortium: Consortium
    /// One each organisation, in the agreement's order.
    package let contributions: [Contribution]
    /// The chain this becomes.
    package let spec: ChainSpec
    /// What everybody signs, and what is read aloud.
    package let digest: Digest

    /// - Returns: nil where these cannot be a chain; whether they are what they claim is `check`.
    private init?(consortium: Consortium, contributions: [Contribution]) {
        guard contributions.map({ $0.body.organization }) == consortium.parties.map({ $0.id }),
            let spec = GenesisDraft.specification(consortium, contributions)
        else { return nil }
        self.consortium = consortium
        self.contributions = contributions
        self.spec = spec
        var encoder = Encoder()
        GenesisDraft.encode(consortium, contributions, into: &encoder)
        digest = SM3.hash(HashDomain.draft, encoder.bytes.span)
    }

    package var fingerprint: SpokenFingerprint { SpokenFingerprint(digest) }

    /// "JDF2" and the digest: what nodes and admins sign.
    package var signedMessage: [UInt8] { [0x4a, 0x44, 0x46, 0x32] + digest.bytes }

    /// What validators seal (PROOF-1).
    package var anchorMessage: [UInt8] {
        TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
    }

    // MARK: Assembling

    /// Puts together what was handed in, or says what keeps it from being a genesis.
    /// - Parameter offered: in any order; the same one twice counts once.
    /// - Throws: a flaw that names the files it is about by their place in `offered`.
    package static func assemble(
        _ consortium: Consortium, _ offered: [Contribution], _ verifier: inout SM2.Verifier
    ) throws(FoundingFlaw) -> GenesisDraft {
        if let flaw = consortium.flaw { throw flaw }
        let chosen = try choose(consortium, offered)
        for (party, index) in zip(consortium.parties, chosen) {
            do throws(FoundingFlaw) { try offered[index].check(as: party, &verifier) } catch {
                throw error.about([index])
            }
        }
        try checkKeysDiffer(consortium, offered, chosen)
        let draft = GenesisDraft(consortium: consortium, contributions: chosen.map { offered[$0] })
        guard let draft else { throw FoundingFlaw(.foundingShape, [consortium.name.text]) }
        return draft
    }

    /// Which of the files is each organisation's.
    private static func choose(
        _ consortium: Consortium, _ offered: [Contribution]
    ) throws(FoundingFlaw) -> [Int] {
        var chosen = [Int?](repeating: nil, count: consortium.parties.count)
        for (index, contribution) in offered.enumerated() {
            let body = contribution.body
            guard body.consortium == consortium.digest else {
                throw FoundingFlaw(
                    .foundingOtherConsortium,
                    [body.organization.text, body.consortium.hex, consortium.digest.hex], files: [index])
            }
            guard let place = consortium.parties.firstIndex(where: { $0.id == body.organization }) else {
                throw FoundingFlaw(.foundingStranger, [body.organization.text], files: [index])
            }
            if let first = chosen[place] {
                guard offered[first] == contribution else {
                    throw FoundingFlaw(
                        .foundingTwoContributions,
                        [body.organization.text, offered[first].fingerprint.text, contribution.fingerprint.text],
                        files: [first, index])
                }
                continue
            }
            chosen[place] = index
        }
        let missing = zip(consortium.parties, chosen).filter { $0.1 == nil }.map { $0.0.id.text }
        guard missing.isEmpty else { throw FoundingFlaw(.foundingMissing, missing) }
        return chosen.compactMap { $0 }
    }

    /// One key, one place: who could sign as two would be counted as two.
    private static func checkKeysDiffer(
        _ consortium: Consortium, _ offered: [Contribution], _ chosen: [Int]
    ) throws(FoundingFlaw) {
        var all: [(placed: Contribution.PlacedKey, file: Int)] = []
        for (party, index) in zip(consortium.parties, chosen) {
            for placed in offered[index].keys(of: party) { all.append((placed, index)) }
        }
        let sorted = all.sorted { $0.placed.key < $1.placed.key }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.placed.key == next.placed.key {
            let (first, second) = one.file <= next.file ? (one, next) : (next, one)
            throw FoundingFlaw(
                .foundingKeyTwice, [first.placed.place, second.placed.place], files: [first.file, second.file])
        }
    }

    /// Checks a draft that came as a file as if it were assembled here.
    package func check(_ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        _ = try GenesisDraft.assemble(consortium, contributions, &verifier)
    }

    private static func specification(_ consortium: Consortium, _ contributions: [Contribution]) -> ChainSpec? {
        var validators: [Validator] = []
        var members: [Member] = []
        for (party, contribution) in zip(consortium.parties, contributions) {
            guard contribution.body.nodes.count == party.nodes.count,
                contribution.body.members.count == party.openSeats.count
            else { return nil }
            for (node, brought) in zip(party.nodes, contribution.body.nodes) where node.isValidator {
                validators.append(
                    Validator(
                        key: brought.signing, name: node.name, organization: party.id, failureDomain: node.domain))
            }
            var open = contribution.body.members[...]
            for seat in party.seats {
                guard let key = seat.key ?? open.popFirst() else { return nil }
                members.append(
                    Member(
                        key: key, name: seat.name, organization: party.id, roles: seat.roles, groups: seat.groups,
                        person: seat.person))
            }
        }
        guard let committee = Committee(epoch: .zero, validators: validators, parameters: consortium.parameters) else {
            return nil
        }
        return ChainSpec(
            name: consortium.name, founded: consortium.founded, rules: consortium.rules, committee: committee,
            organizations: consortium.parties.map { $0.organization }, members: members,
            policies: AnchorSeat.policies(for: members))
    }

    // MARK: Bytes

    package func encode(into encoder: inout Encoder) {
        GenesisDraft.encode(consortium, contributions, into: &encoder)
    }

    private static func encode(
        _ consortium: Consortium, _ contributions: [Contribution], into encoder: inout Encoder
    ) {
        head(into: &encoder)
        consortium.encode(into: &encoder)
        encoder.list(contributions)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        try GenesisDraft.head(from: &decoder)
        let consortium = try Consortium(from: &decoder)
        let contributions = try decoder.list(of: Contribution.self, max: Limits.organizationsMax)
        guard let draft = GenesisDraft(consortium: consortium, contributions: contributions) else {
            throw .notCanonical(offset: start)
        }
        self = draft
    }
}

extension Committee {
    /// Places of one organisation's validators, in voting order.
    package func places(of organization: Label) -> [ValidatorIndex] {
        validators.indices.filter { validators[$0].organization == organization }.map { ValidatorIndex($0) }
    }
}
