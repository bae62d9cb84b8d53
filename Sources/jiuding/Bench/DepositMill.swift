// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Makes signed deposits of evidence without end, by throw-away keys; the same seed and number give the same
/// batch.
struct DepositMill: Sendable {
    /// Keys that take turns where nobody asks for more.
    static let keysMin = 50

    /// A submission ready to be sent.
    struct Batch: Sendable {
        let bytes: [UInt8]
        let count: Int
    }

    let signers: [SM2.ThrowAwaySigner]
    /// Bytes of one signed transaction, as near to the wish as the title's bounds allow.
    private(set) var transactionBytes = 0
    private let chain: ChainID
    private let seed: UInt64
    private var title = Label(literal: "bench")
    /// The contract that takes them; nil for the platform's own.
    private let registry: Label?
    /// What a call of the registry puts aside: half as much again as it uses, as a client does that reads its receipts.
    /// A block holds as many calls as their purses have room in (EXEC-9).
    static let purse: UInt64 = 16_000
    private let purse: UInt64

    /// - Parameters:
    ///   - size: the bytes a signed transaction should have.
    ///   - registry: a contract of the template `evidence-registry` that takes the deposits.
    ///   - purse: what each of them puts aside for it.
    init(
        signers: [SM2.ThrowAwaySigner], chain: ChainID, size: Int, seed: UInt64, registry: Label? = nil,
        purse: UInt64 = DepositMill.purse
    ) throws(Failure) {
        self.registry = registry
        self.purse = purse
        self.signers = signers
        self.chain = chain
        self.seed = seed
        var random = SeededRandom(seed: seed)
        let bare = signed(by: 0, tip: .zero, &random).bytes.count
        let padding = min(max(size - bare, 0), Limits.labelBytesMax - 5)
        guard
            let title = Label(
                "bench" + String(repeating: "卷宗", count: padding / 6)
                    + String(repeating: "-", count: padding % 6))
        else { throw .usage("--size", fix: "300") }
        self.title = title
        transactionBytes = signed(by: 0, tip: .zero, &random).bytes.count
    }

    static func signers(seed: UInt64, atLeast count: Int) -> [SM2.ThrowAwaySigner] {
        var random = SeededRandom(seed: seed)
        return (0..<max(count, keysMin)).map { _ in SM2.ThrowAwaySigner(from: &random) }
    }

    /// - Parameter number: tells apart batches; no two share a deposit.
    func batch(_ number: Int, count: Int, tip: Height) -> Batch {
        let transactions = transactions(number, count: count, tip: tip)
        return Batch(bytes: Submission(transactions).encoded, count: count)
    }

    func transactions(_ number: Int, count: Int, tip: Height) -> [SignedTransaction] {
        var random = SeededRandom(seed: seed &+ UInt64(number) &* 0x5851_f42d_4c95_7f2d)
        return (0..<count).map { signed(by: number &* count &+ $0, tip: tip, &random) }
    }

    /// The same for the template: digest, title, size (KIT-7).
    private func arguments(of deposit: Deposit) -> [UInt8] {
        var encoder = Encoder(reserving: 256)
        deposit.digest.encode(into: &encoder)
        deposit.title.encode(into: &encoder)
        encoder.number(deposit.size)
        return PursedArguments(purse: purse, argument: encoder.bytes).encoded
    }

    private func signed(by turn: Int, tip: Height, _ random: inout SeededRandom) -> SignedTransaction {
        let signer = signers[turn % signers.count]
        let digest = Digest(words: (random.next(), random.next(), random.next(), random.next()))
        let deposit = Deposit(
            businessType: Label(literal: "document"), title: title, digest: digest, size: random.next() >> 40,
            mediaType: Label(literal: "application/pdf"), capture: .upload)
        let body = Transaction(
            chain: chain, validFrom: tip, validUntil: tip.advanced(by: Limits.validityWindowMax) ?? tip,
            contract: registry ?? Deposit.contract, method: Deposit.method,
            arguments: registry == nil ? deposit.encoded : arguments(of: deposit),
            salt: random.next(),
            sender: signer.publicKey)
        let message = Transaction.signedMessage(body.id)
        guard let signature = try? signer.sign(message) else {
            preconditionFailure("throw-away keys never fail")
        }
        return SignedTransaction(body, signature: signature)
    }
}
