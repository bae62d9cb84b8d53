// SPDX-License-Identifier: Apache-2.0

/// Why a call failed: a stable code, whose texts stand in the contract's description, and what it is about.
///
/// Codes 1 to 8999 are the contract's own, 9000 to 9999 the kit's. A failed call undoes all it has written.
/// What it is about goes beside the code, to the host: so a failure costs no memory until it happens.
/// - Spec: KIT-12.
public struct Failure: Error, Hashable, Sendable {
    public let code: UInt16

    public init(_ code: UInt16) { self.code = code }

    /// - Parameter about: what the failure is about, e.g. a field's name; it reaches the receipt, cut at 512 bytes.
    public init(_ code: UInt16, about: Text) {
        self.code = code
        Host.note(about.bytes)
    }

    /// This failure, said to be about something.
    public func about(_ text: Text) -> Failure { Failure(code, about: text) }

    /// The contract has no such method.
    public static let unknownMethod = Failure(9001)
    /// Argument bytes are not what the method takes, or an answer is not what was asked for.
    public static let malformed = Failure(9002)
    /// A key would be longer than the chain takes.
    public static let keyTooLong = Failure(9003)
    /// A value, an event or an answer would be longer than the chain takes.
    public static let valueTooLong = Failure(9004)
    /// Stored bytes are not what the field holds: the contract was changed without a migration.
    public static let stateMismatch = Failure(9005)
    /// A method that only views would have written.
    public static let viewWrites = Failure(9006)
    /// A sum, a difference or a product does not fit.
    public static let overflow = Failure(9007)
    /// A called contract failed.
    public static let calleeFailed = Failure(9008)
    /// The contract is started already, or migrated without a migration.
    public static let notNow = Failure(9009)
}
