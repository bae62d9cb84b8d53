// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// What a gateway knows of a token: everything but the token.
/// - Spec: TOK-1, TOK-2.
package struct TokenRecord: Hashable, Sendable, Canonical {
    package enum Scope: UInt8, CaseIterable, Sendable {
        case read = 1
        /// Also deposits, which the gateway signs with the record's key.
        case submit = 2

        package var word: String { self == .read ? "read" : "submit" }

        package init?(word: String) {
            guard let scope = Scope.allCases.first(where: { $0.word == word }) else { return nil }
            self = scope
        }
    }

    /// Characters of a token: its digest is that of all of them.
    package static let prefix = "jdt1-"

    package let digest: Digest
    /// The member it stands for.
    package let account: AccountID
    package let scope: Scope
    package let created: Timestamp
    package let expires: Timestamp
    package var revoked: Timestamp?
    /// `operator:NAME`, or the account that asked for it.
    package let maker: Label
    package let note: Label
    /// Path of the key file the gateway signs with; empty where the scope is to read.
    package let key: String

    package init(
        digest: Digest, account: AccountID, scope: Scope, created: Timestamp, expires: Timestamp,
        revoked: Timestamp? = nil, maker: Label, note: Label, key: String = ""
    ) {
        (self.digest, self.account, self.scope) = (digest, account, scope)
        (self.created, self.expires, self.revoked) = (created, expires, revoked)
        (self.maker, self.note, self.key) = (maker, note, key)
    }

    /// What people call it: says nothing about the token.
    package var id: String { String(digest.hex.prefix(16)) }

    package func isActive(at time: Timestamp) -> Bool { revoked == nil && time < expires }

    package func encode(into encoder: inout Encoder) {
        digest.encode(into: &encoder)
        account.encode(into: &encoder)
        encoder.u8(scope.rawValue)
        created.encode(into: &encoder)
        expires.encode(into: &encoder)
        encoder.optional(revoked)
        maker.encode(into: &encoder)
        note.encode(into: &encoder)
        encoder.bytes([UInt8](key.utf8))
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        digest = try Digest(from: &decoder)
        account = try AccountID(from: &decoder)
        let start = decoder.offset
        let byte = try decoder.u8()
        guard let scope = Scope(rawValue: byte) else { throw .unknownTag(offset: start, tag: byte) }
        self.scope = scope
        created = try Timestamp(from: &decoder)
        expires = try Timestamp(from: &decoder)
        revoked = try decoder.optional(Timestamp.self)
        maker = try Label(from: &decoder)
        note = try Label(from: &decoder)
        let path = decoder.offset
        guard let key = String(validating: try decoder.bytes(max: 4_096), as: UTF8.self) else {
            throw .notCanonical(offset: path)
        }
        self.key = key
    }
}
