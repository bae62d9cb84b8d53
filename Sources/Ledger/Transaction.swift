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

    package var id: TransactionID { Transaction.id(ofBody: encoded) }

    static func id(ofBody bytes: [UInt8]) -> TransactionID {
        TransactionID(SM3.hash([HashDomain.transaction] + bytes))
    }

    /// What the sender signs: a fixed word and the identifier, so that a device shows and signs 39 bytes
    /// (LED-5).
    package static func signedMessage(_ id: TransactionID) -> [UInt8] { signedPrefix + id.digest.bytes }

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
/// Decoding says nothing about the signature; only `Verified<SignedTransaction>` does.
package struct SignedTransaction: Hashable, Sendable, Canonical {
    package let body: Transaction
    package let signature: SM2.Signature
    /// The canonical bytes, kept because they are hashed, stored and sent far more often than the fields are
    /// read.
    package let bytes: [UInt8]

    package init(_ body: Transaction, signature: SM2.Signature) {
        self.body = body
        self.signature = signature
        bytes = body.encoded + signature.encoded
    }

    /// Signs a transaction; the signer's key must be the sender's.
    package init(_ body: Transaction, by signer: some Signer) throws(SignerError) {
        precondition(signer.publicKey == body.sender, "a transaction is signed by its sender")
        self.init(body, signature: try signer.sign(Transaction.signedMessage(body.id)))
    }

    /// The signed part, whose digest is the identifier.
    package var bodyBytes: [UInt8] { [UInt8](bytes.dropLast(2 * Digest.byteCount)) }

    /// - Cost: hashes the body; a batch takes `SignatureChecker` instead, which hashes many at once.
    package var id: TransactionID { Transaction.id(ofBody: bodyBytes) }

    package func encode(into encoder: inout Encoder) { encoder.raw(bytes) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        body = try Transaction(from: &decoder)
        signature = try SM2.Signature(from: &decoder)
        bytes = decoder.bytesRead(since: start)
    }

    package static func == (left: SignedTransaction, right: SignedTransaction) -> Bool {
        left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(signature) }
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
        var transactions: [SignedTransaction] = []
        while decoder.remaining > 0 {
            let length = try decoder.count(max: Limits.transactionBytesMax)
            let start = decoder.offset
            if length > decoder.remaining { throw .truncated(offset: start + decoder.remaining) }
            transactions.append(try SignedTransaction(from: &decoder))
            guard decoder.offset - start == length else { throw .notCanonical(offset: start) }
        }
        self.transactions = transactions
    }
}
