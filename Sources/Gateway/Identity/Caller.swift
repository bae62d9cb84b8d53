// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
package import Ledger
import ShangMi

/// Who stands behind a request, as far as it has shown.
/// - Spec: API-40.
struct Caller: Sendable {
    enum Proof: Hashable, Sendable {
        case none
        /// A token of the gateway's configuration, bound to a key.
        case configured
        case token(Digest)
        case signature
    }

    static let stranger = Caller(account: nil, proof: .none, signer: nil)

    /// The member's account, or that of a key delegated by one; nil for a stranger.
    let account: AccountID?
    let proof: Proof
    /// The key the gateway signs with for this caller.
    let signer: (any Signer)?
}

/// What a chain says of a read.
package struct ReadVerdict: Hashable, Sendable {
    /// Success, or what stands in the way.
    package let code: ResultCode
    /// The organisation the account is of; nil where no member stands behind it.
    package let organization: Label?
    /// The executed height whose state said so.
    package let height: Height
    /// The rule that said no, as a sentence.
    package let reason: String

    package init(_ code: ResultCode, organization: Label?, height: Height, reason: String) {
        (self.code, self.organization, self.height, self.reason) = (code, organization, height, reason)
    }
}

/// One thing somebody asked for and what was answered, for the log of reads and the log of denials.
/// - Spec: API-46.
package struct AccessNote: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case read, request, tokenMade, tokenRevoked, audit }

    package let kind: Kind
    /// The account in hexadecimal digits; empty for a stranger.
    package let who: String
    package let organization: String
    package let chain: String
    /// The operation, and the contract where it is about one.
    package let object: String
    package let height: UInt64?
    /// Nil where it was allowed.
    package let code: StableCode?
    package let detail: String
    /// Where the request came from, as `CheckAllowance.name` has it; empty where nobody knows.
    package let address: String
    /// The account somebody said to be without showing it, in hexadecimal digits; empty where nobody did.
    package let claim: String
    /// Whether no member stands behind `who`: a key anybody can make.
    package let isStranger: Bool
    /// How many alike.
    package let count: UInt64
}

/// What of a chain an operation is about: decided by its path alone, so that a new operation is guarded before anybody
/// has thought of it.
/// - Spec: API-41.
enum Need: Hashable, Sendable {
    /// Nothing: health, figures, the description of the interface, the node's own card.
    case nothing
    /// The list of chains, of which each sees its own.
    case chains
    /// To read of the chain in the path, or of the query's where the path names none.
    case read
    /// To bring signed transactions: their own signatures say who may.
    case bring
    /// A key that the gateway signs with.
    case deposit
    /// To be a member, whichever.
    case tokens
    /// The office of whom all organisations let look at what others did.
    case audit

    init(_ operation: Operation) {
        let words = operation.path.map { segment in
            if case .literal(let word) = segment { word } else { "*" }
        }
        switch (words.first, words.dropFirst().first) {
        case ("v1", "node"): self = .nothing
        case ("v1", "chains") where words.count == 2: self = .chains
        case ("v1", "tokens"): self = .tokens
        case ("v1", "audit"): self = .audit
        case ("v1", "chains") where operation.method == .post && words.last == "transactions": self = .bring
        case ("v1", "evidence") where operation.method == .post && words.count == 2: self = .deposit
        case ("v1", _): self = .read
        default: self = .nothing
        }
    }

    /// Statuses of refusals that come from here.
    var problems: [Int] {
        switch self {
        case .nothing: []
        case .chains, .bring: [401]
        case .read, .deposit, .tokens, .audit: [401, 403]
        }
    }
}
