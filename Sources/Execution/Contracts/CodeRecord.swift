// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// What the chain knows of a module that was published: all that running it takes beside its bytes.
///
/// The state holds it under the SM3 of the module as it was uploaded.
/// - Spec: CTR-3.
package struct CodeRecord: Hashable, Sendable, Canonical {
    /// Of the module, in bytes.
    package let size: Int
    /// It has a `jd_migrate`.
    package let migrates: Bool
    /// Pages of memory a run begins with.
    package let pages: Int
    /// Of what it says of itself, where it does.
    package let description: Digest?
    /// Of the instrumented bytes, those that engines run.
    package let program: Digest
    package let publisher: AccountID
    /// The rules in force there are those it was checked and instrumented by, whenever that is done anew.
    package let published: Height

    package init(
        size: Int, migrates: Bool, pages: Int, description: Digest?, program: Digest, publisher: AccountID,
        published: Height
    ) {
        self.size = size
        self.migrates = migrates
        self.pages = pages
        self.description = description
        self.program = program
        self.publisher = publisher
        self.published = published
    }

    package func encode(into encoder: inout Encoder) {
        encoder.count(size)
        encoder.flag(migrates)
        encoder.count(pages)
        encoder.optional(description)
        program.encode(into: &encoder)
        publisher.encode(into: &encoder)
        published.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        size = try decoder.count(max: ContractLimits.codeBytesMax)
        migrates = try decoder.flag()
        pages = try decoder.count(max: 1 << 16)
        description = try decoder.optional(Digest.self)
        program = try Digest(from: &decoder)
        publisher = try AccountID(from: &decoder)
        published = try Height(from: &decoder)
    }

    /// How many slices of the state its bytes are.
    var slices: Int { CodeRecord.parts(of: size) }

    /// Parts a module of so many bytes is uploaded in.
    package static func parts(of size: Int) -> Int {
        (size + ContractLimits.partBytes - 1) / ContractLimits.partBytes
    }

    /// Of a part of a module of so many bytes.
    package static func bytes(ofPart part: Int, of size: Int) -> Int {
        min(ContractLimits.partBytes, size - part * ContractLimits.partBytes)
    }
}
