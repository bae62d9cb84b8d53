// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Foundation
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Testing

/// API-57: what a reader may not see is left out and named, and what cannot do without it is refused.
@Suite struct FieldTests {
    @Test(
        "a record comes without a field that is kept from the reader, and says so; who may see it has it whole (API-57)"
    )
    func record() async throws {
        try await Served.run { served in
            let client = try served.client()
            _ = try await client.submit([try served.deposit(1)], to: "main")
            let number = EvidenceNumber(height: Height(1), index: 0)
            let whole = try await client.evidence(number, chain: "main")
            #expect(whole.record != nil && whole.withheld.isEmpty && whole.title != nil)
            let fields: [(Label, KeyPath<EvidenceAnswer, String?>)] = [
                (DataField.title, \.title?.text), (DataField.mediaType, \.mediaType?.text),
                (DataField.businessType, \.businessType?.text), (DataField.digest, \.digest?.hex),
            ]
            for (field, path) in fields {
                await served.chain.withhold([field])
                let answer = try await client.evidence(number, chain: "main")
                #expect(answer.withheld == [field.text] && answer[keyPath: path] == nil && answer.record == nil)
                #expect(answer.number == number && answer.depositor == whole.depositor && answer.notes != nil)
                let text = try await served.call("GET", "/v1/evidence/\(number.text)").text
                #expect(!text.contains(try #require(whole[keyPath: path])), "\(field.text)")
                let list = try await served.call("GET", "/v1/evidence?depositor=\(whole.depositor.hex)").text
                #expect(!list.contains(try #require(whole[keyPath: path])), "\(field.text)")
            }
            await served.chain.withhold([DataField.notes])
            let bare = try await client.evidence(number, chain: "main")
            #expect(bare.notes == nil && bare.record == whole.record)
        }
    }

    @Test("values and proofs that would hold a withheld field are refused by a code, and the field is named (API-57)")
    func refusals() async throws {
        try await Served.run { served in
            let transaction = try served.deposit(1)
            _ = try await served.client().submit([transaction], to: "main")
            let form = Served.form(1)
            let key = EvidenceRecord.key(digest: form.digest, depositor: AccountID(transaction.body.sender))
            let value = "/v1/chains/main/state/evidence/\(Hex.encode(key))"
            let search = "/v1/evidence?digest=\(form.digest.hex)"
            let question = #"{"contract":"evidence","method":"byDigest","arguments":{"digest":"\#(form.digest.hex)"}}"#
            #expect(try await served.call("GET", value).status == 200)
            await served.chain.withhold([DataField.digest])
            for answer in [
                try await served.call("GET", value), try await served.call("GET", value + "?proof=true"),
                try await served.call("GET", search),
                try await served.call(
                    "POST", "/v1/chains/main/call", headers: ["Content-Type: application/json"],
                    body: Array(question.utf8)),
            ] {
                #expect(answer.status == 403 && answer.json?["code"] == .text("JD-1810"), "\(answer.text)")
                #expect(answer.text.contains("evidence/digest"))
            }
            // Another field does not stand in a search's way.
            await served.chain.withhold([DataField.title])
            #expect(try await served.call("GET", search).status == 200)
            #expect(try await served.call("GET", value).status == 403)
        }
    }

    @Test("a call's arguments are left out with any field of them, and its result keeps a proof that verifies (API-57)")
    func transaction() async throws {
        try await Served.run { served in
            let client = try served.client()
            let transaction = try served.deposit(1)
            _ = try await client.submit([transaction], to: "main")
            let open = try await client.transaction("main", transaction.id, proof: true)
            #expect(open.transaction == transaction && open.receipt != nil && open.withheld.isEmpty)
            await served.chain.withhold([DataField.title, DataField.notes])
            let answer = try await client.transaction("main", transaction.id, proof: true)
            #expect(answer.transaction == nil && answer.receipt == nil && answer.withheld == ["title"])
            #expect(answer.sender == AccountID(transaction.body.sender) && answer.method == Deposit.method)
            let proof = try #require(answer.resultProof)
            var light = try LightClient(anchor: try await client.trustAnchor("main"), scheme: SM2.Verifier())
            let receipt = try light.verify(proof)
            #expect(receipt.transaction == transaction.id && receipt.outcome.code.isSuccess)
            // Whoever has the transaction makes the receipt whole with it.
            #expect(try await client.receipt("main", transaction.id) == nil)
            #expect(try await client.receipt("main", transaction.id, of: transaction) == open.receipt)
            let text = try await served.call("GET", "/v1/chains/main/transactions/\(transaction.id.hex)?proof=true")
                .text
            for bytes in [transaction.bytes, transaction.body.arguments, Array(Served.form(1).title.utf8)] {
                #expect(!text.contains(Data(bytes).base64EncodedString()))
            }
            #expect(
                !text.contains(String(transaction.body.salt)), "the salt keeps the identifier from being guessed at")
        }
    }

    @Test(
        "a member who may see a field sees it where a stranger does not; a refusal is told to the log (API-46, API-57)")
    func members() async throws {
        try await Guarded.run(isPublic: true) { guarded in
            let transaction = try guarded.served.deposit(1)
            _ = try await guarded.served.client().submit([transaction], to: "main")
            await guarded.served.chain.withhold([DataField.title], butFrom: guarded.member)
            let (token, _) = try guarded.token()
            let mine = try await guarded.get("/v1/evidence/E1-0", token: token)
            #expect(mine.text.contains(#""withheld":[]"#))
            let theirs = try await guarded.get("/v1/evidence/E1-0")
            #expect(theirs.text.contains(#""withheld":["title"]"#) && theirs.text.contains(#""title":null"#))
            let key = EvidenceRecord.key(
                digest: Served.form(1).digest, depositor: AccountID(transaction.body.sender))
            let refused = try await guarded.get("/v1/chains/main/state/evidence/\(Hex.encode(key))")
            #expect(refused.status == 403)
            #expect(guarded.notes.all.contains { $0.code == .fieldDenied && $0.kind == .read })
        }
    }
}
