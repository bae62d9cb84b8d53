// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Gateway
import Ledger
import ShangMi

/// A consortium of one member and one organisation that has proposed nothing and allows nobody anything.
protocol FakeConsortium: ConsortiumAccess {}

extension FakeConsortium {
    private var home: Label { Label(literal: "市大数据局") }

    private var clerk: MemberEntry {
        var random = SeededRandom(seed: 7)
        let key = SM2.ThrowAwaySigner(from: &random).publicKey
        let member = Member(key: key, name: home, organization: home)
        let standing = Standing.frozen(until: Height(9), reason: home)
        return MemberEntry(
            height: Height(5), account: member.account, record: MemberRecord(member: member, standing: standing),
            isActive: false)
    }

    func members(
        of organization: Label?, after account: AccountID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<MemberEntry> {
        ConsortiumPage(height: Height(5), elements: account == nil ? [clerk] : [], cursor: nil)
    }

    func member(_ account: AccountID) async throws(AccessError) -> MemberEntry? {
        account == clerk.account ? clerk : nil
    }

    func organizations(
        after id: Label?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<OrganizationEntry> {
        let record = OrganizationRecord(organization: Organization(id: home))
        let entry = OrganizationEntry(height: Height(5), record: record, hasVoice: false)
        return ConsortiumPage(height: Height(5), elements: [entry], cursor: nil)
    }

    func organization(_ id: Label) async throws(AccessError) -> OrganizationEntry? { nil }

    func policies(
        after resource: Resource?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<PolicyEntry> {
        let entry = PolicyEntry(resource: .contractCalls(home), policy: .forbidden, isStandard: false)
        return ConsortiumPage(height: Height(5), elements: [entry], cursor: nil)
    }

    func standardPolicies() async throws(AccessError) -> [PolicyEntry] {
        [PolicyEntry(resource: .acts(.policies), policy: .majority, isStandard: true)]
    }

    func proposals(
        areOpen: Bool, after id: MotionID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<ProposalEntry> {
        ConsortiumPage(height: Height(5), elements: [], cursor: nil)
    }

    func proposal(_ id: MotionID) async throws(AccessError) -> ProposalEntry? { nil }

    func preview(_ motion: Motion, by account: AccountID) async throws(AccessError) -> ProposalPreview {
        throw AccessError(.notFound, detail: "nothing is proposed here")
    }

    func verdict(_ phrase: ActPhrase, by account: AccountID) async throws(AccessError) -> Verdict {
        throw AccessError(.notFound, detail: "nobody is asked here")
    }
}

extension FakeChain: FakeConsortium {}
extension InstantChain: FakeConsortium {}

/// One contract of one module: it answers with what it is asked, and fails with a code of its own where that is "no".
protocol FakeContracts: ContractAccess {}

extension FakeContracts {
    private var desk: DeployedContract {
        let code = CodeRecord(
            size: 9, migrates: true, pages: 2,
            description: SM3.hash(Array("{}".utf8)), program: SM3.hash([1]), publisher: .zero, published: Height(3))
        let entry = CodeEntry(
            height: Height(5), digest: SM3.hash([2]), record: code, description: Array("{}".utf8))
        return DeployedContract(
            height: Height(5), name: Label(literal: "desk"),
            record: ContractRecord(code: SM3.hash([2]), deployed: Height(4), template: Label(literal: "t")),
            standing: .frozen(until: Height(9), reason: Label(literal: "r")), code: entry)
    }

    func contracts(after name: Label?, limit: Int) async throws(AccessError) -> ConsortiumPage<DeployedContract> {
        ConsortiumPage(height: Height(5), elements: name == nil ? [desk] : [], cursor: nil)
    }

    func contract(_ name: Label) async throws(AccessError) -> DeployedContract? { name == desk.name ? desk : nil }

    func code(_ digest: Digest) async throws(AccessError) -> CodeEntry? {
        digest == desk.record.code ? desk.code : nil
    }

    func ask(_ question: ContractQuestion) async throws(AccessError) -> ContractReply {
        let isNo = question.method.text == "no"
        let event = Event(contract: question.contract, name: question.method, data: [7])
        return ContractReply(
            height: Height(5),
            outcome: Outcome(
                code: ResultCode(isNo ? 10_009 : 0), gasUsed: Gas(question.gas),
                output: isNo ? Array("because".utf8) : question.argument, events: isNo ? [] : [event]))
    }
}

extension FakeChain: FakeContracts {}
extension InstantChain: FakeContracts {}
