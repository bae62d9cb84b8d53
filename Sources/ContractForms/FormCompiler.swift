// SPDX-License-Identifier: Apache-2.0

/// Turns a form into what the `form` contract is started with, and the description that goes with its module.
///
/// - Spec: KIT-16 (bytes), KIT-17 (methods), KIT-18 (what a form says).
package struct FormCompiler {
    private var groups: [String] = []
    private var fields: [FormPlan.Field] = []
    private var states: [FormPlan.State] = []

    /// What a form becomes.
    package struct Product: Sendable {
        package let name: String
        /// The compiled form itself. The contract's start takes it as its one argument, of type bytes.
        package let form: [UInt8]
        /// The start's argument bytes: the form behind its length.
        package let startArgument: [UInt8]
        /// Canonical JSON for the custom section `jd.description`.
        package let description: String
    }

    /// - Parameter built: what built the module the description is for, as that module's own description says.
    /// - Throws: the first flaw, with its place in the file.
    package static func compile(_ tree: FormTree, built: String) throws(FormFlaw) -> Product {
        var compiler = FormCompiler()
        let plan = try compiler.plan(tree)
        let form = plan.bytes
        let description = FormDescription(plan: plan, built: built).json
        guard form.count <= 60_000 else { throw FormFlaw(path: "", reason: "is larger than a contract's start takes") }
        guard description.utf8.count <= 65_536 else { throw FormFlaw(path: "", reason: "its titles are too long") }
        var start: [UInt8] = []
        var rest = form.count
        while rest > 0x7f {
            start.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        start.append(UInt8(rest))
        return Product(name: plan.name, form: form, startArgument: start + form, description: description)
    }

    private mutating func plan(_ tree: FormTree) throws(FormFlaw) -> FormPlan {
        var reader = try FormReader(tree, at: "")
        let name = try reader.word("name")
        let version = try reader.number("version", or: 1)
        let titles = try reader.titles()
        let operatorName = try reader.text("operator", max: 64)
        for (tree, path) in try reader.list("groups", max: 32) {
            groups.append(try unused(FormReader.word(tree, at: path), among: groups, path))
        }
        for (tree, path) in try reader.list("fields", max: 64) { fields.append(try field(tree, path)) }
        for (tree, path) in try reader.list("states", max: 32) { states.append(try state(tree, path)) }
        if states.isEmpty { throw FormFlaw(path: "states", reason: "name at least one") }
        let key = try key(&reader)
        var create = try FormReader(reader.tree("create"), at: "create")
        let createdBy = try whos(&create, "by", isCreating: true)
        let firstState = try stateNumber(create.tree("state"), "create.state")
        try create.finish()
        var changedBy: [FormPlan.Who] = []
        var changedIn: [Int] = []
        if let tree = reader.optional("change") {
            var change = try FormReader(tree, at: "change")
            changedBy = try whos(&change, "by")
            for (tree, path) in try change.list("in", max: 32) { changedIn.append(try stateNumber(tree, path)) }
            try change.finish()
        }
        var transitions: [FormPlan.Transition] = []
        for (tree, path) in try reader.list("transitions", max: 64) {
            let step = try transition(tree, path)
            _ = try unused(step.name, among: FormCompiler.ownMethods + transitions.map(\.name), path + ".name")
            if step.name.hasPrefix("by-") {
                throw FormFlaw(path: path + ".name", reason: "by- begins the views' names")
            }
            transitions.append(step)
        }
        try reader.finish()
        return FormPlan(
            name: name, version: version, titles: titles, operatorName: operatorName, groups: groups, fields: fields,
            key: key, states: states, createdBy: createdBy, firstState: firstState, changedBy: changedBy,
            changedIn: changedIn, transitions: transitions)
    }

    /// Methods every form has.
    static let ownMethods = ["create", "change", "get", "history", "in-state", "join", "leave"]

    private func unused(_ name: String, among names: [String], _ path: String) throws(FormFlaw) -> String {
        if names.contains(name) { throw FormFlaw(path: path, reason: "'\(name)' is taken already") }
        return name
    }

    private func field(_ tree: FormTree, _ path: String) throws(FormFlaw) -> FormPlan.Field {
        var reader = try FormReader(tree, at: path)
        let name = try unused(reader.word("name"), among: fields.map(\.name), path + ".name")
        let word = try reader.word("type")
        guard let kind = FormPlan.Kind.allCases.first(where: { $0.word == word }) else {
            let known = FormPlan.Kind.allCases.map(\.word).joined(separator: ", ")
            throw FormFlaw(path: path + ".type", reason: "'\(word)' is none of \(known)")
        }
        var choices: [String] = []
        for (tree, path) in try reader.list("choices", max: 64) {
            choices.append(try unused(FormReader.word(tree, at: path), among: choices, path))
        }
        if (kind == .choice) != !choices.isEmpty {
            throw FormFlaw(path: path + ".choices", reason: "belong to a choice, and to nothing else")
        }
        let isSized = kind == .text || kind == .bytes
        let hasBounds = isSized || kind == .number
        let (most, least): (UInt64, UInt64) =
            hasBounds
            ? (try reader.number("max", or: isSized ? 256 : .max), try reader.number("min", or: 0))
            : (UInt64(choices.count), 0)
        if isSized, most > 4096 { throw FormFlaw(path: path + ".max", reason: "at most 4096 bytes") }
        if least > most { throw FormFlaw(path: path + ".min", reason: "is above max") }
        let isIndexed = try reader.flag("index")
        if isIndexed, kind == .bytes || kind == .flag || kind == .text && most > 64 {
            throw FormFlaw(path: path + ".index", reason: "takes no flag, no bytes, no text of more than 64 bytes")
        }
        let field = FormPlan.Field(
            name: name, kind: kind, isRequired: try reader.flag("required"), isFixed: try reader.flag("fixed"),
            isIndexed: isIndexed, least: least, most: most, choices: choices, titles: try reader.titles())
        try reader.finish()
        return field
    }

    private func key(_ reader: inout FormReader) throws(FormFlaw) -> Int {
        let place = try fieldNumber(reader.tree("key"), "key")
        let field = fields[place]
        guard field.isRequired, field.isFixed else {
            throw FormFlaw(path: "key", reason: "\(field.name) must be required and fixed")
        }
        let isShort = field.kind == .text && field.most <= 48
        guard isShort || [.number, .digest, .moment].contains(field.kind) else {
            throw FormFlaw(
                path: "key", reason: "\(field.name) must be a number, a digest, a moment, or a text of at most 48")
        }
        return place
    }

    private func state(_ tree: FormTree, _ path: String) throws(FormFlaw) -> FormPlan.State {
        var reader = try FormReader(tree, at: path)
        let name = try unused(reader.word("name"), among: states.map(\.name), path + ".name")
        let state = FormPlan.State(name: name, titles: try reader.titles())
        try reader.finish()
        return state
    }

    private func transition(_ tree: FormTree, _ path: String) throws(FormFlaw) -> FormPlan.Transition {
        var reader = try FormReader(tree, at: path)
        let name = try reader.word("name")
        var from: [Int] = []
        for (tree, path) in try reader.list("from", max: 32) { from.append(try stateNumber(tree, path)) }
        if from.isEmpty { throw FormFlaw(path: path + ".from", reason: "name at least one state") }
        var sets: [Int] = []
        for (tree, path) in try reader.list("sets", max: 64) {
            let place = try fieldNumber(tree, path)
            if fields[place].isFixed { throw FormFlaw(path: path, reason: "\(fields[place].name) is fixed") }
            if sets.contains(place) { throw FormFlaw(path: path, reason: "\(fields[place].name) stands here twice") }
            sets.append(place)
        }
        let signatures = try reader.number("signatures", or: 1)
        guard (1...32).contains(signatures), signatures == 1 || sets.isEmpty else {
            throw FormFlaw(path: path + ".signatures", reason: "1 to 32; and who signs together sets no fields")
        }
        var window = FormPlan.Window.always
        var windowField = 0
        for (word, kind) in [("before", FormPlan.Window.before), ("after", .from)] {
            guard let tree = reader.optional(word) else { continue }
            windowField = try fieldNumber(tree, "\(path).\(word)")
            guard window == .always, fields[windowField].kind == .moment else {
                throw FormFlaw(path: "\(path).\(word)", reason: "names one field of type moment")
            }
            window = kind
        }
        let to = try stateNumber(reader.tree("to"), path + ".to")
        let step = FormPlan.Transition(
            name: name, from: from, to: to, by: try whos(&reader, "by"), signatures: signatures, sets: sets,
            window: window, windowField: windowField, titles: try reader.titles())
        try reader.finish()
        return step
    }

    private func whos(
        _ reader: inout FormReader, _ key: String, isCreating: Bool = false
    ) throws(FormFlaw) -> [FormPlan.Who] {
        var whos: [FormPlan.Who] = []
        for (tree, path) in try reader.list(key, max: 32) {
            let word = try FormReader.word(tree, at: path)
            if word == "anyone" {
                whos.append(.anyone)
            } else if word == "creator", !isCreating {
                whos.append(.creator)
            } else if let number = groups.firstIndex(of: word) {
                whos.append(.group(number))
            } else {
                throw FormFlaw(path: path, reason: "'\(word)' is neither anyone, creator, nor a group of this form")
            }
        }
        if whos.isEmpty { throw FormFlaw(path: reader.path + "." + key, reason: "say who may") }
        return whos
    }

    private func fieldNumber(_ tree: FormTree, _ path: String) throws(FormFlaw) -> Int {
        let name = try FormReader.word(tree, at: path)
        guard let place = fields.firstIndex(where: { $0.name == name }) else {
            throw FormFlaw(path: path, reason: "there is no field '\(name)'")
        }
        return place
    }

    private func stateNumber(_ tree: FormTree, _ path: String) throws(FormFlaw) -> Int {
        let name = try FormReader.word(tree, at: path)
        guard let place = states.firstIndex(where: { $0.name == name }) else {
            throw FormFlaw(path: path, reason: "there is no state '\(name)'")
        }
        return place
    }
}
