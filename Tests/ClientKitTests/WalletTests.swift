// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Ledger
import ShangMi
import Testing

/// Signs nothing of worth: what a wallet builds is the matter here, not its signature.
private struct StubSigner: Signer {
    /// The generator of the curve: a point like any other.
    let publicKey = SM2.PublicKey(
        Hex.decode(
            "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
                + "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0")!)!

    func sign(_ message: [UInt8]) throws(SignerError) -> SM2.Signature { SM2.Signature(r: .zero, s: .zero) }
}

@Suite struct WalletTests {
    @Test("a deposit's window opens sixteen heights below the one last seen; no salt comes twice (API-33)")
    func deposit() throws {
        let wallet = Wallet(chain: ChainID(SM3.hash([1])), signer: StubSigner())
        let form = Deposit(
            businessType: Label(literal: "b"), title: Label(literal: "t"), digest: SM3.hash([2]), size: 3,
            mediaType: Label(literal: "text/plain"), capture: .upload)
        let first = try wallet.deposit(form, tip: Height(70)).body
        let second = try wallet.deposit(form, tip: Height(7)).body
        #expect(first.validFrom == Height(54) && first.validUntil == Height(10_070))
        #expect(second.validFrom == .zero && second.validUntil == Height(10_007))
        #expect(first.salt != second.salt && first.sender == StubSigner().publicKey)
        #expect(try Deposit(decoding: first.arguments) == form)
        // At the end of all heights the window is short rather than a trap.
        #expect(try wallet.deposit(form, tip: Height(Height.max)).body.validUntil == Height(Height.max))
    }
}
