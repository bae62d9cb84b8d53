// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What a member asks a chain to do, before it is signed.
///
/// There is no nonce: an agency submits in parallel. A transaction is executed at most once because its
/// identifier is, and it can only be executed at a height within its window.
/// - Spec: LED-4.
package struct Transaction: Hashable, Sendable, Canonical {
    /// The only format there is; a later one is a new number here.
    package static let format: UInt8 = 1

    package let chain: ChainID
    /// The first and the last height at which it may stand in a block.
    package let validFrom: Height
    package let validUntil: Height
    package let contract: Label
    package let method: Label
    package let arguments: [UInt8]
    /// Tells apart two transactions that ask for the same thing.
    package let salt: UInt64
    package let sender: SM2.PublicKey

    package init(
        chain: ChainID, validFrom: Height, validUntil: Height, contract: Label, method: Label,
        arguments: [UInt8],
        salt: UInt64, sender: SM2.PublicKey
    ) {
        self.chain = chain
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.contract = contract
        self.method = method
        self.arguments = arguments
        self.salt = salt
        self.sender = sender
    }

    package var id: TransactionID { Transaction.id(ofBody: encoded.span) }

    fileprivate static func id(ofBody bytes: Span<UInt8>) -> TransactionID {
        TransactionID(SM3.hash(HashDomain.transaction, bytes))
    }

    /// What the sender signs: a fixed word and the identifier, so that a device shows and signs 39 bytes
    /// (LED-5).
    package static func signedMessage(_ id: TransactionID) -> [UInt8] {
        var encoder = Encoder(reserving: signedPrefix.count + Digest.byteCount)
        encoder.raw(signedPrefix)
        id.encode(into: &encoder)
        return encoder.bytes
    }

    /// "JD-TX-1".
    private static let signedPrefix: [UInt8] = [0x4a, 0x44, 0x2d, 0x54, 0x58, 0x2d, 0x31]

    package func encode(into encoder: inout Encoder) {
        encoder.u8(Transaction.format)
        chain.encode(into: &encoder)
        validFrom.encode(into: &encoder)
        validUntil.encode(into: &encoder)
        contract.encode(into: &encoder)
        method.encode(into: &encoder)
        encoder.bytes(arguments)
        encoder.u64(salt)
        sender.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let format = try decoder.u8()
        guard format == Transaction.format else { throw .unknownTag(offset: start, tag: format) }
        chain = try ChainID(from: &decoder)
        validFrom = try Height(from: &decoder)
        validUntil = try Height(from: &decoder)
        contract = try Label(from: &decoder)
        method = try Label(from: &decoder)
        arguments = try decoder.bytes(max: Limits.argumentBytesMax)
        salt = try decoder.u64()
        sender = try SM2.PublicKey(from: &decoder)
    }
}

