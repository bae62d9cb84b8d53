// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Replication
import ShangMi
import Testing

/// The pool as one would write it with no thought of speed.
private struct NaivePool {
    let bounds: (count: Int, bytes: Int, perSender: Int)
    var waiting: [Verified<SignedTransaction>] = []
    var bytes: Int { waiting.reduce(0) { $0 + $1.value.bytes.count } }

    mutating func admit(_ new: Verified<SignedTransaction>) -> Refusal? {
        if waiting.count == bounds.count || bytes + new.value.bytes.count > bounds.bytes { return .poolFull }
        let own = waiting.filter { $0.value.body.sender == new.value.body.sender }.count
        if own == bounds.perSender { return .senderQuota }
        waiting.append(new)
        return nil
    }
}

@Suite struct MempoolTests {
    private func transactions() throws -> [Verified<SignedTransaction>] {
        var random = SeededRandom(seed: 11)
        let senders = (0..<3).map { _ in SM2.ThrowAwaySigner(from: &random) }
        var signed: [SignedTransaction] = []
        for salt in 0..<240 as Range<UInt64> {
            let body = Transaction(
                chain: .zero, validFrom: .zero, validUntil: Height(UInt64(random.below(60))),
                contract: Deposit.contract, method: Deposit.method,
                arguments: random.bytes(count: random.below(300)), salt: salt,
                sender: senders[random.below(3)].publicKey)
            signed.append(
                try SignedTransaction(body, by: senders.first { $0.publicKey == body.sender } ?? senders[0]))
        }
        var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
        return checker.check(signed).compactMap { $0 }
    }

    @Test(
        "the pool does what a naive one does, and nothing is left over (POOL-1 to POOL-5)"
    )
    func model() throws {
        let all = try transactions()
        #expect(all.count == 240)
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var naive = NaivePool(bounds: (40, 9_000, 15))
            var pool = Mempool(bounds: Mempool.Bounds(transactionsMax: 40, bytesMax: 9_000, perSenderMax: 15))
            var height: UInt64 = 1
            for _ in 0..<300 {
                let one = all[random.below(all.count)]
                switch random.below(10) {
                case 0:
                    height += UInt64(random.below(2))
                    let taken = Set(naive.waiting.filter { $0.value.body.salt % 5 == 0 }.map(\.id))
                    let drafted = pool.draft(
                        at: Height(height), transactionsMax: 10, bytesMax: 2_000, except: taken.contains)
                    #expect(drafted.map(\.id) == draft(&naive, height, taken).map(\.id))
                    // Some of it becomes final.
                    let final = drafted.prefix(random.below(11)).map(\.id)
                    pool.remove(Array(final))
                    naive.waiting.removeAll { final.contains($0.id) }
                case 1:
                    pool.remove([one.id])
                    naive.waiting.removeAll { $0.id == one.id }
                default:
                    let isThere = naive.waiting.contains { $0.id == one.id }
                    #expect(pool.contains(one.id) == isThere)
                    if !isThere { #expect(pool.admit(one) == naive.admit(one)) }
                }
                #expect(pool.count == naive.waiting.count && pool.byteCount == naive.bytes)
            }
            pool.remove(naive.waiting.map(\.id))
            #expect(pool.isEmpty && pool.byteCount == 0)
        }
    }

    @Test("a block takes no more gas than it may, and calls of governance hold up nobody behind them (EXEC-9, POOL-3)")
    func gas() throws {
        var random = SeededRandom(seed: 12)
        let senders = (0..<21).map { _ in SM2.ThrowAwaySigner(from: &random) }
        var signed: [SignedTransaction] = []
        func add(_ contract: Label, by number: Int) throws {
            let body = Transaction(
                chain: .zero, validFrom: .zero, validUntil: Height(60), contract: contract, method: Deposit.method,
                arguments: [], salt: UInt64(signed.count), sender: senders[number].publicKey)
            signed.append(try SignedTransaction(body, by: senders[number]))
        }
        for _ in 0..<300 { try add(GovernanceContract.contract, by: 0) }
        for number in 0..<200 { try add(GovernanceContract.contract, by: 1 + number % 20) }
        for _ in 0..<200 { try add(Deposit.contract, by: 0) }
        var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
        var pool = Mempool()
        for transaction in checker.check(signed).compactMap({ $0 }) { #expect(pool.admit(transaction) == nil) }
        #expect(pool.count == 700)
        var blocks = 0
        while !pool.isEmpty {
            let drafted = pool.draft(
                at: Height(1), transactionsMax: 4_096, bytesMax: Limits.payloadBytesMax, except: { _ in false })
            #expect(Payload(drafted.map(\.value)).fitsItsGas)
            if blocks == 0 {
                #expect(drafted.count { $0.value.body.contract == Deposit.contract } == 200, "business goes on")
                let dear = drafted.filter { $0.value.body.contract != Deposit.contract }
                #expect(dear.count == 50 && dear.count { $0.value.body.sender == senders[0].publicKey } == 16)
            }
            pool.remove(drafted.map(\.id))
            blocks += 1
            try #require(blocks < 40)
        }
    }

    @Test("full purses leave room for others and for deposits, and all of them have their turn (CTR-15, POOL-3)")
    func purses() throws {
        var random = SeededRandom(seed: 13)
        let senders = (0..<4).map { _ in SM2.ThrowAwaySigner(from: &random) }
        var signed: [SignedTransaction] = []
        func add(_ contract: Label, _ arguments: [UInt8], by number: Int) throws {
            let body = Transaction(
                chain: .zero, validFrom: .zero, validUntil: Height(60), contract: contract, method: Deposit.method,
                arguments: arguments, salt: UInt64(signed.count), sender: senders[number].publicKey)
            signed.append(try SignedTransaction(body, by: senders[number]))
        }
        let full = PursedArguments(purse: ContractLimits.purseMax, argument: []).encoded
        for number in [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2] {
            try add(Label(literal: "box"), full, by: number)
        }
        for _ in 0..<50 { try add(Deposit.contract, [], by: 3) }
        var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
        var pool = Mempool()
        for transaction in checker.check(signed).compactMap({ $0 }) { #expect(pool.admit(transaction) == nil) }
        var (blocks, first): (Int, [[Int]]) = (0, [])
        while !pool.isEmpty {
            let drafted = pool.draft(
                at: Height(1), transactionsMax: 4_096, bytesMax: Limits.payloadBytesMax, except: { _ in false })
            #expect(Payload(drafted.map(\.value)).fitsItsGas)
            first.append(senders.map { sender in drafted.count { $0.value.body.sender == sender.publicKey } })
            pool.remove(drafted.map(\.id))
            blocks += 1
            try #require(blocks < 20)
        }
        // Two full purses of one sender are what three tenths of a block hold.
        #expect(first[0] == [2, 2, 1, 50] && blocks == 4, "\(first)")
    }

    private func draft(
        _ naive: inout NaivePool, _ height: UInt64, _ taken: Set<TransactionID>
    ) -> [Verified<SignedTransaction>] {
        var drafted: [Verified<SignedTransaction>] = []
        var bytes = 8
        var expired: [TransactionID] = []
        for one in naive.waiting {
            if drafted.count == 10 { break }
            if one.value.body.validUntil < Height(height) {
                expired.append(one.id)
                continue
            }
            if taken.contains(one.id) { continue }
            if bytes + one.value.bytes.count > 2_000 { break }
            bytes += one.value.bytes.count
            drafted.append(one)
        }
        naive.waiting.removeAll { expired.contains($0.id) }
        return drafted
    }
}
