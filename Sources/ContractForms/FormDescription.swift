// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// The description of a form's contract: the schema every contract has (KIT-10), with the form's own words.
/// - Spec: KIT-17.
struct FormDescription {
    let plan: FormPlan
    /// The compiled form as the start takes it: nobody has to give it.
    let start: [UInt8]
    let built: String

    private var key: FormPlan.Field { plan.fields[plan.key] }

    var json: String {
        FormJSON.object([
            ("built", FormJSON.string(built)), ("errors", FormJSON.array(FormDescription.errors)),
            (
                "events",
                FormJSON.array([item("changed", "记录有变动", "A record was changed", FormDescription.step, "body")])
            ),
            ("kit", "1"), ("methods", FormJSON.array(changes + views)), ("migrates", "false"),
            ("name", FormJSON.string(plan.name)),
            ("start", FormJSON.array([startItem])),
            ("state", FormJSON.array(state)),
            (
                "title",
                FormJSON.object([("en", FormJSON.string(plan.titles.en)), ("zh", FormJSON.string(plan.titles.zh))])
            ), ("version", String(plan.version)),
        ])
    }

    /// The interpreter's own failures, one for one (Contracts/Templates/form).
    private static let errors: [String] = [
        ("exists", "记录已存在", "There is such a record already"), ("unknown", "没有这条记录", "There is no such record"),
        ("not-allowed", "你的机构无权这样做", "Your organisation may not do this"),
        ("wrong-state", "记录的状态不允许", "Not in the record's present state"),
        ("out-of-range", "字段的值不符合要求", "A field's value is out of bounds"),
        ("signed-already", "你的机构已签署", "Your organisation has signed already"),
        ("only-operator", "只有运营机构可以这样做", "Only the operator may"),
        ("unknown-group", "表单中没有这个组", "The form has no such group"),
        ("too-late", "期限已过", "The time for this has passed"), ("too-early", "时间未到", "It is too early for this"),
    ].enumerated().map { place, error in
        FormJSON.object([
            ("code", String(place + 1)), ("en", FormJSON.string(error.2)), ("name", FormJSON.string(error.0)),
            ("zh", FormJSON.string(error.1)),
        ])
    }

    private static let step = FormJSON.record(
        "step",
        [
            ("action", "\"text\""), ("key", "\"bytes\""), ("organization", "\"text\""), ("member", "\"text\""),
            ("at", "\"moment\""),
        ])

    private func type(_ field: FormPlan.Field) -> String {
        field.kind == .choice ? FormJSON.choice(field.choices) : FormJSON.string(field.kind.word)
    }

    private func maybe(_ type: String) -> String { FormJSON.object([("optional", type)]) }

    private var stateType: String { FormJSON.choice(plan.states.map(\.name)) }

    private var record: String {
        let head = [
            ("state", stateType), ("creator", "\"text\""), ("created", "\"moment\""), ("changed", "\"moment\""),
        ]
        return FormJSON.record(
            "record", head + plan.fields.map { ($0.name, $0.isRequired ? type($0) : maybe(type($0))) })
    }

    private var page: String {
        FormJSON.object([("list", FormJSON.record("found", [("key", type(key)), ("cursor", "\"bytes\"")]))])
    }

    private func item(_ name: String, _ zh: String, _ en: String, _ type: String, _ typed: String = "type") -> String {
        FormJSON.object([
            (typed, type), ("en", FormJSON.string(en)), ("name", FormJSON.string(name)), ("zh", FormJSON.string(zh)),
        ])
    }

    private var startItem: String {
        FormJSON.object([
            ("type", FormJSON.string("bytes")), ("en", FormJSON.string("The compiled form")),
            ("name", FormJSON.string("form")), ("value", FormJSON.string(Hex.encode(start))),
            ("zh", FormJSON.string("编译后的表单")),
        ])
    }

    private func item(_ field: FormPlan.Field, isOptional: Bool) -> String {
        item(field.name, field.titles.zh, field.titles.en, isOptional ? maybe(type(field)) : type(field))
    }

