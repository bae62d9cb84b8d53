// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// A field of a contract's data that is kept from a reader.
/// - Spec: PERM-15, API-57.
package struct WithheldField: Hashable, Sendable {
    package let field: Label
    package let code: ResultCode
    /// The executed height whose state said so.
    package let height: Height
    /// The rule that said no, as a sentence.
    package let reason: String

    package init(_ field: Label, _ code: ResultCode, height: Height, reason: String) {
        (self.field, self.code, self.height, self.reason) = (field, code, height, reason)
    }
}

/// What of a contract's data an answer leaves out.
struct Withheld: Sendable {
    private let refusals: [WithheldField]

    init(_ refusals: [WithheldField]) { self.refusals = refusals }

    /// In the order they are shown.
    var fields: [Label] { refusals.map(\.field) }

    func covers(_ field: Label) -> Bool { refusals.contains { $0.field == field } }

    /// The first of some fields that is left out.
    func first(of fields: [Label]) -> WithheldField? { refusals.first { fields.contains($0.field) } }
}

extension Call {
    /// What the caller may not see of a contract.
    /// - Spec: API-57.
    func withheld(_ contract: Label, on chain: any ChainAccess) async throws(Problem) -> Withheld {
        do { return Withheld(try await chain.fieldsWithheld(contract, from: caller.account)) } catch {
            throw Problem(error.code, error.detail)
        }
    }

    /// Refuses what cannot be answered without a field that the caller may not see, and names the field.
    func demand(_ fields: [Label], of contract: Label, on chain: any ChainAccess) async throws(Problem) {
        guard let refusal = try await withheld(contract, on: chain).first(of: fields) else { return }
        let problem = Problem(
            status: 403, code: refusal.code.stable ?? .fieldDenied,
            detail: "reading \(contract.text)/\(refusal.field.text) at height \(refusal.height.value): "
                + refusal.reason)
        tell(problem, kind: .read, organization: await organization(), height: refusal.height)
        throw problem
    }
}
