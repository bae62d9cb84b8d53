// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// A founding on paper: four organisations with keys drawn from a seed, and every way to get one step wrong.
struct Ceremony {
    struct Office {
        let party: Consortium.Party
        var authority: SM2.ThrowAwaySigner
        var nodes: [(signing: SM2.ThrowAwaySigner, encryption: SM2.ThrowAwaySigner)]
        var seats: [SM2.ThrowAwaySigner]
        /// What the authority says it is.
        var name: String
        var creditCode: String?
    }

    static let codes = ["11350100MB0000017M", "11350100MB0000025G", "11350100MB0000033B", "11350100MB00000416"]
    static let clouds = ["移动云", "电信云", "联通云", "广电云"]

    let consortium: Consortium
    var offices: [Office]

    init(_ consortium: Consortium = Ceremony.agreement(), seed: UInt64 = 1) {
        self.consortium = consortium
        var random = SeededRandom(seed: seed)
        offices = consortium.parties.map { party in
            Office(
                party: party, authority: SM2.ThrowAwaySigner(from: &random),
                nodes: party.nodes.map { _ in
                    (SM2.ThrowAwaySigner(from: &random), SM2.ThrowAwaySigner(from: &random))
                },
                seats: party.openSeats.map { _ in SM2.ThrowAwaySigner(from: &random) },
                name: party.organization.name.text, creditCode: party.organization.creditCode?.text)
        }
    }

    static func agreement(
        name: String = "main", clouds: [String] = Ceremony.clouds, waivers: Consortium.Waivers = [],
        parameters: ConsensusParameters = ConsensusParameters(), rules: RuleVersion = .first,
        change: (Int, Consortium.Party) -> Consortium.Party = { $1 }
    ) -> Consortium {
        let parties = clouds.indices.map { index in
            change(index, party(index, cloud: clouds[index]))
        }
        return Consortium(
            name: Label(name)!, founded: Timestamp(1_795_000_000_000), rules: rules, parameters: parameters,
            waivers: waivers, parties: parties)
    }

    static func party(
        _ index: Int, id: String? = nil, code: String? = nil, cloud: String, nodes: [Consortium.Node]? = nil,
        seats: [Consortium.Seat]? = nil
    ) -> Consortium.Party {
        let organization = Organization(
            id: Label(id ?? "org-\(index)")!, name: Label("机构\(index)")!,
            creditCode: CreditCode(code ?? codes[index % 4]), region: RegionCode("350100"), cloud: Label(cloud)!)
        return Consortium.Party(
            organization: organization,
            nodes: nodes ?? [node("node-\(index)", cloud: cloud, address: "10.0.0.\(index):8700")],
            seats: seats ?? [seat("admin", .orgAdmin)])
    }

    static func node(_ name: String, cloud: String, address: String, votes: Bool = true) -> Consortium.Node {
        Consortium.Node(
            name: Label(name)!, isValidator: votes, domain: Label(cloud)!, addresses: [Label(address)!])
    }

    static func seat(_ name: String, _ roles: MemberRole..., person: UInt8? = nil, key: SM2.PublicKey? = nil)
        -> Consortium.Seat
    {
        var set = RoleSet.none
        for role in roles { set = set.union(RoleSet(role)) }
        return Consortium.Seat(
            name: Label(name)!, roles: set, person: person.map { SM3.hash([$0]) }, key: key)
    }

    // MARK: Steps

    func contribution(_ index: Int, vouchers: [SM2.ThrowAwaySigner] = [], to other: Consortium? = nil) throws
        -> Contribution
    {
        let office = offices[index]
        let root = try root(office)
        let body = Contribution.Body(
            consortium: (other ?? consortium).digest, organization: office.party.id, root: root.der,
            nodes: try zip(office.party.nodes, office.nodes).map { node, keys in
                Contribution.Node(
                    signing: keys.signing.publicKey, encryption: keys.encryption.publicKey,
                    signingCertificate: try certificate(office, root, node, keys.signing.publicKey, .signing),
                    encryptionCertificate: try certificate(office, root, node, keys.encryption.publicKey, .encrypting))
            },
            members: office.seats.map(\.publicKey))
        let signers = office.nodes.flatMap { [$0.signing, $0.encryption] } + office.seats
        return Contribution(
            body: body, proofs: try signers.map { try $0.sign(body.signedMessage) },
            vouchers: try vouchers.map { try Ceremony.voucher($0, body.signedMessage) })
    }

    func contributions() throws -> [Contribution] { try offices.indices.map { try contribution($0) } }

    func draft() throws -> GenesisDraft {
        var verifier = SM2.Verifier()
        return try GenesisDraft.assemble(consortium, try contributions(), &verifier)
    }

    func signature(_ index: Int, of draft: GenesisDraft, admins: [SM2.ThrowAwaySigner]? = nil) throws
        -> FoundingSignature
    {
        let office = offices[index]
        let seats = zip(office.party.openSeats, office.seats).filter { $0.0.isAdmin }.map { $0.1 }
        let validators = zip(office.party.nodes, office.nodes).filter { $0.0.isValidator }.map { $0.1.signing }
        return FoundingSignature(
            draft: draft.digest, organization: office.party.id,
            nodes: try office.nodes.map { try $0.signing.sign(draft.signedMessage) },
            seals: try validators.map { try $0.sign(draft.anchorMessage) },
            admins: try (admins ?? seats).map { try Ceremony.voucher($0, draft.signedMessage) })
    }

    static func voucher(_ signer: SM2.ThrowAwaySigner, _ message: [UInt8]) throws -> Contribution.Voucher {
        Contribution.Voucher(account: AccountID(signer.publicKey), signature: try signer.sign(message))
    }

    // MARK: Certificates

    private static let now = CertificateTime(seconds: 1_795_000_000)

    private static func name(_ office: Office, _ common: String) -> DistinguishedName {
        DistinguishedName([
            .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, office.name),
            .init(ObjectIdentifier.commonName, common),
        ])!
    }

    func root(_ office: Office) throws -> Certificate {
        var draft = CertificateDraft.root(
            Ceremony.name(office, office.name), key: office.authority.publicKey, serial: [0x41, 1],
            notBefore: Ceremony.now, notAfter: Ceremony.now.advanced(byDays: 1_000))
        draft.extensions.socialCreditCode = office.creditCode
        return try draft.signed(by: office.authority)
    }

    func certificate(
        _ office: Office, _ root: Certificate, _ node: Consortium.Node, _ key: SM2.PublicKey, _ usage: KeyUsage
    ) throws -> [UInt8] {
        try CertificateDraft.below(
            root, subject: Ceremony.name(office, node.name.text), key: key, usage: usage, serial: [0x41, 2],
            notBefore: Ceremony.now, notAfter: Ceremony.now.advanced(byDays: 100)
        ).signed(by: office.authority).der
    }
}
