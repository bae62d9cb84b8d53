// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Ledger
import ShangMi
import Testing

/// The laws of `Canonical` (ENC-1) over 10,000 drawn values of each wire type, whose bytes come to one
/// pinned digest a type: Tests/LedgerTests/Conformance/digests.txt. Changing a digest changes the protocol:
/// the commit says "format".
@Suite struct ConformanceTests {
    static let count = 10_000
    /// JIUDING_THOROUGH=1 tries the laws on every value of every type (minutes without optimization).
    static let isThorough = ProcessInfo.processInfo.environment["JIUDING_THOROUGH"] == "1"
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Conformance/digests.txt")

    struct WireType: Sendable, CustomTestStringConvertible {
        let name: String
        let check: @Sendable () -> Digest
        var testDescription: String { name }

        /// - Parameter every: the laws are tried on one value in so many: decoding a key costs a curve
        ///   equation.
        init<Value: Drawable>(_ type: Value.Type, prefixes: Bool = true, every: Int = 1) {
            name = "\(type)"
            let step = ConformanceTests.isThorough ? 1 : every
            check = { WireType.laws(of: type, prefixes: prefixes, every: step) }
        }

        private static func laws<Value: Drawable>(of type: Value.Type, prefixes: Bool, every: Int) -> Digest {
            var random = SeededRandom(seed: 9)
            var noise = SeededRandom(seed: 10)
            var pinned = SM3()
            for turn in 0..<ConformanceTests.count {
                let value = Value.draw(&random)
                let bytes = value.encoded
                pinned.update(bytes)
                guard turn % every == 0 else { continue }
                guard let back = try? Value(decoding: bytes), back == value, back.encoded == bytes else {
                    Issue.record("\(type) \(turn) does not come back from its bytes")
                    break
                }
                if (try? Value(decoding: bytes + [0])) != nil {
                    Issue.record("\(type) \(turn) takes a byte too many")
                }
                hold(type, bytes, turn, prefixes: prefixes, &noise)
            }
            return pinned.finalize()
        }

        /// Prefixes are refused; whatever else is accepted is its own one form.
        private static func hold<Value: Drawable>(
            _ type: Value.Type, _ bytes: [UInt8], _ turn: Int, prefixes: Bool, _ random: inout SeededRandom
        ) {
            if prefixes, !bytes.isEmpty {
                for length in turn < 40 ? Array(0..<bytes.count) : [random.below(bytes.count)]
                where (try? Value(decoding: Array(bytes.prefix(length)))) != nil {
                    Issue.record("\(type) \(turn) takes its first \(length) bytes for the whole")
                }
            }
            guard !bytes.isEmpty else { return }
            var changed = bytes
            changed[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            if let other = try? Value(decoding: changed), other.encoded != changed {
                Issue.record("\(type) \(turn) takes a second form: \(Hex.encode(changed))")
            }
        }
    }

    static let types: [WireType] = [
        WireType(Digest.self), WireType(SM2.PublicKey.self, every: 20), WireType(SM2.Signature.self),
        WireType(Height.self), WireType(ChainID.self), WireType(Label.self), WireType(ValidatorIndex.self),
        WireType(RuleVersion.self), WireType(ResultCode.self), WireType(MerklePath.self),
        WireType(History.self), WireType(HistoryLeaf.self), WireType(SparseProof.self),
        WireType(Event.self), WireType(Outcome.self), WireType(Receipt.self), WireType(EvidenceNumber.self),
        WireType(DepositReply.self), WireType(Deposit.self), WireType(EvidenceRecord.self),
        WireType(EvidenceNote.self), WireType(Annotation.self), WireType(Transaction.self, every: 20),
        WireType(SignedTransaction.self, every: 20), WireType(Submission.self, prefixes: false, every: 20),
        WireType(Payload.self, every: 20), WireType(Header.self), WireType(Statement.self),
        WireType(Ballot.self), WireType(QuorumCertificate.Seal.self), WireType(QuorumCertificate.self),
        WireType(NullityCertificate.self), WireType(EntryCertificate.self), WireType(Proposal.self),
        WireType(ConsensusParameters.self), WireType(Committee.self, every: 20),
        WireType(Organization.self), WireType(Member.self, every: 20), WireType(ChainSpec.self, every: 20),
        WireType(TrustAnchor.self, every: 20), WireType(EpochProof.self, every: 20),
        WireType(ReceiptProof.self, every: 20), WireType(EvidenceReceipt.self, every: 20),
        WireType(StateProof.self, every: 20),
    ]

    @Test("every wire type has one byte form, and 10,000 values keep their bytes (ENC-1)")
    func pinned() async throws {
        let found = await withTaskGroup(of: (Int, Digest).self) { group in
            for (index, type) in Self.types.enumerated() { group.addTask { (index, type.check()) } }
            var digests = [Digest](repeating: .zero, count: Self.types.count)
            for await (index, digest) in group { digests[index] = digest }
            return digests
        }
        let text = zip(Self.types, found).map { "\($0.name) \($1.hex)\n" }.joined()
        if VectorsTests.rewrites { try Data(text.utf8).write(to: Self.file) }
        #expect(text == String(decoding: try Data(contentsOf: Self.file), as: UTF8.self))
    }
}