/// A transaction and its sender's signature, with the bytes both came from.
///
/// Decoding says nothing about the signature; only `Verified<SignedTransaction>` does. A class, and never changed: it
/// waits in pools, stands in payloads and goes through lists, and four references in it would be counted each time.
package final class SignedTransaction: Hashable, Sendable, Canonical {
    package let body: Transaction
    package let signature: SM2.Signature
    /// The canonical bytes, kept because they are hashed, stored and sent far more often than the fields are
    /// read.
    package let bytes: [UInt8]
    /// Digest of the signed part, taken once: a transaction is asked for its name at every door it passes.
    package let id: TransactionID

    package convenience init(_ body: Transaction, signature: SM2.Signature) {
        self.init(body) { _ in signature }
    }

    /// Signs a transaction; `sign` is given the words to sign.
    package convenience init<Failure: Error>(
        _ body: Transaction, signedBy sign: ([UInt8]) throws(Failure) -> SM2.Signature
    ) throws(Failure) {
        let signedPart = body.encoded
        let id = Transaction.id(ofBody: signedPart.span)
        let signature = try sign(Transaction.signedMessage(id))
        self.init(Parts(body: body, signature: signature, bytes: signedPart + signature.encoded), id: id)
    }

    /// Signs a transaction; the signer's key must be the sender's.
    package convenience init(_ body: Transaction, by signer: some Signer) throws(SignerError) {
        precondition(signer.publicKey == body.sender, "a transaction is signed by its sender")
        try self.init(body) { (message) throws(SignerError) in try signer.sign(message) }
    }

    package func encode(into encoder: inout Encoder) { encoder.raw(bytes) }

    package convenience init(from decoder: inout Decoder) throws(DecodeError) {
        let parts = try Parts(from: &decoder)
        self.init(parts, id: Transaction.id(ofBody: parts.bytes.span.extracting(first: parts.signedCount)))
    }

    private init(_ parts: Parts, id: TransactionID) {
        body = parts.body
        signature = parts.signature
        bytes = parts.bytes
        self.id = id
    }

    package static func == (left: SignedTransaction, right: SignedTransaction) -> Bool {
        left === right || left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(signature) }

    /// All of a transaction but its identifier.
    private struct Parts {
        let body: Transaction
        let signature: SM2.Signature
        let bytes: [UInt8]

        /// How many bytes at the front are signed, and make the identifier.
        var signedCount: Int { bytes.count - 2 * Digest.byteCount }

        init(body: Transaction, signature: SM2.Signature, bytes: [UInt8]) {
            self.body = body
            self.signature = signature
            self.bytes = bytes
        }

        init(from decoder: inout Decoder) throws(DecodeError) {
            let start = decoder.offset
            body = try Transaction(from: &decoder)
            signature = try SM2.Signature(from: &decoder)
            bytes = decoder.bytesRead(since: start)
        }
    }

    /// Reads many transactions one by one and takes their identifiers all at once, in lanes.
    package struct Batch {
        private var parts: [Parts] = []

        package init() {}

        package mutating func read(from decoder: inout Decoder) throws(DecodeError) {
            parts.append(try Parts(from: &decoder))
        }

        /// - Cost: one digest each, as many at once as the machine can (CRYPTO-2).
        package consuming func finish() -> [SignedTransaction] {
            let digests = SM3.hashMany(parts.map { [HashDomain.transaction] + $0.bytes.prefix($0.signedCount) })
            return zip(parts, digests).map { SignedTransaction($0, id: TransactionID($1)) }
        }
    }

    /// Reads a count, at most `max`, and that many transactions (ENC-4).
    package static func list(from decoder: inout Decoder, max: Int) throws(DecodeError) -> [SignedTransaction] {
        var batch = Batch()
        for _ in 0..<(try decoder.count(max: max)) { try batch.read(from: &decoder) }
        return batch.finish()
    }
}

/// One or many signed transactions as a client sends them: each with its length in front, at most 4 MiB
/// together (API-5).
package struct Submission: Hashable, Sendable, Canonical {
    package let transactions: [SignedTransaction]

    package init(_ transactions: [SignedTransaction]) { self.transactions = transactions }

    package func encode(into encoder: inout Encoder) {
        for transaction in transactions { encoder.bytes(transaction.bytes) }
    }

    /// Reads to the end of the input.
    package init(from decoder: inout Decoder) throws(DecodeError) {
        guard decoder.remaining <= Limits.submissionBytesMax else {
            throw .outOfRange(offset: decoder.offset, limit: UInt64(Limits.submissionBytesMax))
        }
        var batch = SignedTransaction.Batch()
        while decoder.remaining > 0 {
            let length = try decoder.count(max: Limits.transactionBytesMax)
            let start = decoder.offset
            if length > decoder.remaining { throw .truncated(offset: start + decoder.remaining) }
            try batch.read(from: &decoder)
            guard decoder.offset - start == length else { throw .notCanonical(offset: start) }
        }
        transactions = batch.finish()
    }
}
