// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// How uploads that nobody goes on with leave the state.
@Suite struct ContractUploadTests {
    private static let module = PaperModule.bytes("idle", padding: 11 * ContractLimits.partBytes - 40_000)

    private static func polity() throws -> Polity { try Polity(["idle": { _ throws(PaperEnd) in }]) }

    private static func discard(_ owner: String?) -> [UInt8] {
        UploadDiscard(module: SM3.hash(module), owner: owner.map { Polity.account($0) }).encoded
    }

    private func upload(_ polity: Polity, of owner: String) throws -> UploadRecord? {
        let place = ContractsContract.uploadPlace(Polity.account(owner), SM3.hash(Self.module))
        let key = StateKey.of(ContractsContract.contract, place)
        return try polity.tree.value(for: key).map { try UploadRecord(decoding: $0) }
    }

    @Test("nobody ends another's upload while parts come, and anybody does after 10,000 heights without one (CTR-1)")
    func abandoned() throws {
        var polity = try Self.polity()
        let empty = polity.tree.root
        let parts = UploadPart.parts(of: Self.module)
        func take(_ part: UploadPart) throws {
            let call = polity.register(ContractsContract.upload, part.encoded, by: "bank.user", purse: 0)
            #expect(polity.codes(try polity.run([call])) == [0])
        }
        func end(_ owner: String?, by name: String) throws -> Outcome {
            try polity.run([polity.register(ContractsContract.discard, Self.discard(owner), by: name)]).outcomes[0]
        }
        try take(parts[0])
        let begun = try #require(try upload(polity, of: "bank.user")).touched.value
        #expect(begun == polity.height - 1)
        try polity.idle(until: begun + ContractLimits.uploadHeights)
        // The last height at which it is still its member's alone; a part that comes there keeps it so.
        #expect(try end("bank.user", by: "court.user").code == .uploadRunning)
        for part in parts.dropFirst() { try take(part) }
        #expect(try end("bank.user", by: "court.user").code == .uploadRunning)
        let last = try #require(try upload(polity, of: "bank.user")).touched.value
        try polity.idle(until: last + ContractLimits.uploadHeights)
        #expect(try end("bank.user", by: "court.user").code == .uploadRunning)
        #expect(try end(nil, by: "court.user").code == .uploadUnknown, "unnamed, it is the sender's own")
        let ended = try end("bank.user", by: "court.user")
        #expect(ended.code.isSuccess)
        #expect(ended.gasUsed.value > 200 * UInt64(parts.count), "who ends it pays for what is removed")
        #expect(polity.tree.root == empty, "nothing of it is left")
        #expect(try end("bank.user", by: "court.user").code == .uploadUnknown)
    }

    @Test("a member ends an upload of its own at any time, by its own name too, and begins it anew (CTR-1)")
    func own() throws {
        var polity = try Self.polity()
        let part = UploadPart.parts(of: Self.module)[3].encoded
        let outcome = try polity.run([
            polity.register(ContractsContract.upload, part),
            polity.register(ContractsContract.discard, Self.discard("bank.user")),
            polity.register(ContractsContract.upload, part),
            polity.register(ContractsContract.discard, Self.discard(nil)),
            polity.register(ContractsContract.upload, part),
        ])
        #expect(polity.codes(outcome) == [0, 0, 0, 0, 0])
        #expect(try upload(polity, of: "bank.user")?.parts == 8)
    }

    // MARK: Published

    @Test("code that this program makes otherwise is a trouble of the program's, damaged code one of the disk (CTR-4)")
    func otherProgram() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle", padding: 60_000)
        let code = SM3.hash(module)
        #expect(try polity.deploy(module, as: "idle").isEffective)
        #expect(try polity.invoked("idle").code.isSuccess)
        let call = polity.invoke("idle")
        let bytes = try #require(try polity.tree.value(for: ContractsContract.codeKey(code)))
        let old = try CodeRecord(decoding: bytes)
        let other = CodeRecord(
            size: old.size, migrates: old.migrates, pages: old.pages, description: old.description,
            program: SM3.hash([1]), publisher: old.publisher, published: old.published)
        try polity.force(other.encoded, at: ContractsContract.codeKey(code))
        let trouble = #expect(throws: ExecutionTrouble.self) { try polity.attempt([call]) }
        guard case .engine(let what) = trouble else {
            Issue.record("\(String(describing: trouble)) is not of the program")
            return
        }
        #expect(what.needsOtherProgram && !what.heals && what.what.contains(code.hex))
        try polity.force(old.encoded, at: ContractsContract.codeKey(code))
        #expect(polity.codes(try polity.attempt([call])) == [0])
        let slice = ContractsContract.sliceKey(code, 1)
        var damaged = try #require(try polity.tree.value(for: slice))
        damaged[9] ^= 1
        try polity.force(damaged, at: slice)
        #expect(throws: ExecutionTrouble.store(.corrupt(what: "a contract's module"))) { try polity.attempt([call]) }
    }
}
