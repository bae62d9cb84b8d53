// SPDX-License-Identifier: Apache-2.0
import Bedrock

#if FUZZ_LINK_SERVER || FUZZ_LINK_CLIENT || FUZZ_LINK_RECORD || FUZZ_CERTIFICATE
// LinkFuzz.swift has their laws.
#elseif FUZZ_WASM_MODULE
import Wasm
#elseif FUZZ_PUBLIC_KEY
import ShangMi
typealias FuzzTarget = SM2.PublicKey
#else
import Ledger
#if FUZZ_TRANSACTION
typealias FuzzTarget = SignedTransaction
#elseif FUZZ_SUBMISSION
typealias FuzzTarget = Submission
#elseif FUZZ_HEADER
typealias FuzzTarget = Header
#elseif FUZZ_PAYLOAD
typealias FuzzTarget = Payload
#elseif FUZZ_QUORUM_CERTIFICATE
typealias FuzzTarget = QuorumCertificate
#elseif FUZZ_PROPOSAL
typealias FuzzTarget = Proposal
#elseif FUZZ_EVIDENCE_RECEIPT
typealias FuzzTarget = EvidenceReceipt
#elseif FUZZ_TRUST_ANCHOR
typealias FuzzTarget = TrustAnchor
#elseif FUZZ_FOUNDING_RECORD
typealias FuzzTarget = FoundingRecord
#elseif FUZZ_STATE_CHUNK
import Storage
typealias FuzzTarget = StateChunk
#elseif FUZZ_SAFETY_RECORD
import Consensus
typealias FuzzTarget = SafetyRecord
#elseif FUZZ_FAULT
import Consensus
typealias FuzzTarget = Fault
#elseif FUZZ_PEER_MESSAGE
import Replication
typealias FuzzTarget = PeerMessage
#endif
#endif

#if FUZZ_WASM_MODULE
/// The law of contract modules (WASM-3, WASM-10): refused, or instrumented to a module that is valid again.
func fuzz(_ bytes: [UInt8]) {
    guard let module = try? WasmModule(decoding: bytes) else { return }
    var limits = WasmLimits.standard
    limits.bytesMax *= 16
    limits.typesMax += 1
    limits.functionsMax += 2
    limits.globalsMax += 2
    limits.exportsMax += 2
    limits.nestingMax += 2
    limits.operandsMax += 3
    (limits.instructionsMax, limits.workMax, limits.functionJoinsMax) = (.max, .max, 1 << 30)
    limits.joinSquaresMax = .max
    limits.reservedNames = []
    let again = try? WasmModule(decoding: module.instrumented(), limits: limits)
    precondition(again != nil, "an accepted module is not valid once it is instrumented")
}
#elseif !(FUZZ_LINK_SERVER || FUZZ_LINK_CLIENT || FUZZ_LINK_RECORD || FUZZ_CERTIFICATE)
/// The law of every decoder (ENC-1): it throws, or what it read encodes back to the very bytes.
func fuzzCanonical<Value: Canonical>(_ type: Value.Type, _ bytes: [UInt8]) {
    guard let value = try? Value(decoding: bytes) else { return }
    precondition(value.encoded == bytes, "a decoder accepted a second byte form of a value")
}

func fuzz(_ bytes: [UInt8]) { fuzzCanonical(FuzzTarget.self, bytes) }
#endif

/// libFuzzer's way in. Which decoder is meant was chosen when this file was compiled.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzz([UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}
