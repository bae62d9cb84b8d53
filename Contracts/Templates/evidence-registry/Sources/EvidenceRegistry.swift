// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// A registry of evidence: what was deposited, by whom, when; notes to it; its nullification, which deletes nothing.
///
/// A digest belongs to the first organisation that deposits it. Everything that ever happened to it stays in its
/// history.
public struct EvidenceRegistry: Contract {
    static let records = Map<Digest, Evidence>("record")
    static let history = Journal<Digest, Step>("history")
    static let byTime = Index<Moment, Digest>("by-time")
    static let byOwner = Index<Pair<Text, Moment>, Digest>("by-owner")
    static let deposited = Event<Digest>("deposited")
    static let nullified = Event<Digest>("nullified")

    static let exists = Failure(1)
    static let unknown = Failure(2)
    static let notYours = Failure(3)
    static let isNull = Failure(4)
    static let pageLimit: UInt64 = 100

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("evidence-registry", version: 1, zh: "存证登记", en: "Evidence registry")
        contract.state(records, zh: "按摘要存放的记录", en: "Records by digest")
        contract.state(history, zh: "每条记录的历史", en: "The history of each record")
        contract.state(byTime, zh: "按时间排列", en: "By time")
        contract.state(byOwner, zh: "按机构和时间排列", en: "By organisation and time")
        contract.event(deposited, zh: "已存证", en: "Evidence was deposited")
        contract.event(nullified, zh: "已作废", en: "Evidence was nullified")
        contract.failure(exists, "exists", zh: "该摘要已存证", en: "This digest is deposited already")
        contract.failure(unknown, "unknown", zh: "没有这条记录", en: "There is no such record")
        contract.failure(notYours, "not-yours", zh: "只有存证机构可以这样做", en: "Only the depositing organisation may")
        contract.failure(isNull, "nullified", zh: "该记录已作废", en: "This record is nullified")
        try changes(&contract)
        try views(&contract)
    }

    private static func changes(_ contract: inout Declaration) throws(Failure) {
        let digest = Field<Digest>("digest", zh: "SM3 摘要", en: "SM3 digest")
        try contract.method(
            "deposit", .change, zh: "存证", en: "Deposits evidence", takes: digest,
            Field<Text>("title", zh: "名称", en: "Title"), Field<UInt64>("size", zh: "字节数", en: "Size in bytes"),
            do: deposit)
        try contract.method(
            "annotate", .change, zh: "加注", en: "Adds a note", takes: digest,
            Field<Text>("note", zh: "注释", en: "Note"), do: annotate)
        try contract.method(
            "nullify", .change, zh: "作废", en: "Nullifies a record", takes: digest,
            Field<Text>("reason", zh: "理由", en: "Reason"), do: nullify)
    }

    private static func views(_ contract: inout Declaration) throws(Failure) {
        try contract.method(
            "find", .view, zh: "查询", en: "Finds a record",
            takes: Field<Digest>("digest", zh: "SM3 摘要", en: "SM3 digest"), do: find)
        try contract.method(
            "history", .view, zh: "历史", en: "What happened to a record",
            takes: Field<Digest>("digest", zh: "SM3 摘要", en: "SM3 digest"),
            Field<UInt64>("from", zh: "起始序号", en: "First number"), do: past)
        try contract.method(
            "between", .view, zh: "按时间查询", en: "Digests deposited in a span of time",
            takes: Field<Moment>("from", zh: "从", en: "From"), Field<Moment>("below", zh: "到（不含）", en: "Below"),
            Field<Bytes?>("after", zh: "上一页的游标", en: "Cursor of the page before"), do: between)
        try contract.method(
            "deposited-by", .view, zh: "按机构查询", en: "Digests an organisation deposited, newest first",
            takes: Field<Text>("organization", zh: "机构", en: "Organisation"),
            Field<Bytes?>("after", zh: "上一页的游标", en: "Cursor of the page before"), do: depositedBy)
    }

    static func deposit(_ digest: Digest, _ title: Text, _ size: UInt64) throws(Failure) {
        if try records.contains(digest) { throw exists }
        let owner = Caller.organization
        let now = Block.time
        try records.set(digest, Evidence(title: title, size: size, owner: owner, deposited: now, isNullified: false))
        try byTime.insert(digest, under: now)
        try byOwner.insert(digest, under: Pair(owner, now))
        try write(.deposited, title, about: digest)
        try deposited.emit(digest)
    }

    static func annotate(_ digest: Digest, _ note: Text) throws(Failure) {
        _ = try own(digest)
        try write(.annotated, note, about: digest)
    }

    static func nullify(_ digest: Digest, _ reason: Text) throws(Failure) {
        var record = try own(digest)
        record.isNullified = true
        try records.set(digest, record)
        try write(.nullified, reason, about: digest)
        try nullified.emit(digest)
    }

    static func find(_ digest: Digest) throws(Failure) -> Evidence? { try records.get(digest) }

    static func past(_ digest: Digest, _ start: UInt64) throws(Failure) -> [Step] {
        try history.entries(of: digest, from: start, limit: pageLimit)
    }

    static func between(_ from: Moment, _ below: Moment, _ after: Bytes?) throws(Failure) -> [Found] {
        var found: [Found] = []
        for entry in try byTime.page(from: from, below: below, limit: pageLimit, after: after) {
            found.append(Found(digest: entry.item, cursor: entry.cursor))
        }
        return found
    }

    static func depositedBy(_ owner: Text, _ after: Bytes?) throws(Failure) -> [Found] {
        let first = Pair(owner, Moment(0))
        let last = Pair(owner, Moment(.max))
        var found: [Found] = []
        for entry in try byOwner.page(from: first, below: last, isBackwards: true, limit: pageLimit, after: after) {
            found.append(Found(digest: entry.item, cursor: entry.cursor))
        }
        return found
    }

    /// The caller's own record, not nullified.
    private static func own(_ digest: Digest) throws(Failure) -> Evidence {
        let record = try records.get(digest, or: unknown)
        if record.owner != Caller.organization { throw notYours }
        if record.isNullified { throw isNull }
        return record
    }

    private static func write(_ kind: Step.Kind, _ text: Text, about digest: Digest) throws(Failure) {
        try history.append(Step(kind: kind, text: text, member: Caller.member, at: Block.time), to: digest)
    }
}
