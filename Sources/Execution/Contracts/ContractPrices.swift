// SPDX-License-Identifier: Apache-2.0

/// What running contracts and keeping their code costs, in gas. Part of the chain's rules, from version 2 on.
/// - Spec: CTR-16, CTR-17.
package enum ContractPrices {
    /// An engine counts finer than the chain does: so many of its units are one of gas.
    package static let fine: Int64 = 32

    /// Beginning a run: a fresh instance.
    static let run: UInt64 = 1_000
    /// So many bytes of a module's code for one: it may have to be read and instrumented anew.
    static let codeBytes: UInt64 = 32
    /// A page of memory that a run begins with: 64 KiB are mapped and zeroed.
    static let page: UInt64 = 2_048
    /// So many bytes read from the state for one.
    static let readBytes: UInt64 = 8
    /// So many bytes that are copied between a contract and the chain for one.
    static let copiedBytes: UInt64 = 16
    /// So many bytes that are hashed for one.
    static let hashedBytes: UInt64 = 2
    /// Any import, before what it does: out of the engine and back takes some 0.15 µs.
    static let host: UInt64 = 16
    /// A text that is asked for, or a role: made of what is known of the member each time.
    static let look: UInt64 = 64
    /// Each byte of an answer, of an event's name and of its body: they stand in receipts for ever.
    static let toldByte: UInt64 = 1
    /// Decoding, checking, instrumenting and hashing each byte of a module.
    static let publishedByte: UInt64 = 12

    /// What publishing a module costs for its bytes, in gas.
    package static func publishing(bytes: Int) -> UInt64 { publishedByte * UInt64(bytes) }

    /// What the least call of a contract costs: its beginning, in gas (CTR-17).
    package static func beginning(pages: Int, codeBytes: Int) -> UInt64 {
        let fine = run + page * UInt64(pages) + UInt64(codeBytes) / ContractPrices.codeBytes
        return (fine + UInt64(ContractPrices.fine) - 1) / UInt64(ContractPrices.fine)
    }
}

/// Bounds of contracts, with the reason beside each. Part of the chain's rules, from version 2 on.
/// - Spec: CTR-5, CTR-18, CTR-24.
package enum ContractLimits {
    /// A module: one in Embedded Swift with strings and dictionaries has 130 KB.
    package static let codeBytesMax = 512 << 10
    /// A part of a module: it fits one transaction.
    package static let partBytes = 48 << 10
    /// Uploads a member may have open.
    package static let uploadsMax = 4
    /// After so many heights without a part an upload is abandoned: hours, where a block comes each second.
    package static let uploadHeights: UInt64 = 10_000
    /// Contracts a chain may have, those retired counted.
    package static let contractsMax = 10_000
    /// What a module says of itself.
    package static let descriptionBytesMax = 64 << 10
    /// What a transaction may put aside for a contract: a tenth of a second of one core.
    package static let purseMax: UInt64 = 10_000_000
    /// What all code that one proposal runs may use: eight of them in a block are some second.
    package static let effectPurse: UInt64 = 10_000_000
    /// Contracts that may be running inside each other.
    package static let framesMax = 8
    /// What a run's `jd_depth` begins with: as much as every engine has native stack for, in each of as many frames.
    package static let depth: Int32 = 6_000
    /// A key of a contract's own.
    package static let keyBytesMax = 128
    /// A value, an answer, an event's body, an argument of a nested call.
    package static let bytesMax = 64 << 10
    /// Names: of a contract, a method, an event, a role.
    package static let nameBytesMax = 64
    /// Events of one run.
    package static let eventsMax = 32
    /// Answer and events of a whole transaction: they are its receipt.
    package static let receiptBytesMax = 48 << 10
    /// The contract's own codes.
    package static let ownCodes = UInt64(1)...9_999
    /// The text beside one.
    package static let failureBytesMax = 512
    /// What a contract fails with by itself stands in the receipt above this.
    package static let ownCodesBase: UInt16 = 10_000
}
