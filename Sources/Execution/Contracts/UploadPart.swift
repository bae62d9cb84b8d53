// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// What `upload` takes: one part of a module, and which module that is to become.
/// - Spec: CTR-1.
package struct UploadPart: Hashable, Sendable, Canonical {
    /// SM3 of the whole module.
    package let module: Digest
    /// Of the whole module, in bytes.
    package let size: UInt64
    /// Counted from 0; all but the last have `ContractLimits.partBytes`.
    package let part: UInt64
    package let bytes: [UInt8]

    package init(module: Digest, size: UInt64, part: UInt64, bytes: [UInt8]) {
        self.module = module
        self.size = size
        self.part = part
        self.bytes = bytes
    }

    /// All parts of a module, in order.
    package static func parts(of module: [UInt8]) -> [UploadPart] {
        let digest = SM3.hash(module)
        return (0..<CodeRecord.parts(of: module.count)).map { part in
            let start = part * ContractLimits.partBytes
            let end = start + CodeRecord.bytes(ofPart: part, of: module.count)
            return UploadPart(
                module: digest, size: UInt64(module.count), part: UInt64(part), bytes: Array(module[start..<end]))
        }
    }

    package func encode(into encoder: inout Encoder) {
        module.encode(into: &encoder)
        encoder.number(size)
        encoder.number(part)
        encoder.bytes(bytes)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        module = try Digest(from: &decoder)
        size = try decoder.number()
        part = try decoder.number()
        bytes = try decoder.bytes(max: ContractLimits.partBytes)
    }
}

/// What `discard` takes: which upload is to end.
/// - Spec: CTR-1.
package struct UploadDiscard: Hashable, Sendable, Canonical {
    /// SM3 of the whole module.
    package let module: Digest
    /// Whose upload it is; nil for the sender's own.
    package let owner: AccountID?

    package init(module: Digest, owner: AccountID? = nil) {
        self.module = module
        self.owner = owner
    }

    package func encode(into encoder: inout Encoder) {
        module.encode(into: &encoder)
        encoder.optional(owner)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        module = try Digest(from: &decoder)
        owner = try decoder.optional(AccountID.self)
    }
}

/// What `instantiate` takes.
/// - Spec: CTR-13.
package struct Instantiation: Hashable, Sendable, Canonical {
    package let template: Label
    /// What the new contract is called.
    package let name: Label
    /// For its `jd_init`.
    package let argument: [UInt8]

    package init(template: Label, name: Label, argument: [UInt8]) {
        self.template = template
        self.name = name
        self.argument = argument
    }

    package func encode(into encoder: inout Encoder) {
        template.encode(into: &encoder)
        name.encode(into: &encoder)
        encoder.bytes(argument)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        template = try Label(from: &decoder)
        name = try Label(from: &decoder)
        argument = try decoder.bytes(max: ContractLimits.bytesMax)
    }
}
