// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// A registry of evidence: what was deposited, by whom, when; notes to it; its nullification, which deletes nothing.
///
/// A digest belongs to the first organisation that deposits it. Everything that ever happened to it stays in its
/// history. Deposits come in the order of their times, so a number each is all the order there needs to be: to list a
/// span of time, its first number is looked for by halves; to list an organisation's, each record names the one before.
/// A deposit writes four keys, three of which it shares with its neighbours; two indexes would write ten.
public struct EvidenceRegistry: Contract {
    static let records = Map<Digest, Evidence>("record")
    static let history = Journal<Digest, Step>("history")
    /// The newest digests, until they are a page.
    static let tail = Cell<Tail>("tail")
    /// Digests by number, sixteen to a page: number 1 is the first of page 0.
    static let pages = Map<UInt64, DigestRun>("page")
    static let latest = Map<Text, UInt64>("latest")
    static let deposited = Event<Digest>("deposited")
    static let nullified = Event<Digest>("nullified")

    static let exists = Failure(1)
    static let unknown = Failure(2)
    static let notYours = Failure(3)
    static let isNull = Failure(4)
    static let pageLimit: UInt64 = 100
    static let pageSize = 16

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("evidence-registry", version: 1, zh: "存证登记", en: "Evidence registry")
        contract.state(records, zh: "按摘要存放的记录", en: "Records by digest")
        contract.state(history, zh: "每条记录存证之后的历史", en: "What happened to each record after its deposit")
        contract.state(tail, zh: "尚未满页的最新摘要", en: "The newest digests, not a page yet")
        contract.state(pages, zh: "按序号存放的摘要，每页 16 个", en: "Digests by number, sixteen to a page")
        contract.state(latest, zh: "各机构最近一次存证的序号", en: "The number of each organisation's newest deposit")
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
        let number = try next(digest)
        let record = Evidence(
            title: title, size: size, owner: owner, member: Caller.member, deposited: Block.time, isNullified: false,
            number: number, previous: try latest.get(owner) ?? 0)
        try records.set(digest, record)
        try latest.set(owner, number)
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
        guard let record = try records.get(digest) else { return [] }
        if start > 0 { return try history.entries(of: digest, from: start - 1, limit: pageLimit) }
        let first = Step(kind: .deposited, text: record.title, member: record.member, at: record.deposited)
        return [first] + (try history.entries(of: digest, from: 0, limit: pageLimit - 1))
    }

    static func between(_ from: Moment, _ below: Moment, _ after: Bytes?) throws(Failure) -> [Found] {
        let newest = try tail.get() ?? Tail()
        let last = newest.last
        var number: UInt64
        if let after {
            number = try UInt64(decoding: after).plus(1)
        } else {
            number = try first(from: from, upTo: newest)
        }
        var found: [Found] = []
        while number <= last, UInt64(truncatingIfNeeded: found.count) < pageLimit {
            let (digest, record) = try entry(number, newest)
            if record.deposited >= below { break }
            found.append(Found(digest: digest, cursor: number.encoded))
            number += 1
        }
        return found
    }

    static func depositedBy(_ owner: Text, _ after: Bytes?) throws(Failure) -> [Found] {
        let newest = try tail.get() ?? Tail()
        var number: UInt64
        if let after {
            number = try UInt64(decoding: after)
            if number == 0 || number > newest.last { throw .malformed }
            let record = try entry(number, newest).record
            if record.owner != owner { throw .malformed }
            number = record.previous
        } else {
            number = try latest.get(owner) ?? 0
        }
        var found: [Found] = []
        while number > 0, UInt64(truncatingIfNeeded: found.count) < pageLimit {
            let (digest, record) = try entry(number, newest)
            found.append(Found(digest: digest, cursor: number.encoded))
            number = record.previous
        }
        return found
    }

    /// Gives a digest the next number.
    private static func next(_ digest: Digest) throws(Failure) -> UInt64 {
        var newest = try tail.get() ?? Tail()
        if newest.digests.count == pageSize {
            try pages.set(newest.page, newest.digests)
            newest = Tail(page: newest.page + 1)
        }
        newest.digests.append(digest)
        try tail.set(newest)
        return newest.last
    }

    private static func entry(
        _ number: UInt64, _ newest: Tail
    ) throws(Failure) -> (digest: Digest, record: Evidence) {
        let index = (number - 1) / UInt64(pageSize)
        let page = index == newest.page ? newest.digests : try pages.get(index, or: .stateMismatch)
        let place = Int(truncatingIfNeeded: (number - 1) % UInt64(pageSize))
        guard place < page.count else { throw .stateMismatch }
        let digest = try page.digest(at: place)
        return (digest, try records.get(digest, or: .stateMismatch))
    }

    /// The first number that was deposited at a time or later; one beyond the last where none was.
    private static func first(from time: Moment, upTo newest: Tail) throws(Failure) -> UInt64 {
        var (low, high) = (UInt64(1), newest.last + 1)
        while low < high {
            let middle = low + (high - low) / 2
            if try entry(middle, newest).record.deposited < time { low = middle + 1 } else { high = middle }
        }
        return low
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
