// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// FOUND-6 to FOUND-14: a chain comes to be by all, from the same bytes, or not at all.
@Suite struct FoundingTests {
    /// Runs a step that must be refused.
    private func flaw(_ body: () throws -> some Any) -> FoundingFlaw? {
        do {
            _ = try body()
            return nil
        } catch { return error as? FoundingFlaw }
    }

    private func assemble(_ consortium: Consortium, _ offered: [Contribution]) throws -> GenesisDraft {
        var verifier = SM2.Verifier()
        return try GenesisDraft.assemble(consortium, offered, &verifier)
    }

    private func close(_ draft: GenesisDraft, _ offered: [FoundingSignature]) throws -> FoundingRecord {
        var verifier = SM2.Verifier()
        return try FoundingRecord.close(draft, offered, &verifier)
    }

    // MARK: The genesis

    @Test("whoever assembles has the same bytes, in whatever order the files came and how often (FOUND-9, FOUND-10)")
    func order() throws {
        let ceremony = Ceremony()
        let all = try ceremony.contributions()
        let plain = try assemble(ceremony.consortium, all)
        for order in [[3, 2, 1, 0], [1, 3, 0, 2], [0, 0, 1, 2, 2, 3, 3]] {
            #expect(try assemble(ceremony.consortium, order.map { all[$0] }).encoded == plain.encoded)
        }
        #expect(try GenesisDraft.read(plain.encoded) == plain)
        let spec = plain.spec
        #expect(spec.committee.validators.map(\.name.text) == ["node-0", "node-1", "node-2", "node-3"])
        #expect(spec.committee.validators.map(\.key) == ceremony.offices.map { $0.nodes[0].signing.publicKey })
        #expect(spec.members.count == 4 && spec.organizations.count == 4)
        #expect(try ChainSpec(decoding: spec.encoded) == spec)
        var verifier = SM2.Verifier()
        try plain.check(&verifier)
    }

    @Test("an agreement and a genesis keep their bytes from release to release (FOUND-2, FOUND-10)")
    func pinned() throws {
        #expect(Ceremony.agreement().digest.hex == "53899a9a43150a8685270677c383335e5d8e033f1b500b1e43c4febc489239ea")
        #expect(try Ceremony().draft().digest.hex == "721078333e51855d70b59657bca29f49274ae563ddae947343e3cb3c1e589d54")
    }

    @Test("observers have keys and certificates and no vote (FOUND-10)")
    func observers() throws {
        let consortium = Ceremony.agreement { index, plain in
            let watcher = Ceremony.node("watcher", cloud: "x", address: "10.0.1.1:1", votes: false)
            return index == 2 ? Ceremony.party(2, cloud: Ceremony.clouds[2], nodes: [watcher] + plain.nodes) : plain
        }
        let ceremony = Ceremony(consortium)
        let draft = try ceremony.draft()
        #expect(draft.spec.committee.count == 4 && draft.contributions[2].body.nodes.count == 2)
        let signatures = try ceremony.offices.indices.map { try ceremony.signature($0, of: draft) }
        #expect(signatures[2].nodes.count == 2 && signatures[2].seals.count == 1)
        _ = try close(draft, signatures)
    }

