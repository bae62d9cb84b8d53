// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// Cases that organisations decide together: who is asked, how many must sign, until when.
///
/// open → approved (enough signed) | rejected (one asked said no) | withdrawn (its opener) | expired (the deadline
/// passed). Only `open` has ways out. A closed case never opens again.
public struct Workflow: Contract {
    static let cases = Map<UInt64, Case>("case")
    static let lastCase = Counter("last-case")
    static let history = Journal<UInt64, Act>("history")
    static let byDeadline = Index<Moment, UInt64>("by-deadline")
    static let waitingFor = Index<Text, UInt64>("waiting-for")
    static let decided = Event<Case>("decided")

    static let unknown = Failure(1)
    static let closed = Failure(2)
    static let notAsked = Failure(3)
    static let signedAlready = Failure(4)
    static let badTerms = Failure(5)
    static let tooLate = Failure(6)
    static let notYet = Failure(7)
    static let notYours = Failure(8)
    static let askedMax = 32

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("workflow", version: 1, zh: "会签流程", en: "Decisions signed together")
        contract.state(cases, zh: "事项", en: "Cases")
        contract.state(lastCase, zh: "最近的事项编号", en: "Number of the last case")
        contract.state(history, zh: "每个事项的经过", en: "What happened in each case")
        contract.state(byDeadline, zh: "未决事项，按期限", en: "Open cases by deadline")
        contract.state(waitingFor, zh: "等待某机构签署的事项", en: "Cases that wait for an organisation")
        contract.event(decided, zh: "事项已办结", en: "A case was closed")
        failures(&contract)
        try changes(&contract)
        try views(&contract)
    }

    private static func failures(_ contract: inout Declaration) {
        contract.failure(unknown, "unknown", zh: "没有这个事项", en: "There is no such case")
        contract.failure(closed, "closed", zh: "事项已办结", en: "The case is closed")
        contract.failure(notAsked, "not-asked", zh: "你的机构不在会签之列", en: "Your organisation is not asked")
        contract.failure(signedAlready, "signed-already", zh: "你的机构已签署", en: "Your organisation has signed already")
        contract.failure(
            badTerms, "bad-terms", zh: "会签机构须不重复，1 至 32 家；签署数不超过机构数；期限须在将来",
            en: "Name 1 to 32 organisations, each once; ask for no more signatures; set a deadline in the future")
        contract.failure(tooLate, "too-late", zh: "期限已过", en: "The deadline has passed")
        contract.failure(notYet, "not-yet", zh: "期限未到", en: "The deadline has not passed yet")
        contract.failure(notYours, "not-yours", zh: "只有发起机构可以撤回", en: "Only the opener may withdraw")
    }

    private static func changes(_ contract: inout Declaration) throws(Failure) {
        let number = Field<UInt64>("case", zh: "事项编号", en: "Number of the case")
        try contract.method(
            "open", .change, zh: "发起", en: "Opens a case",
            takes: Field<Text>("title", zh: "名称", en: "Title"),
            Field<Digest>("document", zh: "文件摘要", en: "Digest of the document"),
            Field<[Text]>("asked", zh: "会签机构", en: "Organisations asked"),
            Field<UInt64>("needed", zh: "所需签署数", en: "Signatures needed"),
            Field<Moment>("deadline", zh: "期限", en: "Deadline"), do: open)
        try contract.method("sign", .change, zh: "签署", en: "Signs", takes: number, do: sign)
        try contract.method(
            "reject", .change, zh: "否决", en: "Rejects", takes: number, Field<Text>("reason", zh: "理由", en: "Reason"),
            do: reject)
        try contract.method("withdraw", .change, zh: "撤回", en: "Withdraws", takes: number, do: withdraw)
        try contract.method(
            "expire", .change, zh: "过期关闭", en: "Closes a case whose deadline has passed", takes: number, do: expire)
    }

    private static func views(_ contract: inout Declaration) throws(Failure) {
        let number = Field<UInt64>("case", zh: "事项编号", en: "Number of the case")
        try contract.method("case", .view, zh: "查询事项", en: "A case", takes: number, do: find)
        try contract.method("history", .view, zh: "经过", en: "What happened", takes: number, do: past)
        try contract.method(
            "due", .view, zh: "到期的未决事项", en: "Open cases due before a time",
            takes: Field<Moment>("before", zh: "时间", en: "Before"), do: due)
        try contract.method(
            "waiting", .view, zh: "待签事项", en: "Cases that wait for an organisation",
            takes: Field<Text>("organization", zh: "机构", en: "Organisation"), do: waiting)
    }

    static func open(
        _ title: Text, _ document: Digest, _ asked: [Text], _ needed: UInt64, _ deadline: Moment
    ) throws(Failure) -> UInt64 {
        guard asked.count <= askedMax, needed > 0, needed <= UInt64(asked.count), deadline > Block.time else {
            throw badTerms
        }
        for index in asked.indices.dropFirst() where asked[..<index].contains(asked[index]) { throw badTerms }
        let number = try lastCase.next()
        try cases.set(
            number,
            Case(
                title: title, document: document, opener: Caller.organization, asked: asked, signed: [],
                needed: needed, deadline: deadline, state: .open))
        try byDeadline.insert(number, under: deadline)
        for name in asked { try waitingFor.insert(number, under: name) }
        try note("open", in: number)
        return number
    }

    static func sign(_ number: UInt64) throws(Failure) {
        var item = try openCase(number)
        let signer = Caller.organization
        if !item.asked.contains(signer) { throw notAsked }
        if item.signed.contains(signer) { throw signedAlready }
        if item.deadline <= Block.time { throw tooLate }
        item.signed.append(signer)
        try waitingFor.remove(number, under: signer)
        try cases.set(number, item)
        try note("sign", in: number)
        if UInt64(item.signed.count) >= item.needed { try close(number, item, as: .approved) }
    }

    static func reject(_ number: UInt64, _ reason: Text) throws(Failure) {
        let item = try openCase(number)
        if !item.asked.contains(Caller.organization) { throw notAsked }
        if item.signed.contains(Caller.organization) { throw signedAlready }
        if item.deadline <= Block.time { throw tooLate }
        try note("reject: " + reason, in: number)
        try close(number, item, as: .rejected)
    }

    static func withdraw(_ number: UInt64) throws(Failure) {
        let item = try openCase(number)
        if item.opener != Caller.organization { throw notYours }
        try note("withdraw", in: number)
        try close(number, item, as: .withdrawn)
    }

    static func expire(_ number: UInt64) throws(Failure) {
        let item = try openCase(number)
        if Block.time < item.deadline { throw notYet }
        try note("expire", in: number)
        try close(number, item, as: .expired)
    }

    static func find(_ number: UInt64) throws(Failure) -> Case? { try cases.get(number) }

    static func past(_ number: UInt64) throws(Failure) -> [Act] { try history.entries(of: number, from: 0, limit: 100) }

    static func due(_ before: Moment) throws(Failure) -> [UInt64] {
        var numbers: [UInt64] = []
        for entry in try byDeadline.page(below: before, limit: 100) { numbers.append(entry.item) }
        return numbers
    }

    static func waiting(_ name: Text) throws(Failure) -> [UInt64] {
        var numbers: [UInt64] = []
        // Every text that is not this one sorts below it or not below it and a character more.
        for entry in try waitingFor.page(from: name, below: name + "\u{1}", limit: 100) { numbers.append(entry.item) }
        return numbers
    }

    private static func openCase(_ number: UInt64) throws(Failure) -> Case {
        let item = try cases.get(number, or: unknown)
        if item.state != .open { throw closed }
        return item
    }

    /// The only way out of `open`: the indexes of open cases forget this one.
    private static func close(_ number: UInt64, _ item: Case, as state: Case.State) throws(Failure) {
        var item = item
        item.state = state
        try cases.set(number, item)
        try byDeadline.remove(number, under: item.deadline)
        for name in item.asked where !item.signed.contains(name) { try waitingFor.remove(number, under: name) }
        try decided.emit(item)
    }

    private static func note(_ what: Text, in number: UInt64) throws(Failure) {
        try history.append(Act(what: what, organization: Caller.organization, at: Block.time), to: number)
    }
}
