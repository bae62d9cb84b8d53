// SPDX-License-Identifier: Apache-2.0

/// Bounds of everything that comes from outside, with the reason beside each. Part of the protocol: changing
/// one changes which bytes are valid.
package enum Limits {
    /// A name, title or media type: long enough for a document's full title in Chinese (85 characters).
    package static let labelBytesMax = 255
    /// Arguments of one call. Documents stay off the chain; a form with some thousand fields fits.
    package static let argumentBytesMax = 64 << 10
    /// One signed transaction: its arguments and 1 KiB for everything else.
    package static let transactionBytesMax = argumentBytesMax + 1 << 10
    /// Body of a block. 4 MiB crosses a 1 Gbit/s link in 34 ms.
    package static let payloadBytesMax = 4 << 20
    /// Transactions of a block: what 4 MiB holds at the smallest size worth sending.
    package static let payloadTransactionsMax = 16_384
    /// One submission by HTTP; equal to a block, so that one submission never needs two.
    package static let submissionBytesMax = 4 << 20
    /// How far `validUntil` may lie above `validFrom`. An hour at full speed, a year when idle.
    package static let validityWindowMax: UInt64 = 100_000
    /// Validators of a committee. Certificates are lists of signatures: 100 make 9.4 KB.
    package static let validatorsMax = 100
    /// The fewest validators of which one may fail in any way: a committee that has so many keeps so many
    /// (COMM-3).
    package static let faultTolerantValidatorsMin = 4
    /// What a call may return.
    package static let outputBytesMax = 4 << 10
    /// Events of one call.
    package static let eventsMax = 16
    /// Data of one event.
    package static let eventBytesMax = 1 << 10
    /// Members named at the founding; later ones are admitted by governance.
    package static let foundingMembersMax = 10_000
    /// Levels of a Merkle path over a list: 2^62 leaves.
    package static let pathLengthMax = 62
    /// Committee changes one proof may carry: ten years of weekly changes.
    package static let epochProofsMax = 520
    /// Headers that may lead from a block to the one whose certificate made it final. Mostly none or two: each is a
    /// view that was notarized and not finalized. Who missed more than so many catches up by a snapshot.
    package static let epochTailMax = 4_096
    /// A receipt file: a committee of 100 and a dozen committee changes fit (interfaces.md section 4).
    package static let receiptFileBytesMax = 64 << 10 + 2 * transactionBytesMax
    /// A key of the state, contract name included.
    package static let stateKeyBytesMax = 512
    /// A value of the state: what one transaction may carry.
    package static let stateValueBytesMax = 64 << 10
    /// Leaves of one snapshot chunk, each with 32 bytes for what it costs besides: some 4,000 records a message
    /// of the bulk class, checked in milliseconds.
    package static let chunkWeightMax = 1 << 20
    /// Text of one note on an evidence record.
    package static let noteBytesMax = 1 << 10
    /// Gas one transaction may use (EXEC-7); a deposit uses some 400.
    package static let transactionGasMax: UInt64 = 1_000_000
    /// How far execution may lag behind finality before blocks must be empty (CONS: back-pressure).
    package static let executionLagMax: UInt64 = 16
}
