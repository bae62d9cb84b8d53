// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// LED-1 to LED-6, LED-9, LED-14, EVID-1 to EVID-5, and the table of codes (RCPT-6).
@Suite struct IdentifiersTests {
    @Test("a label takes every well-formed text of one line and nothing else (LED-9)")
    func labels() {
        for good in [
            "", "evidence", "检测报告", "é", "🧾", "\u{a0}",
            "\u{2027}", "\u{202f}", "\u{2065}", "\u{206a}", "\u{10ffff}",
        ] {
            #expect(Label(good)?.text == good)
        }
        for bad in [0x00, 0x0a, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069] {
            #expect(
                Label("a" + String(Unicode.Scalar(UInt32(bad))!) + "b") == nil, "U+\(String(bad, radix: 16))")
        }
        let broken: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xe2, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff],
            [0xe4, 0xb8, 0x41],
        ]
        for bytes in broken { #expect(Label(utf8: bytes) == nil) }
        #expect(Label(utf8: [UInt8](repeating: 0x41, count: 255)) != nil)
        #expect(Label(utf8: [UInt8](repeating: 0x41, count: 256)) == nil)
        // Every string of two bytes, as Swift's own decoder judges it.
        for pair in 0...UInt16.max {
            let bytes = [UInt8(pair >> 8), UInt8(pair & 255)]
            let valid = String(validating: bytes, as: UTF8.self) != nil
            let plain =
                bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && !(bytes[0] == 0xc2 && bytes[1] <= 0x9f)
            #expect((Label(utf8: bytes) != nil) == (valid && plain))
        }
    }

    @Test("no two kinds of thing share a first hashed byte (LED-1, LED-2, LED-3, LED-4, LED-5, LED-8)")
    func domains() throws {
        let tags = [
            HashDomain.leaf, HashDomain.node, HashDomain.root, HashDomain.transaction, HashDomain.header,
            HashDomain.committee, HashDomain.chain, HashDomain.account, HashDomain.trust, StateRule.leafTag,
            StateRule.valueTag, StateRule.pathTag,
        ]
        #expect(Set(tags).count == tags.count)
        let chain = SyntheticChain<HashScheme>()
        let transaction = chain.transactions[1][0]
        #expect(transaction.id.digest == SM3.hash([0x10] + transaction.body.encoded))
        #expect(transaction.bytes == transaction.body.encoded + transaction.signature.encoded)
        #expect(
            Transaction.signedMessage(transaction.id) == [UInt8]("JD-TX-1".utf8) + transaction.id.digest.bytes
        )
        #expect(chain.headers[1].id.digest == SM3.hash([0x11] + chain.headers[1].encoded))
        #expect(chain.committees[0].id.digest == SM3.hash([0x12] + chain.committees[0].encoded))
        #expect(AccountID(transaction.body.sender).digest == SM3.hash([0x14] + transaction.body.sender.bytes))
        var checker = SignatureChecker(HashScheme())
        let forged = SignedTransaction(transaction.body, signature: chain.transactions[1][1].signature)
        let verdicts = checker.check([transaction, forged])
        #expect(verdicts[0]?.id == transaction.id && verdicts[1] == nil, "LED-5")
    }

    @Test("identifiers taken in lanes are those taken alone (LED-4, CRYPTO-2)")
    func lanes() throws {
        var random = SeededRandom(seed: 3)
        let transactions = (0..<40).map { _ in SignedTransaction.draw(&random) }
        let ids = transactions.map { TransactionID(SM3.hash([0x10] + $0.body.encoded)) }
        #expect(transactions.map(\.id) == ids)
        #expect(try Payload(decoding: Payload(transactions).bytes).transactions.map(\.id) == ids)
        #expect(try Submission(decoding: Submission(transactions).encoded).transactions.map(\.id) == ids)
        for transaction in transactions {
            #expect(try SignedTransaction(decoding: transaction.bytes).id == transaction.id)
        }
    }

    @Test("a block takes only the payload its header names, in its order (LED-6)")
    func payloads() {
        let chain = SyntheticChain<HashScheme>()
        let payload = Payload(chain.transactions[2])
        #expect(Block(header: chain.headers[2], payload: payload) != nil)
        #expect(Block(header: chain.headers[2], payload: Payload(chain.transactions[2].reversed())) == nil)
        #expect(Block(header: chain.headers[2], payload: Payload(chain.transactions[2].dropLast())) == nil)
        #expect(payload.root == MerkleTree.root(of: Payload.leafDigests(of: chain.transactions[2])))
    }

    @Test("an evidence number has one text: E, height, dash, place (EVID-3)")
    func evidenceNumbers() {
        let number = EvidenceNumber(height: Height(1_024), index: 7)
        #expect(number.text == "E1024-7" && EvidenceNumber(text: "E1024-7") == number)
        let largest = EvidenceNumber(height: Height(Height.max), index: 16_383)
        #expect(EvidenceNumber(text: largest.text) == largest)
        for bad in [
            "", "E", "E-", "E1", "E1-", "E-1", "e1-1", "E01-1", "E1-01", "E+1-1", "E1-+1", "E1-1-1", "E1 -1",
            " E1-1",
            "E1-16384", "E4611686018427387904-0", "E18446744073709551616-0", "E１-1", "É1-1",
        ] {
            #expect(EvidenceNumber(text: bad) == nil, "\(bad)")
        }
        var encoder = Encoder()
        encoder.number(1)
        encoder.number(16_384)
        #expect(throws: DecodeError.self) { try EvidenceNumber(decoding: encoder.bytes) }
    }

    @Test("a first deposit bears its own place and a repeat an earlier one (EVID-2, EVID-6, RCPT-8)")
    func repeats() throws {
        let chain = SyntheticChain<HashScheme>()
        let first = try chain.receipt(height: 2, index: 0).statement()
        #expect(first.reply.number.text == "E2-0" && !first.reply.repeated)
        let again = try chain.receipt(height: 2, index: 2).statement()
        #expect(again.reply.number.text == "E1-0" && again.reply.repeated)
        #expect(again.deposit.digest == first.deposit.digest && again.depositor == first.depositor)
    }

    @Test("keys of records and notes tell digests, depositors and numbers apart (EVID-4, EVID-5)")
    func keys() {
        let (a, b) = (SM3.hash([1]), AccountID(SM3.hash([2])))
        #expect(EvidenceRecord.key(digest: a, depositor: b) == [0x72] + a.bytes + b.digest.bytes)
        #expect(
            EvidenceRecord.noteKey(digest: a, depositor: b, note: 258)
                == [0x6e] + a.bytes + b.digest.bytes + [0, 0, 1, 2])
        #expect(throws: DecodeError.self) { try Annotation(decoding: a.bytes + [2, 0xc3, 0x28]) }
    }

    @Test("capture methods have their four tags and no other is taken (EVID-1)")
    func depositTags() throws {
        #expect(CaptureMethod.allCases.map(\.rawValue) == [1, 2, 3, 4])
        var random = SeededRandom(seed: 1)
        let bytes = Deposit.draw(&random).encoded
        for tag in [0, 5, 255] as [UInt8] {
            #expect(throws: DecodeError.self) { try Deposit(decoding: bytes.dropLast() + [tag]) }
        }
    }

    @Test("100 MB of zeros are no value of any kind, and it takes no time to say so (RCPT-1, LED-4)")
    func zeros() {
        let zeros = [UInt8](repeating: 0, count: 100_000_000)
        let clock = ContinuousClock()
        let taken = clock.measure {
            #expect((try? EvidenceReceipt(decoding: zeros)) == nil)
            #expect((try? TrustAnchor(decoding: zeros)) == nil)
            #expect((try? Submission(decoding: zeros)) == nil)
            #expect((try? Payload(decoding: zeros)) == nil)
            #expect((try? ReceiptProof(decoding: zeros)) == nil)
            #expect((try? StateProof(decoding: zeros)) == nil)
            #expect((try? Proposal(decoding: zeros)) == nil)
            #expect((try? ChainSpec(decoding: zeros)) == nil)
            #expect((try? EvidenceReceipt(decoding: EvidenceReceipt.magic + zeros)) == nil)
        }
        #expect(taken < .seconds(2))
    }

    @Test("each code stands once and says what is wrong and what to do, twice (RCPT-6)")
    func codes() {
        let numbers = StableCode.all.map(\.number)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        for code in StableCode.all {
            for text in [code.title, code.titleZh, code.fix, code.fixZh] { #expect(!text.isEmpty) }
            #expect(StableCode.numbered(code.number) == code && code.label == "JD-\(code.number)")
            #expect(code.titleZh.unicodeScalars.contains { $0.value > 0x4e00 })
        }
        #expect(StableCode.numbered(1_000) == nil)
        for result in [
            ResultCode.unknownContract, .unknownMethod, .malformedArguments, .outOfGas, .unknownSender,
            .outsideWindow,
            .evidenceNotFound, .evidenceNotOwned, .evidenceNotesFull,
            .committeeChangePending, .committeeTooSmall, .memberFrozen, .deniedByPolicy, .nobodyCouldGovern,
        ] { #expect(result.stable?.number == Int(result.value)) }
        #expect(ResultCode.success.stable == nil && DecodeError.trailing(offset: 0).code == 1_001)
        #expect(ProofError.statePath.code == 2_107 && ProofError.unsealedAnchor.code == 2_102)
    }
}
