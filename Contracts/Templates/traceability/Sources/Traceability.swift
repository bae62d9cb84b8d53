// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// Goods on their way: made, handed over with both signatures, split, merged, recalled; origin and descendants of each.
///
/// Parties are registered by the operator: an organisation that is not one holds nothing. Goods that were split or
/// merged are used up; what became of them points back to them. A recall of an item stops all that came of it.
public struct Traceability: Contract {
    static let operatorName = Cell<Text>("operator")
    static let parties = Members<Text>("party")
    static let items = Map<Text, Item>("item")
    static let children = Journal<Text, Text>("child")
    static let history = Journal<Text, Passage>("history")
    static let recalls = Map<Text, Text>("recall")
    static let heldBy = Index<Pair<Text, Text>, Nothing>("held-by")
    static let handedOver = Event<Text>("handed-over")
    static let recalled = Event<Text>("recalled")

    static let onlyOperator = Failure(1)
    static let notParty = Failure(2)
    static let exists = Failure(3)
    static let unknown = Failure(4)
    static let notHolder = Failure(5)
    static let notReceiver = Failure(6)
    static let notFree = Failure(7)
    static let wrongSum = Failure(8)
    static let unlike = Failure(9)
    static let isRecalled = Failure(10)
    static let tooMany = Failure(11)
    static let notMaker = Failure(12)

    /// The most parts of a split, sources of a merge.
    static let partsMax = 32
    /// The most items a walk through origins or descendants visits.
    static let visitsMax = 256

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("traceability", version: 1, zh: "追溯", en: "Traceability")
        contract.state(operatorName, zh: "运营机构", en: "The operating organisation")
        contract.state(parties, zh: "登记的参与机构", en: "Registered parties")
        contract.state(items, zh: "物品", en: "Items")
        contract.state(children, zh: "由物品产生的物品", en: "What came of an item")
        contract.state(history, zh: "物品的经过", en: "What happened to an item")
        contract.state(recalls, zh: "召回及理由", en: "Recalls and their reasons")
        contract.state(heldBy, zh: "机构持有的物品", en: "Items by holder")
        contract.event(handedOver, zh: "已交接", en: "An item was handed over")
        contract.event(recalled, zh: "已召回", en: "An item was recalled")
        failures(&contract)
        try contract.start(takes: Field<Text>("operator", zh: "运营机构", en: "Operating organisation"), do: start)
        try changes(&contract)
        try reshaping(&contract)
        try views(&contract)
    }

    private static func failures(_ contract: inout Declaration) {
        contract.failure(onlyOperator, "only-operator", zh: "只有运营机构可以这样做", en: "Only the operator may")
        contract.failure(notParty, "not-a-party", zh: "机构未登记", en: "The organisation is not registered")
        contract.failure(exists, "exists", zh: "物品编号已存在", en: "There is such an item already")
        contract.failure(unknown, "unknown", zh: "没有这个物品", en: "There is no such item")
        contract.failure(notHolder, "not-holder", zh: "物品不在你的机构", en: "Your organisation does not hold it")
        contract.failure(notReceiver, "not-receiver", zh: "物品不是交给你的机构的", en: "It is not offered to you")
        contract.failure(notFree, "not-free", zh: "物品正在交接或已用尽", en: "It is on its way or used up")
        contract.failure(wrongSum, "wrong-sum", zh: "各部分数量之和不等于原数量", en: "The parts are not the whole")
        contract.failure(unlike, "unlike", zh: "不同种类的物品不能合并", en: "Unlike goods cannot be merged")
        contract.failure(isRecalled, "recalled", zh: "物品或其来源已被召回", en: "It or its origin is recalled")
        contract.failure(tooMany, "too-many", zh: "相关物品过多", en: "Too many items in one call")
        contract.failure(notMaker, "not-maker", zh: "只有生产机构或运营机构可以召回", en: "Only maker or operator may recall")
    }

    private static func changes(_ contract: inout Declaration) throws(Failure) {
        let item = Field<Text>("item", zh: "物品编号", en: "Item")
        let party = Field<Text>("organization", zh: "机构", en: "Organisation")
        try contract.method("register", .change, zh: "登记机构", en: "Registers a party", takes: party, do: register)
        try contract.method("strike", .change, zh: "注销机构", en: "Strikes a party off", takes: party, do: strike)
        try contract.method(
            "make", .change, zh: "生产", en: "Makes an item", takes: item,
            Field<Text>("kind", zh: "种类", en: "Kind"), Field<UInt64>("quantity", zh: "数量", en: "Quantity"), do: make)
        try contract.method(
            "offer", .change, zh: "交出", en: "Offers an item to a party", takes: item,
            Field<Text>("to", zh: "接收机构", en: "Receiver"), do: offer)
        try contract.method("accept", .change, zh: "接收", en: "Accepts an offered item", takes: item, do: accept)
        try contract.method(
            "decline", .change, zh: "拒收或收回", en: "Declines an offer, or takes it back", takes: item, do: decline)
        try contract.method(
            "recall", .change, zh: "召回", en: "Recalls an item and all that came of it", takes: item,
            Field<Text>("reason", zh: "理由", en: "Reason"), do: recall)
    }

    private static func reshaping(_ contract: inout Declaration) throws(Failure) {
        try contract.method(
            "split", .change, zh: "拆分", en: "Splits an item", takes: Field<Text>("item", zh: "物品编号", en: "Item"),
            Field<[Part]>("parts", zh: "各部分", en: "Parts"), do: split)
        try contract.method(
            "merge", .change, zh: "合并", en: "Merges items of one kind",
            takes: Field<[Text]>("items", zh: "物品编号", en: "Items"),
            Field<Text>("into", zh: "新物品编号", en: "New item"), do: merge)
    }

    private static func views(_ contract: inout Declaration) throws(Failure) {
        let item = Field<Text>("item", zh: "物品编号", en: "Item")
        try contract.method("item", .view, zh: "查询物品", en: "An item", takes: item, do: find)
        try contract.method(
            "history", .view, zh: "经过", en: "What happened to an item", takes: item,
            Field<UInt64>("from", zh: "起始序号", en: "First number"), do: past)
        try contract.method(
            "origin", .view, zh: "来源", en: "What it was made of, at the very start", takes: item, do: origin)
        try contract.method("descendants", .view, zh: "去向", en: "All that came of it", takes: item, do: descendants)
        try contract.method("recalls", .view, zh: "召回理由", en: "Why it is recalled", takes: item, do: recallReasons)
        try contract.method(
            "held", .view, zh: "机构持有的物品", en: "Items an organisation holds",
            takes: Field<Text>("organization", zh: "机构", en: "Organisation"),
            Field<Bytes?>("after", zh: "上一页的游标", en: "Cursor of the page before"), do: held)
    }
}