    @Test("each lie and each gap is refused with its code, and the file is named (FOUND-9)")
    func lies() throws {
        let ceremony = Ceremony()
        let good = try ceremony.contributions()
        func refused(_ offered: [Contribution], _ code: Int, _ files: [Int], _ what: String) {
            let found = flaw { try assemble(ceremony.consortium, offered) }
            #expect(found?.code.number == code && found?.files == files, "\(what): \(String(describing: found))")
        }
        func replacing(_ place: Int, _ other: Contribution) -> [Contribution] {
            good.indices.map { $0 == place ? other : good[$0] }
        }
        refused([], 2417, [], "nothing")
        refused(Array(good.dropLast()), 2417, [], "one is missing")
        refused(
            replacing(1, try ceremony.contribution(1, to: Ceremony.agreement(name: "x"))), 2414, [1],
            "another agreement")
        let stranger = Ceremony(
            Ceremony.agreement { index, plain in
                index == 1 ? Ceremony.party(1, id: "stranger", cloud: Ceremony.clouds[1]) : plain
            })
        refused(good + [try stranger.contribution(1, to: ceremony.consortium)], 2415, [4], "a stranger")
        refused(good + [try Ceremony(seed: 2).contribution(1)], 2416, [1, 4], "a second one in its name")
        var greedy = ceremony
        greedy.offices[1].seats.append(greedy.offices[1].authority)
        refused(replacing(1, try greedy.contribution(1)), 2418, [1], "a member more than agreed")
        // Somebody else's key, named without holding it: the proof is by another key.
        var thief = ceremony
        thief.offices[2].nodes[0].signing = Ceremony(seed: 3).offices[0].nodes[0].signing
        let stolen = try thief.contribution(2)
        let unproven = Contribution(body: stolen.body, proofs: good[2].proofs)
        refused(replacing(2, unproven), 2419, [2], "a key that is not held")
        var twins = ceremony
        twins.offices[2].nodes[0].signing = ceremony.offices[0].nodes[0].signing
        refused(replacing(2, try twins.contribution(2)), 2422, [0, 2], "one validator key for two")
        twins = ceremony
        twins.offices[2].seats[0] = ceremony.offices[2].nodes[0].encryption
        refused(replacing(2, try twins.contribution(2)), 2422, [2, 2], "one key for two uses")
        twins = ceremony
        twins.offices[3].authority = ceremony.offices[0].authority
        refused(replacing(3, try twins.contribution(3)), 2422, [0, 3], "one authority for two")
        var poser = ceremony
        poser.offices[1].creditCode = Ceremony.codes[2]
        refused(replacing(1, try poser.contribution(1)), 2421, [1], "another credit code")
        poser = ceremony
        poser.offices[1].name = "机构一"
        refused(replacing(1, try poser.contribution(1)), 2421, [1], "another name")
    }

    @Test("a certificate by another authority, for another node, key or use is refused (FOUND-9)")
    func certificates() throws {
        let ceremony = Ceremony()
        let good = try ceremony.contributions()
        let other = try Ceremony(seed: 4).contribution(0).body.nodes[0]
        let own = good[0].body.nodes[0]
        let signers = [
            ceremony.offices[0].nodes[0].signing, ceremony.offices[0].nodes[0].encryption, ceremony.offices[0].seats[0],
        ]
        let office = ceremony.offices[0]
        let (root, node) = (try ceremony.root(office), office.party.nodes[0])
        // Each wrong in one thing only: name and key right, and the authority's name as well.
        var impostor = office
        impostor.authority = Ceremony(seed: 6).offices[0].authority
        let byImpostor = try ceremony.certificate(impostor, try ceremony.root(impostor), node, own.signing, .signing)
        let otherUse = try ceremony.certificate(office, root, node, own.signing, .encrypting)
        let otherKey = try ceremony.certificate(office, root, node, own.encryption, .signing)
        let otherName = try ceremony.certificate(
            office, root, ceremony.offices[1].party.nodes[0], own.signing, .signing)
        let cases: [(String, [UInt8], [UInt8])] = [
            ("another authority's", other.signingCertificate, own.encryptionCertificate),
            ("the two exchanged", own.encryptionCertificate, own.signingCertificate),
            ("another node's", good[1].body.nodes[0].signingCertificate, own.encryptionCertificate),
            ("signed by an impostor", byImpostor, own.encryptionCertificate),
            ("for the other use", otherUse, own.encryptionCertificate),
            ("for the other key", otherKey, own.encryptionCertificate),
            ("for another node's name", otherName, own.encryptionCertificate),
            ("none", [], own.encryptionCertificate), ("the root's", good[0].body.root, own.encryptionCertificate),
        ]
        for (what, signing, encryption) in cases {
            let node = Contribution.Node(
                signing: own.signing, encryption: own.encryption, signingCertificate: signing,
                encryptionCertificate: encryption)
            let body = Contribution.Body(
                consortium: ceremony.consortium.digest, organization: good[0].body.organization,
                root: good[0].body.root,
                nodes: [node], members: good[0].body.members)
            let forged = Contribution(body: body, proofs: try signers.map { try $0.sign(body.signedMessage) })
            let found = flaw { try assemble(ceremony.consortium, [forged] + good.dropFirst()) }
            #expect(found?.code.number == 2420 && found?.files == [0], "\(what): \(String(describing: found))")
        }
    }

