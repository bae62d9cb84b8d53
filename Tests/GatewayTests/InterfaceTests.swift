// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Testing

/// What a program sees that uses the gateway as it is meant to be used.
@Suite struct InterfaceTests {
    @Test("a deposit is submitted, attested, and its receipt verifies offline (API-5, API-9)")
    func depositToReceipt() async throws {
        try await Served.run { served in
            let client = try served.client()
            let transactions = try (0..<5).map { try served.deposit($0) }
            let answers = try await client.submit(transactions, to: "main", wait: .attested)
            try #require(answers.count == 5)
            let anchor = try await client.trustAnchor("main")
            var light = try LightClient(anchor: anchor, scheme: SM2.Verifier())
            for (index, answer) in answers.enumerated() {
                guard case .attested(let receipt) = answer else {
                    Issue.record("\(answer)")
                    continue
                }
                let form = Served.form(index)
                let statement = try light.verify(receipt, fileDigest: form.digest, fileSize: form.size)
                #expect(statement.reply.number == EvidenceNumber(height: Height(1), index: UInt64(index)))
            }
            let again = try await client.receipt("main", transactions[3].id)
            #expect(again?.transaction == transactions[3])
            await client.close()
        }
    }

    @Test("results come in order, and a refused transaction does not spoil the others (API-2, API-5)")
    func refusedAmongGood() async throws {
        try await Served.run { served in
            let client = try served.client()
            let stray = try Wallet(chain: ChainID(SM3.hash([1])), signer: served.member)
                .deposit(Served.form(9), tip: .zero)
            let answers = try await client.submit(
                [try served.deposit(1), stray, try served.deposit(2)], to: served.chain.id.hex, wait: .final)
            guard case .final = answers[0], case .refused(let id, let problem) = answers[1],
                case .final = answers[2]
            else {
                Issue.record("\(answers)")
                return
            }
            #expect(id == stray.id)
            #expect(problem.stable == .otherChain)
        }
    }

    @Test("node, chains, blocks, transactions and state read as they were written (API-1, API-6, API-7, API-8)")
    func reading() async throws {
        try await Served.run { served in
            let client = try served.client()
            let transaction = try served.deposit(1)
            _ = try await client.submit([transaction], to: "main")
            let node = try await client.status()
            #expect(node.chains == ["main"] && node.clockSkewMillis == -3)
            let chain = try #require(try await client.chains().first)
            #expect(try await client.chain("main") == chain)
            #expect(chain.committee == served.chain.spec.committee && chain.height == Height(2))
            let blocks = try await client.blocks("main", from: .zero)
            #expect(blocks.map(\.header.height.value) == [0, 1, 2])
            #expect(blocks[0].certificate == nil && blocks[1].certificate != nil)
            let block = try await client.block("main", at: Height(1))
            #expect(block.transactions == [transaction.id])
            let answer = try await client.transaction("main", transaction.id)
            #expect(answer.status == .attested && answer.transaction == transaction && answer.receipt == nil)
            #expect(answer.position?.time == block.header.timestamp)
            let key = EvidenceRecord.key(
                digest: Served.form(1).digest, depositor: AccountID(transaction.body.sender))
            let state = try await client.state("main", contract: Deposit.contract, key: key)
            #expect(state.value != nil)
            let absent = try await client.state("main", contract: Deposit.contract, key: [1])
            #expect(absent.value == nil)
        }
    }

    @Test("a value without a proof is not passed off as proven (API-32)")
    func unproven() async throws {
        try await Served.run { served in
            let client = try served.client()
            let anchor = try await client.trustAnchor("main")
            let error = await #expect(throws: ClientError.self) {
                try await client.provenState("main", contract: Deposit.contract, key: [1], anchor: anchor)
            }
            guard case .malformed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("evidence is found by number, digest and depositor, page by page (API-10)")
    func evidence() async throws {
        try await Served.run { served in
            let client = try served.client()
            _ = try await client.submit(try (0..<5).map { try served.deposit($0) }, to: "main")
            let number = EvidenceNumber(height: Height(1), index: 2)
            let entry = try await client.evidence(number, chain: "main")
            #expect(entry.record?.deposit == Served.form(2) && entry.notes?.count == 1)
            #expect(try await client.evidence(digest: Served.form(2).digest, chain: "main") == [entry])
            let account = AccountID(served.member.publicKey)
            var seen: [EvidenceAnswer] = []
            var cursor: String?
            repeat {
                let page = try await client.evidence(
                    depositor: account, chain: "main", cursor: cursor, limit: 2)
                seen += page.elements
                cursor = page.cursor
            } while cursor != nil
            #expect(seen.map(\.number.index) == [0, 1, 2, 3, 4])
        }
    }

    @Test("a problem reaches the caller with status, code, detail and remedy (API-3)")
    func problems() async throws {
        try await Served.run { served in
            let client = try served.client()
            await #expect(throws: ClientError.self) { try await client.chain("nowhere") }
            do throws(ClientError) {
                _ = try await client.chain("nowhere")
            } catch {
                guard case .refused(let problem) = error else { throw error }
                #expect(problem.status == 404 && problem.stable == .unknownChain && !problem.fix.isEmpty)
                #expect(problem.detail.contains("nowhere"))
            }
            let pruned = await #expect(throws: ClientError.self) {
                try await client.state("main", contract: Deposit.contract, key: [1], at: .zero)
            }
            guard case .refused(let problem) = pruned else {
                Issue.record("\(String(describing: pruned))")
                return
            }
            #expect(problem.status == 410 && problem.stable == .heightPruned)
        }
    }

    @Test("nobody listening is told apart from a refusal (API-30)")
    func unreachable() async throws {
        let error = await #expect(throws: ClientError.self) {
            var options = NodeClient.Options()
            options.attempts = 2
            options.pause = .milliseconds(1)
            _ = try await NodeClient("http://127.0.0.1:1", options: options).status()
        }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(throws: ClientError.self) { try NodeClient("ftp://x") }
        #expect(throws: ClientError.self) { try NodeClient("http://x:99999") }
        #expect(try NodeClient("http://[::1]:80/").node == "http://[::1]:80")
    }
}
