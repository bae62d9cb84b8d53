// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// Fields of contracts' data that policies can name: a closed list, so that no policy speaks of what nobody enforces.
///
/// Number, depositor and time of a record of evidence are no fields: who may read the contract reads them, or there
/// would be nothing to withhold a field of.
/// - Spec: PERM-15.
package enum DataField {
    package static let businessType = Label(literal: "businessType")
    package static let title = Label(literal: "title")
    package static let digest = Label(literal: "digest")
    package static let size = Label(literal: "size")
    package static let mediaType = Label(literal: "mediaType")
    package static let capture = Label(literal: "capture")
    package static let notes = Label(literal: "notes")

    private static let deposited = [businessType, title, digest, size, mediaType, capture]

    /// The fields of a contract, in the order they are shown; none where its data has no names.
    package static func of(_ contract: Label) -> [Label] {
        contract == Deposit.contract ? deposited + [notes] : []
    }

    /// The fields a method writes, whatever it is called with.
    package static func written(by method: Label, of contract: Label) -> [Label] {
        guard contract == Deposit.contract else { return [] }
        if method == Deposit.method { return deposited }
        return method == EvidenceNote.method ? [notes] : []
    }

    /// The fields a call writes: a text that is left empty is none. Nothing where the arguments make no sense, which
    /// the contract says itself.
    package static func filled(by method: Label, of contract: Label, _ arguments: [UInt8]) -> [Label] {
        guard contract == Deposit.contract, method == Deposit.method else {
            return written(by: method, of: contract)
        }
        guard let deposit = try? Deposit(decoding: arguments) else { return [] }
        let texts = [businessType: deposit.businessType, title: deposit.title, mediaType: deposit.mediaType]
        return deposited.filter { texts[$0]?.isEmpty != true }
    }

    /// The fields that whoever sees a call's arguments has seen.
    package static func shown(by method: Label, of contract: Label) -> [Label] {
        contract == Deposit.contract && method == EvidenceNote.method
            ? [digest, notes] : written(by: method, of: contract)
    }

    /// The fields that whoever sees a value of the contract's part of the state, by its key there, has seen.
    package static func stored(under key: [UInt8], of contract: Label) -> [Label] {
        guard contract == Deposit.contract else { return [] }
        return key.first == EvidenceRecord.recordTag ? deposited : of(contract)
    }
}

/// A field that has a policy of its own, and that policy.
package struct FieldRule: Sendable {
    package let field: Label
    package let rule: Rule
}
