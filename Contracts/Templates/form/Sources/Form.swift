// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// One contract for every registry that can be written down as a form: it interprets the compiled form it was started
/// with.
///
/// Its methods are the form's: `create`, `change`, one for each transition, and views. The description that goes with
/// the module, made by the form compiler, names them with their typed arguments.
/// - Spec: KIT-16, KIT-17.
public struct Form: Contract {
    static let form = Cell<Bytes>("form")
    static let groups = Members<Pair<Text, Text>>("group")
    static let records = Map<Verbatim, Verbatim>("record")
    static let history = Journal<Verbatim, FormStep>("history")
    static let signatures = Members<Pair<Text, Text>>("signature")
    static let signatureCount = Map<Text, UInt64>("signatures")
    static let changed = Event<FormStep>("changed")

    static let exists = Failure(1)
    static let unknown = Failure(2)
    static let notAllowed = Failure(3)
    static let wrongState = Failure(4)
    static let outOfRange = Failure(5)
    static let signedAlready = Failure(6)
    static let onlyOperator = Failure(7)
    static let unknownGroup = Failure(8)
    static let tooLate = Failure(9)
    static let tooEarly = Failure(10)

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("form", version: 1, zh: "表单登记", en: "Registry by form")
        contract.state(form, zh: "编译后的表单", en: "The compiled form")
        contract.state(groups, zh: "各组的机构", en: "Organisations of each group")
        contract.state(records, zh: "登记的记录", en: "Records")
        contract.state(history, zh: "记录的经过", en: "What happened to a record")
        contract.event(changed, zh: "记录有变动", en: "A record was changed")
        contract.failure(exists, "exists", zh: "记录已存在", en: "There is such a record already")
        contract.failure(unknown, "unknown", zh: "没有这条记录", en: "There is no such record")
        contract.failure(notAllowed, "not-allowed", zh: "你的机构无权这样做", en: "Your organisation may not do this")
        contract.failure(wrongState, "wrong-state", zh: "记录的状态不允许", en: "Not in the record's present state")
        contract.failure(outOfRange, "out-of-range", zh: "字段的值不符合要求", en: "A field's value is out of bounds")
        contract.failure(signedAlready, "signed-already", zh: "你的机构已签署", en: "Your organisation has signed already")
        contract.failure(onlyOperator, "only-operator", zh: "只有运营机构可以这样做", en: "Only the operator may")
        contract.failure(unknownGroup, "unknown-group", zh: "表单中没有这个组", en: "The form has no such group")
        contract.failure(tooLate, "too-late", zh: "期限已过", en: "The time for this has passed")
        contract.failure(tooEarly, "too-early", zh: "时间未到", en: "It is too early for this")
        try contract.start(takes: Field<Bytes>("form", zh: "编译后的表单", en: "The compiled form"), do: start)
        let group = Field<Text>("group", zh: "组", en: "Group")
        let organization = Field<Text>("organization", zh: "机构", en: "Organisation")
        try contract.method(
            "join", .change, zh: "将机构加入组", en: "Adds an organisation to a group", takes: group, organization, do: join)
        try contract.method(
            "leave", .change, zh: "将机构移出组", en: "Takes an organisation out of a group", takes: group, organization,
            do: leave)
        try contract.otherwise(do: interpret)
    }

    static func start(_ bytes: Bytes) throws(Failure) {
        _ = try FormPlan(decoding: bytes)
        try form.set(bytes)
    }

    static func join(_ group: Text, _ organization: Text) throws(Failure) {
        try requireOperator(of: group)
        try groups.insert(Pair(group, organization))
    }

    static func leave(_ group: Text, _ organization: Text) throws(Failure) {
        try requireOperator(of: group)
        try groups.remove(Pair(group, organization))
    }

    private static func requireOperator(of group: Text) throws(Failure) {
        let plan = try plan()
        if plan.operatorName != Caller.organization { throw onlyOperator }
        if !plan.groups.contains(group) { throw unknownGroup }
    }

    static func plan() throws(Failure) -> FormPlan {
        guard let bytes = try form.get() else { throw .notNow }
        return try FormPlan(decoding: bytes)
    }

    /// Finds a method in the form.
    private static func interpret(_ method: Text) throws(Failure) {
        let plan = try plan()
        var reader = Reader(Call.argument)
        switch method {
        case "create": try create(plan, &reader)
        case "change": try change(plan, &reader)
        case "get": try get(plan, &reader)
        case "history": try past(plan, &reader)
        case "in-state": try inState(plan, &reader)
        default:
            for step in plan.transitions where step.name == method { return try move(step, plan, &reader) }
            for field in plan.fields where field.isIndexed && "by-" + field.name == method {
                return try list(by: field, plan, &reader)
            }
            throw .unknownMethod
        }
    }
}