    private func method(
        _ name: String, _ kind: String, _ zh: String, _ en: String, _ arguments: [String], answer: String = "null"
    ) -> String {
        FormJSON.object([
            ("answer", answer), ("arguments", FormJSON.array(arguments)), ("en", FormJSON.string(en)),
            ("kind", FormJSON.string(kind)), ("name", FormJSON.string(name)), ("zh", FormJSON.string(zh)),
        ])
    }

    private var changes: [String] {
        let party = [item("group", "组", "Group", "\"text\""), item("organization", "机构", "Organisation", "\"text\"")]
        var methods = [
            method("join", "change", "将机构加入组", "Adds an organisation to a group", party),
            method("leave", "change", "将机构移出组", "Takes an organisation out of a group", party),
            method(
                "create", "change", "登记", "Makes a record", plan.fields.map { item($0, isOptional: !$0.isRequired) }),
        ]
        if !plan.changedIn.isEmpty {
            let open = plan.fields.filter { !$0.isFixed }.map { item($0, isOptional: true) }
            methods.append(
                method(
                    "change", "change", "修改（未给出的字段不变）", "Changes the fields that are given",
                    [item(key, isOptional: false)] + open))
        }
        for step in plan.transitions {
            let sets = step.sets.map { plan.fields[$0] }.map { item($0, isOptional: !$0.isRequired) }
            methods.append(
                method(step.name, "change", step.titles.zh, step.titles.en, [item(key, isOptional: false)] + sets))
        }
        return methods
    }

    private var views: [String] {
        let after = item("after", "上一页的游标", "Cursor of the page before", maybe("\"bytes\""))
        let steps = FormJSON.object([("list", FormDescription.step)])
        let start = item("from", "起始序号", "First number", "\"number\"")
        var methods = [
            method("get", "view", "查询", "A record", [item(key, isOptional: false)], answer: maybe(record)),
            method(
                "history", "view", "经过", "What happened to a record", [item(key, isOptional: false), start],
                answer: steps),
            method(
                "in-state", "view", "按状态列出", "Records in a state", [item("state", "状态", "State", stateType), after],
                answer: page),
        ]
        for field in plan.fields where field.isIndexed {
            let bounds = [
                item("from", "从", "From", maybe(type(field))), item("below", "到（不含）", "Below", maybe(type(field))),
                after,
            ]
            methods.append(
                method(
                    "by-\(field.name)", "view", "按\(field.titles.zh)排列", "In the order of: \(field.titles.en)", bounds,
                    answer: page))
        }
        return methods
    }

    private var state: [String] {
        let pair = FormJSON.record("pair", [("first", "\"text\""), ("second", "\"text\"")])
        let key = type(key)
        let all: [(String, String, String, String, String, String)] = [
            ("form", "cell", "null", "\"bytes\"", "编译后的表单", "The compiled form"),
            ("group", "set", pair, "null", "各组的机构", "Organisations of each group"),
            ("record", "map", key, record, "登记的记录", "Records"),
            ("history", "journal", key, FormDescription.step, "记录的经过", "What happened to a record"),
            ("signature", "set", pair, "null", "签署", "Signatures under way"),
            ("signatures", "map", "\"text\"", "\"number\"", "签署数", "How many have signed"),
            ("in-state", "index", stateType, key, "按状态排列", "By state"),
        ]
        let indexes = plan.fields.filter(\.isIndexed).map { field in
            ("by-\(field.name)", "index", type(field), key, "按\(field.titles.zh)排列", "By: \(field.titles.en)")
        }
        return (all + indexes).map { name, holds, key, value, zh, en in
            FormJSON.object([
                ("en", FormJSON.string(en)), ("holds", FormJSON.string(holds)), ("key", key),
                ("name", FormJSON.string(name)), ("value", value), ("zh", FormJSON.string(zh)),
            ])
        }
    }
}
