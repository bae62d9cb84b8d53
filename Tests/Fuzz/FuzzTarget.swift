// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Glibc
import Ledger
import Replication
import ShangMi
import Storage
import TLCP
import Wasm

/// The laws inputs are tried against, by the names of targets.txt.
private let laws: [String: @Sendable ([UInt8]) -> Void] = [
    "public-key": { canonical(SM2.PublicKey.self, $0) },
    "transaction": { canonical(SignedTransaction.self, $0) },
    "submission": { canonical(Submission.self, $0) },
    "header": { canonical(Header.self, $0) },
    "payload": { canonical(Payload.self, $0) },
    "quorum-certificate": { canonical(QuorumCertificate.self, $0) },
    "proposal": { canonical(Proposal.self, $0) },
    "evidence-receipt": { canonical(EvidenceReceipt.self, $0) },
    "trust-anchor": { canonical(TrustAnchor.self, $0) },
    "founding-record": { canonical(FoundingRecord.self, $0) },
    "state-chunk": { canonical(StateChunk.self, $0) },
    "safety-record": { canonical(SafetyRecord.self, $0) },
    "fault": { canonical(Fault.self, $0) },
    "peer-message": { canonical(PeerMessage.self, $0) },
    "wasm-module": wasmModule,
    "certificate": LinkLaws.certificate,
    "link-record": LinkLaws.record,
    "link-server": { LinkLaws.link(.server, $0) },
    "link-client": { LinkLaws.link(.client, $0) },
]

/// The law of every decoder (ENC-1): it throws, or what it read encodes back to the very bytes.
@Sendable private func canonical<Value: Canonical>(_ type: Value.Type, _ bytes: [UInt8]) {
    guard let value = try? Value(decoding: bytes) else { return }
    precondition(value.encoded == bytes, "a decoder accepted a second byte form of a value")
}

/// The law of contract modules (WASM-3, WASM-10): refused, or instrumented to a module that is valid again.
@Sendable private func wasmModule(_ bytes: [UInt8]) {
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

private let law: @Sendable ([UInt8]) -> Void = {
    let name = getenv("JIUDING_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let law = laws[name] else {
        fatalError("JIUDING_FUZZ_TARGET is \"\(name)\"; there are \(laws.keys.sorted().joined(separator: ", "))")
    }
    return law
}()

/// libFuzzer's way in.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    law([UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}
