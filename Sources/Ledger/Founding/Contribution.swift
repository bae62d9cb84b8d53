// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What one organisation brings to a founding: its public keys, its certificates, and proof that it holds each key.
///
/// Public as a whole: it is handed to the others by any way, and its fingerprint is read to them.
/// - Spec: FOUND-6, FOUND-7 (docs/spec/founding.md).
package struct Contribution: Hashable, Sendable, FoundingFile {
    /// "JDFC"
    package static let magic: [UInt8] = [0x4a, 0x44, 0x46, 0x43]
    package static let bytesMax = Limits.contributionBytesMax

    /// One node's keys and what the organisation's authority certified of them, as DER.
    package struct Node: Hashable, Sendable, Canonical {
        package let signing: SM2.PublicKey
        package let encryption: SM2.PublicKey
        package let signingCertificate: [UInt8]
        package let encryptionCertificate: [UInt8]

        package init(
            signing: SM2.PublicKey, encryption: SM2.PublicKey, signingCertificate: [UInt8],
            encryptionCertificate: [UInt8]
        ) {
            self.signing = signing
            self.encryption = encryption
            self.signingCertificate = signingCertificate
            self.encryptionCertificate = encryptionCertificate
        }

        package func encode(into encoder: inout Encoder) {
            signing.encode(into: &encoder)
            encryption.encode(into: &encoder)
            encoder.bytes(signingCertificate)
            encoder.bytes(encryptionCertificate)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            signing = try SM2.PublicKey(from: &decoder)
            encryption = try SM2.PublicKey(from: &decoder)
            signingCertificate = try decoder.bytes(max: Certificate.bytesMax)
            encryptionCertificate = try decoder.bytes(max: Certificate.bytesMax)
        }
    }

    /// A signature by a member, told by its account.
    package struct Voucher: Hashable, Sendable, Canonical {
        package let account: AccountID
        package let signature: SM2.Signature

        package init(account: AccountID, signature: SM2.Signature) {
            self.account = account
            self.signature = signature
        }

        /// By account, one each.
        static func ascending(_ vouchers: [Voucher]) -> [Voucher] {
            var unique: [Voucher] = []
            for one in vouchers.sorted(by: { $0.account < $1.account }) where unique.last?.account != one.account {
                unique.append(one)
            }
            return unique
        }

        package func encode(into encoder: inout Encoder) {
            account.encode(into: &encoder)
            signature.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            account = try AccountID(from: &decoder)
            signature = try SM2.Signature(from: &decoder)
        }
    }

    /// What the keys sign: all but the signatures.
    package struct Body: Hashable, Sendable, Canonical {
        /// Of the agreement (`Consortium.digest`).
        package let consortium: Digest
        package let organization: Label
        /// The authority's own certificate, as DER.
        package let root: [UInt8]
        /// In the agreement's order.
        package let nodes: [Node]
        /// For the seats whose key the agreement leaves open, in its order.
        package let members: [SM2.PublicKey]

        package init(
            consortium: Digest, organization: Label, root: [UInt8], nodes: [Node], members: [SM2.PublicKey]
        ) {
            self.consortium = consortium
            self.organization = organization
            self.root = root
            self.nodes = nodes
            self.members = members
        }

        package func encode(into encoder: inout Encoder) {
            consortium.encode(into: &encoder)
            organization.encode(into: &encoder)
            encoder.bytes(root)
            encoder.list(nodes)
            encoder.list(members)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            consortium = try Digest(from: &decoder)
            organization = try Label(from: &decoder)
            root = try decoder.bytes(max: Certificate.bytesMax)
            nodes = try decoder.list(of: Node.self, max: Limits.foundingNodesMax)
            members = try decoder.list(of: SM2.PublicKey.self, max: Limits.foundingMembersMax)
        }

        package var digest: Digest { SM3.hash(HashDomain.contribution, encoded.span) }

        /// "JDF1" and the digest.
        package var signedMessage: [UInt8] { [0x4a, 0x44, 0x46, 0x31] + digest.bytes }

        /// Every key that must prove itself, in the order of the proofs: of each node the signing and the encryption
        /// key, then the members'.
        package var provenKeys: [SM2.PublicKey] { nodes.flatMap { [$0.signing, $0.encryption] } + members }
    }

    package let body: Body
    /// One for each of `Body.provenKeys`.
    package let proofs: [SM2.Signature]
    /// By admins whose keys the agreement names, by account, ascending.
    package let vouchers: [Voucher]

    package init(body: Body, proofs: [SM2.Signature], vouchers: [Voucher] = []) {
        self.body = body
        self.proofs = proofs
        self.vouchers = Voucher.ascending(vouchers)
    }

    /// What is read to the others (FOUND-11).
    package var fingerprint: SpokenFingerprint { SpokenFingerprint(body.digest) }

    package func encode(into encoder: inout Encoder) {
        Contribution.head(into: &encoder)
        body.encode(into: &encoder)
        encoder.list(proofs)
        encoder.list(vouchers)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        try Contribution.head(from: &decoder)
        body = try Body(from: &decoder)
        proofs = try decoder.list(
            of: SM2.Signature.self, max: 2 * Limits.foundingNodesMax + Limits.foundingMembersMax)
        let start = decoder.offset
        vouchers = try decoder.list(of: Voucher.self, max: Limits.organizationAdminsMax)
        guard zip(vouchers, vouchers.dropFirst()).allSatisfy({ $0.account < $1.account }) else {
            throw .notCanonical(offset: start)
        }
    }
}