    @Test("where the agreement names an admin's key, nobody contributes in its name without that key (FOUND-7)")
    func vouchers() throws {
        var random = SeededRandom(seed: 77)
        let (admin, other) = (SM2.ThrowAwaySigner(from: &random), SM2.ThrowAwaySigner(from: &random))
        let consortium = Ceremony.agreement { index, plain in
            index == 1
                ? Ceremony.party(
                    1, cloud: Ceremony.clouds[1], seats: [Ceremony.seat("boss", .orgAdmin, key: admin.publicKey)])
                : plain
        }
        let ceremony = Ceremony(consortium)
        func offered(_ vouchers: [SM2.ThrowAwaySigner]) throws -> [Contribution] {
            try ceremony.offices.indices.map { try ceremony.contribution($0, vouchers: $0 == 1 ? vouchers : []) }
        }
        #expect(flaw { try assemble(consortium, try offered([])) }?.code.number == 2423)
        #expect(flaw { try assemble(consortium, try offered([other])) }?.code.number == 2423)
        #expect(flaw { try assemble(consortium, try offered([admin, other])) }?.code.number == 2423)
        let draft = try assemble(consortium, try offered([admin]))
        #expect(draft.spec.members.contains { $0.key == admin.publicKey && $0.roles.contains(.orgAdmin) })
        // And only that admin says yes for it.
        let signatures = try ceremony.offices.indices.map { index in
            try ceremony.signature(index, of: draft, admins: index == 1 ? [admin] : nil)
        }
        _ = try close(draft, signatures)
        let forged = try ceremony.signature(1, of: draft, admins: [other])
        #expect(flaw { try close(draft, [signatures[0], forged] + signatures[2...]) }?.code.number == 2435)
        // The voucher of another contribution does not fit.
        let moved = try Ceremony(consortium, seed: 9).contribution(1, vouchers: [admin])
        let own = try ceremony.contribution(1)
        let mixed = Contribution(body: own.body, proofs: own.proofs, vouchers: moved.vouchers)
        let all = try offered([admin])
        #expect(flaw { try assemble(consortium, [all[0], mixed, all[2], all[3]]) }?.code.number == 2423)
    }

    // MARK: Files

    @Test("a file cut anywhere, changed anywhere, of another version or too long is refused (FOUND-6, FOUND-8)")
    func damage() throws {
        let ceremony = Ceremony()
        let good = try ceremony.contributions()
        let bytes = good[1].encoded
        #expect(bytes.starts(with: [0x4a, 0x44, 0x46, 0x43, 1]))
        #expect(try Contribution.read(bytes) == good[1])
        for length in stride(from: 0, to: bytes.count, by: 13) {
            #expect(flaw { try Contribution.read(Array(bytes.prefix(length))) }?.code.number == 2411, "\(length)")
        }
        #expect(flaw { try Contribution.read(bytes + [0]) }?.code.number == 2411)
        for place in stride(from: 5, to: bytes.count, by: 7) {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            let found = flaw {
                try assemble(ceremony.consortium, [good[0], try Contribution.read(changed), good[2], good[3]])
            }
            #expect(found != nil, "byte \(place) may be changed")
        }
        var newer = bytes
        newer[4] = 2
        #expect(flaw { try Contribution.read(newer) }?.code.number == 2412)
        let long = Contribution.magic + [UInt8](repeating: 1, count: Limits.contributionBytesMax)
        #expect(flaw { try Contribution.read(long) }?.code.number == 2413)
        #expect(flaw { try FoundingSignature.read(bytes) }?.code.number == 2411, "another kind")
        #expect(flaw { try GenesisDraft.read([]) }?.code.number == 2411)
        // A count that claims more than there is allocates nothing and is refused.
        let claim = GenesisDraft.magic + [1] + ceremony.consortium.encoded + [0xff, 0x01]
        #expect(flaw { try GenesisDraft.read(claim) }?.code.number == 2411)
    }

    @Test("a fingerprint is twelve groups of four digits, and typing it forgives everything but a digit (FOUND-11)")
    func fingerprints() {
        let print = SpokenFingerprint(SM3.hash([]))
        // SM3 of nothing begins 1ab21d83 55cfa17f: 0x1ab2 = 6834, 0x1d83 = 7555, 0x55cf = 21967.
        #expect(print.text.hasPrefix("6834 7555 1967 ") && print.text.split(separator: " ").count == 12)
        #expect(SpokenFingerprint(.zero).text == Array(repeating: "0000", count: 12).joined(separator: " "))
        let typed = print.text.replacing(" ", with: "，")
        #expect(print.matches(print.text) && print.matches(typed))
        let wide = String(
            String.UnicodeScalarView(
                print.text.unicodeScalars.compactMap { $0 == " " ? $0 : Unicode.Scalar($0.value - 0x30 + 0xff10) }))
        #expect(print.matches(wide))
        for wrong in [
            "", "6834", String(print.text.dropLast()), print.text + "1", print.text.replacing("6834", with: "6835"),
        ] {
            #expect(!print.matches(wrong), "\(wrong)")
        }
    }

