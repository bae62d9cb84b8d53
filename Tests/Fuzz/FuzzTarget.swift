// SPDX-License-Identifier: Apache-2.0
import Bedrock

#if FUZZ_DIGEST || FUZZ_PUBLIC_KEY || FUZZ_SIGNATURE
import ShangMi
#if FUZZ_DIGEST
typealias FuzzTarget = Digest
#elseif FUZZ_PUBLIC_KEY
typealias FuzzTarget = SM2.PublicKey
#else
typealias FuzzTarget = SM2.Signature
#endif
#else
import Ledger
#if FUZZ_TRANSACTION
typealias FuzzTarget = Transaction
#elseif FUZZ_TRANSACTION_BATCH
typealias FuzzTarget = TransactionBatch
#elseif FUZZ_BLOCK
typealias FuzzTarget = Block
#elseif FUZZ_QUORUM_CERTIFICATE
typealias FuzzTarget = QuorumCertificate
#elseif FUZZ_RECEIPT_PROOF
typealias FuzzTarget = ReceiptProof
#endif
#endif

/// The law of every decoder (ENC-1): it throws, or what it read encodes back to the very bytes.
func fuzzCanonical<Value: Canonical>(_ type: Value.Type, _ bytes: [UInt8]) {
    guard let value = try? Value(decoding: bytes) else { return }
    precondition(value.encoded == bytes, "a decoder accepted a second byte form of a value")
}

/// libFuzzer's way in. Which decoder is meant was chosen when this file was compiled.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzzCanonical(FuzzTarget.self, [UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}
