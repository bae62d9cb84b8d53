// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// Double entry: every posting takes from one account what it gives to another, so all balances together are always
/// zero.
///
/// Accounts belong to organisations. Money enters through issuing accounts, which only the operator opens and which may
/// go below zero; every other account may not. A hold sets an amount aside until the payee takes it or it lapses.
public struct Ledger: Contract {
    static let operatorName = Cell<Text>("operator")
    static let accounts = Map<Text, Account>("account")
    static let holds = Map<UInt64, Hold>("hold")
    static let lastHold = Counter("last-hold")
    static let postings = Journal<Text, Posting>("posting")
    static let posted = Event<Posting>("posted")

    static let exists = Failure(1)
    static let unknownAccount = Failure(2)
    static let notYours = Failure(3)
    static let tooLittle = Failure(4)
    static let unknownHold = Failure(5)
    static let notAnAmount = Failure(6)
    static let onlyOperator = Failure(7)
    static let stillHeld = Failure(8)
    static let lapsed = Failure(9)
    static let sameAccount = Failure(10)

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("ledger", version: 1, zh: "复式记账", en: "Double-entry ledger")
        contract.state(operatorName, zh: "运营机构", en: "The operating organisation")
        contract.state(accounts, zh: "账户", en: "Accounts")
        contract.state(holds, zh: "冻结款项", en: "Amounts set aside")
        contract.state(lastHold, zh: "最近的冻结编号", en: "Number of the last hold")
        contract.state(postings, zh: "每个账户的分录", en: "Postings of each account")
        contract.event(posted, zh: "已记账", en: "An amount was posted")
        failures(&contract)
        try contract.start(takes: Field<Text>("operator", zh: "运营机构", en: "Operating organisation"), do: start)
        try changes(&contract)
        try holding(&contract)
        try contract.method(
            "account", .view, zh: "查询账户", en: "An account",
            takes: Field<Text>("account", zh: "账户", en: "Account"), do: account)
        try contract.method(
            "postings", .view, zh: "查询分录", en: "An account's postings",
            takes: Field<Text>("account", zh: "账户", en: "Account"),
            Field<UInt64>("from", zh: "起始序号", en: "First number"), do: postingsFrom)
    }

    private static func failures(_ contract: inout Declaration) {
        contract.failure(exists, "exists", zh: "账户已存在", en: "The account exists")
        contract.failure(unknownAccount, "unknown-account", zh: "没有这个账户", en: "There is no such account")
        contract.failure(notYours, "not-yours", zh: "账户不属于你的机构", en: "Not your organisation's to dispose of")
        contract.failure(tooLittle, "too-little", zh: "可用余额不足", en: "The account has too little to spare")
        contract.failure(unknownHold, "unknown-hold", zh: "没有这笔冻结", en: "There is no such hold")
        contract.failure(notAnAmount, "not-an-amount", zh: "金额无效", en: "Not an amount")
        contract.failure(onlyOperator, "only-operator", zh: "只有运营机构可以这样做", en: "Only the operator may")
        contract.failure(stillHeld, "still-held", zh: "冻结尚未到期", en: "The hold has not lapsed yet")
        contract.failure(lapsed, "lapsed", zh: "冻结已到期", en: "The hold has lapsed")
        contract.failure(sameAccount, "same-account", zh: "付款与收款是同一账户", en: "Payer and payee are one account")
    }

    private static func changes(_ contract: inout Declaration) throws(Failure) {
        let account = Field<Text>("account", zh: "账户", en: "Account")
        try contract.method("open", .change, zh: "开户", en: "Opens an account", takes: account, do: open)
        try contract.method(
            "open-issuing", .change, zh: "开立发行账户", en: "Opens an issuing account", takes: account, do: openIssuing)
        try contract.method(
            "transfer", .change, zh: "转账", en: "Transfers an amount",
            takes: Field<Text>("from", zh: "付款账户", en: "Payer"), Field<Text>("to", zh: "收款账户", en: "Payee"),
            Field<UInt64>("amount", zh: "金额（最小单位）", en: "Amount in the smallest unit"),
            Field<Text>("memo", zh: "摘要", en: "Memo"), do: transfer)
    }

    private static func holding(_ contract: inout Declaration) throws(Failure) {
        let number = Field<UInt64>("hold", zh: "冻结编号", en: "Number of the hold")
        try contract.method(
            "hold", .change, zh: "冻结", en: "Sets an amount aside for a payee",
            takes: Field<Text>("from", zh: "付款账户", en: "Payer"), Field<Text>("to", zh: "收款账户", en: "Payee"),
            Field<UInt64>("amount", zh: "金额（最小单位）", en: "Amount in the smallest unit"),
            Field<Moment>("until", zh: "到期时间", en: "Lapses at"), do: hold)
        try contract.method("capture", .change, zh: "扣款", en: "The payee takes a hold", takes: number, do: capture)
        try contract.method(
            "release", .change, zh: "解冻", en: "The payee gives up a hold, or anyone ends a lapsed one", takes: number,
            do: release)
        try contract.method("held", .view, zh: "查询冻结", en: "A hold", takes: number, do: held)
    }

    static func start(_ name: Text) throws(Failure) { try operatorName.set(name) }

    static func open(_ name: Text) throws(Failure) { try add(name, isIssuing: false) }

    static func openIssuing(_ name: Text) throws(Failure) {
        if try operatorName.get() != Caller.organization { throw onlyOperator }
        try add(name, isIssuing: true)
    }

    static func account(_ name: Text) throws(Failure) -> Account? { try accounts.get(name) }

    static func held(_ number: UInt64) throws(Failure) -> Hold? { try holds.get(number) }

    static func postingsFrom(_ name: Text, _ start: UInt64) throws(Failure) -> [Posting] {
        try postings.entries(of: name, from: start, limit: 100)
    }

    static func transfer(_ from: Text, _ to: Text, _ amount: UInt64, _ memo: Text) throws(Failure) {
        let payer = try own(from)
        let amount = try checked(amount)
        if try payer.spare() < amount { throw tooLittle }
        try post(from, to, amount, memo)
    }

    static func hold(_ from: Text, _ to: Text, _ amount: UInt64, _ until: Moment) throws(Failure) -> UInt64 {
        var payer = try own(from)
        if from == to { throw sameAccount }
        if until <= Block.time { throw lapsed }
        _ = try accounts.get(to, or: unknownAccount)
        let amount = try checked(amount)
        if try payer.spare() < amount { throw tooLittle }
        payer.held = try Ledger.sum(payer.held, amount)
        try accounts.set(from, payer)
        let number = try lastHold.next()
        try holds.set(number, Hold(from: from, to: to, amount: amount, until: until))
        return number
    }

    static func capture(_ number: UInt64) throws(Failure) {
        let hold = try holds.get(number, or: unknownHold)
        _ = try own(hold.to)
        if hold.until <= Block.time { throw lapsed }
        try end(number, hold)
        try post(hold.from, hold.to, hold.amount, "hold " + Text(number))
    }

    static func release(_ number: UInt64) throws(Failure) {
        let hold = try holds.get(number, or: unknownHold)
        let payee = try accounts.get(hold.to, or: unknownAccount)
        if payee.owner != Caller.organization, Block.time < hold.until { throw stillHeld }
        try end(number, hold)
    }

    private static func end(_ number: UInt64, _ hold: Hold) throws(Failure) {
        var payer = try accounts.get(hold.from, or: unknownAccount)
        payer.held = try Ledger.sum(payer.held, -hold.amount)
        try accounts.set(hold.from, payer)
        try holds.remove(number)
    }

    private static func add(_ name: Text, isIssuing: Bool) throws(Failure) {
        if try accounts.contains(name) { throw exists }
        try accounts.set(name, Account(owner: Caller.organization, isIssuing: isIssuing, balance: 0, held: 0))
    }

    private static func own(_ name: Text) throws(Failure) -> Account {
        let account = try accounts.get(name, or: unknownAccount)
        if account.owner != Caller.organization { throw notYours }
        return account
    }

    private static func checked(_ amount: UInt64) throws(Failure) -> Int64 {
        guard amount > 0, amount <= UInt64(Int64.max) else { throw notAnAmount }
        return Int64(amount)
    }

    /// The only place that changes balances: what one loses the other gains.
    private static func post(_ from: Text, _ to: Text, _ amount: Int64, _ memo: Text) throws(Failure) {
        if from == to { throw sameAccount }
        var payer = try accounts.get(from, or: unknownAccount)
        var payee = try accounts.get(to, or: unknownAccount)
        payer.balance = try Ledger.sum(payer.balance, -amount)
        payee.balance = try Ledger.sum(payee.balance, amount)
        try accounts.set(from, payer)
        try accounts.set(to, payee)
        let posting = Posting(from: from, to: to, amount: amount, memo: memo, at: Block.time)
        try postings.append(posting, to: from)
        try postings.append(posting, to: to)
        try posted.emit(posting)
    }

    static func sum(_ left: Int64, _ right: Int64) throws(Failure) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .overflow }
        return sum
    }
}