    // MARK: Signing

    @Test("a chain is founded by all or not at all, and its anchor is sealed by every validator (FOUND-13, FOUND-14)")
    func closing() throws {
        let ceremony = Ceremony()
        let draft = try ceremony.draft()
        let good = try ceremony.offices.indices.map { try ceremony.signature($0, of: draft) }
        let record = try close(draft, good.reversed())
        #expect(record.anchor.seals.count == 4 && record.anchor.chain == draft.spec.id)
        _ = try LightClient(anchor: record.anchor, scheme: SM2.Verifier())
        let back = try FoundingRecord.read(record.encoded)
        var verifier = SM2.Verifier()
        try back.check(&verifier)
        #expect(back == record)
        #expect(try TrustAnchor(decoding: record.anchor.encoded) == record.anchor)
        let missing = flaw { try close(draft, Array(good.dropFirst())) }
        #expect(missing?.code.number == 2434 && missing?.facts == ["org-0"])
        func refused(_ signature: FoundingSignature, _ code: Int) {
            let found = flaw { try close(draft, [signature] + good.dropFirst()) }
            #expect(found?.code.number == code && found?.files == [0], "\(String(describing: found))")
        }
        let other = try Ceremony(seed: 5).draft()
        refused(try ceremony.signature(0, of: other), 2433)
        refused(
            FoundingSignature(
                draft: draft.digest, organization: Label(literal: "org-9"), nodes: [], seals: [], admins: []), 2415)
        let own = good[0]
        func with(
            nodes: [SM2.Signature]? = nil, seals: [SM2.Signature]? = nil, admins: [Contribution.Voucher]? = nil
        ) -> FoundingSignature {
            FoundingSignature(
                draft: own.draft, organization: own.organization, nodes: nodes ?? own.nodes, seals: seals ?? own.seals,
                admins: admins ?? own.admins)
        }
        for bad in [
            with(nodes: good[1].nodes), with(seals: good[1].seals), with(nodes: []), with(seals: []),
            with(nodes: own.seals), with(admins: []), with(admins: good[1].admins),
        ] { refused(bad, 2435) }
    }

    @Test("of two good signatures by one organisation all take the same (FOUND-14)")
    func twice() throws {
        let consortium = Ceremony.agreement { index, plain in
            index == 0
                ? Ceremony.party(
                    0, cloud: Ceremony.clouds[0], seats: [Ceremony.seat("a", .orgAdmin), Ceremony.seat("b", .orgAdmin)])
                : plain
        }
        let ceremony = Ceremony(consortium)
        let draft = try ceremony.draft()
        let rest = try (1..<4).map { try ceremony.signature($0, of: draft) }
        let pair = try ceremony.offices[0].seats.map { try ceremony.signature(0, of: draft, admins: [$0]) }
        #expect(pair[0] != pair[1])
        #expect(try close(draft, pair + rest) == close(draft, pair.reversed() + rest))
        // Whoever has only one of them, or got another first, founds the same chain and names the same anchor.
        let all = try [pair + rest, rest + pair.reversed(), [pair[0]] + rest, rest + [pair[1]]].map {
            try close(draft, $0).anchor
        }
        #expect(Set(all.map(\.fingerprint)).count == 1 && Set(all.map(\.chain)) == [draft.spec.id])
        // A real key seals with other bytes each time, so seals are no part of what names an anchor.
        let (first, seals) = (all[0], Array(all[0].seals.dropLast()))
        let sparse = TrustAnchor(chain: first.chain, name: first.name, committee: first.committee, seals: seals)
        #expect(sparse.encoded != first.encoded && sparse.fingerprint == first.fingerprint)
        for anchor in all { _ = try LightClient(anchor: anchor, scheme: SM2.Verifier()) }
        let other = try Ceremony(consortium, seed: 12).draft().spec
        let foreign = TrustAnchor(chain: other.id, name: other.name, committee: other.committee, seals: all[0].seals)
        #expect(foreign.fingerprint != all[0].fingerprint)
    }
}
