// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// A contract as the state holds it, under its name: which code answers for it.
/// - Spec: CTR-8.
package struct ContractRecord: Hashable, Sendable, Canonical {
    package var code: Digest
    package let deployed: Height
    /// When the code that answers now came.
    package var changed: Height
    /// Counted from 1; each upgrade adds one.
    package var version: UInt64
    /// The template it was made from, and by whom; nil where governance deployed it.
    package let template: Label?
    package let founder: AccountID?
    /// It answers no more, and for good.
    package var isRetired: Bool

    package init(code: Digest, deployed: Height, template: Label? = nil, founder: AccountID? = nil) {
        self.code = code
        self.deployed = deployed
        changed = deployed
        version = 1
        self.template = template
        self.founder = founder
        isRetired = false
    }

    package func encode(into encoder: inout Encoder) {
        code.encode(into: &encoder)
        deployed.encode(into: &encoder)
        changed.encode(into: &encoder)
        encoder.number(version)
        encoder.optional(template)
        encoder.optional(founder)
        encoder.flag(isRetired)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        code = try Digest(from: &decoder)
        deployed = try Height(from: &decoder)
        changed = try Height(from: &decoder)
        version = try decoder.number()
        template = try decoder.optional(Label.self)
        founder = try decoder.optional(AccountID.self)
        isRetired = try decoder.flag()
    }
}

/// Code that members may make contracts of without a proposal, where the policy allows them.
/// - Spec: CTR-12.
package struct TemplateRecord: Hashable, Sendable, Canonical {
    package let code: Digest
    /// Who may: asked of the sender's own voice.
    package let policy: Policy

    package init(code: Digest, policy: Policy) {
        self.code = code
        self.policy = policy
    }

    package func encode(into encoder: inout Encoder) {
        code.encode(into: &encoder)
        encoder.bytes(Array(policy.text.utf8))
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        code = try Digest(from: &decoder)
        let start = decoder.offset
        guard let policy = Policy(canonical: try decoder.bytes(max: Limits.policyBytesMax)) else {
            throw .notCanonical(offset: start)
        }
        self.policy = policy
    }
}

/// A module that a member is sending part by part.
/// - Spec: CTR-1.
package struct UploadRecord: Hashable, Sendable, Canonical {
    /// Of the whole module, in bytes.
    package let size: Int
    /// A bit for each part that is there, from the lowest.
    package internal(set) var parts: UInt64
    /// When a part of it came last.
    package internal(set) var touched: Height

    /// Whether a part, counted from 0, is there.
    package func has(_ part: UInt64) -> Bool { part < 64 && parts & 1 << part != 0 }

    var isWhole: Bool { parts == (1 << UInt64(CodeRecord.parts(of: size))) - 1 }

    /// Whether anybody may end it, in a block of that height.
    package func isAbandoned(at height: Height) -> Bool {
        height.value > touched.value && height.value - touched.value > ContractLimits.uploadHeights
    }

    init(size: Int, touched: Height) {
        self.size = size
        parts = 0
        self.touched = touched
    }

    package func encode(into encoder: inout Encoder) {
        encoder.count(size)
        encoder.number(parts)
        touched.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        size = try decoder.count(max: ContractLimits.codeBytesMax)
        parts = try decoder.number()
        touched = try Height(from: &decoder)
    }
}

/// Digests as one value of the state.
package struct DigestList: Hashable, Sendable, Canonical {
    package internal(set) var digests: [Digest]

    init(_ digests: [Digest]) { self.digests = digests }

    package func encode(into encoder: inout Encoder) { encoder.list(digests) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        digests = try decoder.list(of: Digest.self, max: ContractLimits.uploadsMax)
    }
}
