// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// Gives code a name on the chain: what the act `deploy-contract` does.
/// - Spec: CTR-9.
package struct ContractDeployment: Hashable, Sendable, Canonical {
    package let name: Label
    package let code: Digest
    /// For its `jd_init`.
    package let argument: [UInt8]

    package init(name: Label, code: Digest, argument: [UInt8] = []) {
        self.name = name
        self.code = code
        self.argument = argument
    }

    package func encode(into encoder: inout Encoder) {
        name.encode(into: &encoder)
        code.encode(into: &encoder)
        encoder.bytes(argument)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        name = try Label(from: &decoder)
        code = try Digest(from: &decoder)
        argument = try decoder.bytes(max: Limits.proposalBytesMax)
    }
}

/// Lets other code answer under a name: what the act `upgrade-contract` does.
/// - Spec: CTR-10.
package struct ContractUpgrade: Hashable, Sendable, Canonical {
    package let name: Label
    package let code: Digest
    /// The new code's `jd_migrate` runs on the old code's data first.
    package let migrates: Bool

    package init(name: Label, code: Digest, migrates: Bool) {
        self.name = name
        self.code = code
        self.migrates = migrates
    }

    package func encode(into encoder: inout Encoder) {
        name.encode(into: &encoder)
        code.encode(into: &encoder)
        encoder.flag(migrates)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        name = try Label(from: &decoder)
        code = try Digest(from: &decoder)
        migrates = try decoder.flag()
    }
}

/// Lets members make contracts of some code without a proposal each: what the act `set-template` does.
/// - Spec: CTR-12.
package struct ContractTemplate: Hashable, Sendable, Canonical {
    package let name: Label
    package let code: Digest
    /// Who may.
    package let policy: Policy

    package init(name: Label, code: Digest, policy: Policy) {
        self.name = name
        self.code = code
        self.policy = policy
    }

    package func encode(into encoder: inout Encoder) {
        name.encode(into: &encoder)
        TemplateRecord(code: code, policy: policy).encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        name = try Label(from: &decoder)
        let record = try TemplateRecord(from: &decoder)
        (code, policy) = (record.code, record.policy)
    }
}
