// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// One key's pen for one chain: builds transactions and signs them. Needs no network.
///
/// The window opens a little below the height the caller last saw, so that another node that is behind the one it was
/// seen at still takes the transaction, and the salt comes from the system's generator, so that the same deposit may be
/// sent twice on purpose.
/// - Spec: LED-4, API-33.
package struct Wallet: Sendable {
    /// How many heights a transaction stays valid: hours when blocks are quick, and well below the protocol's
    /// bound.
    package static let windowDefault: UInt64 = 10_000

    /// How many heights below the one last seen a window opens.
    package static let slack: UInt64 = 16

    package let chain: ChainID
    package let signer: any Signer
    package let window: UInt64

    package init(chain: ChainID, signer: any Signer, window: UInt64 = Wallet.windowDefault) {
        precondition(window <= Limits.validityWindowMax, "a window is no longer than the protocol allows")
        self.chain = chain
        self.signer = signer
        self.window = window
    }

    package var account: AccountID { AccountID(signer.publicKey) }

    /// A signed deposit of evidence.
    /// - Parameter tip: the newest final height the caller knows of.
    package func deposit(_ deposit: Deposit, tip: Height) throws(SignerError) -> SignedTransaction {
        try call(Deposit.contract, Deposit.method, deposit.encoded, tip: tip)
    }

    /// A signed remark on one of this key's own records.
    package func annotate(_ annotation: Annotation, tip: Height) throws(SignerError) -> SignedTransaction {
        try call(Deposit.contract, EvidenceNote.method, annotation.encoded, tip: tip)
    }

    /// A signed call of any contract.
    package func call(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], tip: Height,
        salt: UInt64 = UInt64.random(in: .min ... .max)
    ) throws(SignerError) -> SignedTransaction {
        let body = Transaction(
            chain: chain, validFrom: Height(tip.value - min(tip.value, Wallet.slack)),
            validUntil: tip.advanced(by: window) ?? tip, contract: contract,
            method: method, arguments: arguments, salt: salt, sender: signer.publicKey)
        // Opened here: the signed initializer takes the concrete signer.
        return try sign(body, by: signer)
    }

    private func sign(_ body: Transaction, by signer: some Signer) throws(SignerError) -> SignedTransaction {
        try SignedTransaction(body, by: signer)
    }
}
