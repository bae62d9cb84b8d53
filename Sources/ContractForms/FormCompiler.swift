// SPDX-License-Identifier: Apache-2.0

/// Turns a form into what the `form` contract is started with, and the description that goes with its module.
///
/// - Spec: KIT-16 (bytes), KIT-17 (methods), KIT-18 (what a form says).
package struct FormCompiler {
    private var groups: [String] = []
    private var fields: [FormPlan.Field] = []
    private var states: [FormPlan.State] = []
    private var flaws: [FormFlaw] = []
    /// Names of fields and states that have a flaw: whatever names them is no mistake of its own.
    private var flawed: Set<String> = []

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
    /// - Throws: the flaws, each with its place in the file.
    package static func compile(_ tree: FormTree, built: String) throws(FormFlaws) -> Product {
        var compiler = FormCompiler()
        guard let plan = compiler.plan(tree) else { throw FormFlaws(list: compiler.flaws) }
        let form = plan.bytes
        var start: [UInt8] = []
        var rest = form.count
        while rest > 0x7f {
            start.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        start += [UInt8(rest)] + form
        let description = FormDescription(plan: plan, start: start, built: built).json
        for (isFine, fault) in [
            (form.count <= 24_000, FormFault.formTooLarge), (description.utf8.count <= 65_536, .titlesTooLong),
        ] where !isFine {
            throw FormFlaws(list: [FormFlaw(path: "", fault: fault)])
        }
        return Product(name: plan.name, form: form, startArgument: start, description: description)
    }

    // MARK: Sections, each with a flaw of its own

    private typealias Step<Value> = (inout FormCompiler) throws(FormFlaw) -> Value

    /// - Returns: nil where the step has a flaw, which is kept.
    private mutating func noting<Value>(_ step: Step<Value>) -> Value? {
        do throws(FormFlaw) { return try step(&self) } catch {
            if error.fault != .follows { flaws.append(error) }
            return nil
        }
    }

    /// - Returns: nil where there are flaws.
    private mutating func plan(_ tree: FormTree) -> FormPlan? {
        guard var reader = noting({ _ throws(FormFlaw) in try FormReader(tree, at: "") }) else { return nil }
        let name = noting { _ throws(FormFlaw) in try reader.word("name") }
        let version = noting { _ throws(FormFlaw) in try reader.number("version", or: 1) }
        let titles = noting { _ throws(FormFlaw) in try reader.titles() }
        let operatorName = noting { _ throws(FormFlaw) in try reader.text("operator", max: 64) }
        for (tree, path) in elements(&reader, "groups", max: 32) {
            let name = noting { (compiler) throws(FormFlaw) in
                try compiler.unused(FormReader.word(tree, at: path), among: compiler.groups, path)
            }
            groups += name.map { [$0] } ?? []
        }
        for (tree, path) in elements(&reader, "fields", max: 64) {
            if let field = noting({ (compiler) throws(FormFlaw) in try compiler.field(tree, path) }) {
                fields.append(field)
            } else {
                markFlawed(tree)
            }
        }
        for (tree, path) in elements(&reader, "states", max: 32, orNone: "states") {
            if let state = noting({ (compiler) throws(FormFlaw) in try compiler.state(tree, path) }) {
                states.append(state)
            } else {
                markFlawed(tree)
            }
        }
        let key = noting { (compiler) throws(FormFlaw) in try compiler.key(&reader) }
        let create = noting { (compiler) throws(FormFlaw) in try compiler.creation(&reader) }
        let change = noting { (compiler) throws(FormFlaw) in try compiler.changing(&reader) }
        let transitions = transitions(&reader)
        _ = noting { _ throws(FormFlaw) in try reader.finish() }
        guard flaws.isEmpty, let name, let version, let titles, let operatorName, let key, let create, let change
        else { return nil }
        return FormPlan(
            name: name, version: version, titles: titles, operatorName: operatorName, groups: groups, fields: fields,
            key: key, states: states, createdBy: create.by, firstState: create.state, changedBy: change.by,
            changedIn: change.states, transitions: transitions)
    }

    private mutating func elements(
        _ reader: inout FormReader, _ key: String, max: Int, orNone path: String? = nil
    ) -> [(tree: FormTree, path: String)] {
        noting { _ throws(FormFlaw) in
            let found = try reader.list(key, max: max)
            if found.isEmpty, let path { throw FormFlaw(path: path, fault: .none) }
            return found
        } ?? []
    }

    private mutating func markFlawed(_ tree: FormTree) {
        guard case .map(let members) = tree,
            case .scalar(let name)? = members.first(where: { $0.key == "name" })?.value
        else { return }
        flawed.insert(name)
    }

    private func creation(_ reader: inout FormReader) throws(FormFlaw) -> (by: [FormPlan.Who], state: Int) {
        var create = try FormReader(reader.tree("create"), at: "create")
        let by = try whos(&create, "by", isCreating: true)
        let state = try stateNumber(create.tree("state"), "create.state")
        try create.finish()
        return (by, state)
    }

    private func changing(_ reader: inout FormReader) throws(FormFlaw) -> (by: [FormPlan.Who], states: [Int]) {
        guard let tree = reader.optional("change") else { return ([], []) }
        var change = try FormReader(tree, at: "change")
        let by = try whos(&change, "by")
        var states: [Int] = []
        for (tree, path) in try change.list("in", max: 32) { states.append(try stateNumber(tree, path)) }
        try change.finish()
        return (by, states)
    }

    private mutating func transitions(_ reader: inout FormReader) -> [FormPlan.Transition] {
        var transitions: [FormPlan.Transition] = []
        for (tree, path) in elements(&reader, "transitions", max: 64) {
            let known = FormCompiler.ownMethods + transitions.map(\.name)
            let step = noting { (compiler) throws(FormFlaw) in
                let step = try compiler.transition(tree, path)
                _ = try compiler.unused(step.name, among: known, path + ".name")
                if step.name.hasPrefix("by-") { throw FormFlaw(path: path + ".name", fault: .viewName) }
                return step
            }
            transitions += step.map { [$0] } ?? []
        }
        return transitions
    }

    /// Methods every form has.
    static let ownMethods = ["create", "change", "get", "history", "in-state", "join", "leave"]

    private func unused(_ name: String, among names: [String], _ path: String) throws(FormFlaw) -> String {
        if names.contains(name) { throw FormFlaw(path: path, fault: .twice(name)) }
        return name
    }

    private func field(_ tree: FormTree, _ path: String) throws(FormFlaw) -> FormPlan.Field {
        var reader = try FormReader(tree, at: path)
        let name = try unused(reader.word("name"), among: fields.map(\.name), path + ".name")
        let word = try reader.word("type")
        guard let kind = FormPlan.Kind.allCases.first(where: { $0.word == word }) else {
            let known = FormPlan.Kind.allCases.map(\.word)
            throw FormFlaw(path: path + ".type", fault: .noSuch(word, known: known))
        }
        var choices: [String] = []
        for (tree, path) in try reader.list("choices", max: 64) {
            choices.append(try unused(FormReader.word(tree, at: path), among: choices, path))
        }
        if (kind == .choice) != !choices.isEmpty {
            throw FormFlaw(path: path + ".choices", fault: .choices)
        }
        let isSized = kind == .text || kind == .bytes
        let hasBounds = isSized || kind == .number
        let (most, least): (UInt64, UInt64) =
            hasBounds
            ? (try reader.number("max", or: isSized ? 256 : .max), try reader.number("min", or: 0))
            : (UInt64(choices.count), 0)
        if isSized, most > 4096 { throw FormFlaw(path: path + ".max", fault: .tooLong(max: 4096)) }
        if least > most { throw FormFlaw(path: path + ".min", fault: .bounds) }
        let isIndexed = try reader.flag("index")
        if isIndexed, kind == .bytes || kind == .flag || kind == .text && most > 64 {
            throw FormFlaw(path: path + ".index", fault: .noIndex)
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
            throw FormFlaw(path: "key", fault: .keyLoose(field.name))
        }
        let isShort = field.kind == .text && field.most <= 48
        guard isShort || [.number, .digest, .moment].contains(field.kind) else {
            throw FormFlaw(path: "key", fault: .keyKind(field.name))
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
        if from.isEmpty { throw FormFlaw(path: path + ".from", fault: .none) }
        var sets: [Int] = []
        for (tree, path) in try reader.list("sets", max: 64) {
            let place = try fieldNumber(tree, path)
            if fields[place].isFixed { throw FormFlaw(path: path, fault: .fixed(fields[place].name)) }
            if sets.contains(place) { throw FormFlaw(path: path, fault: .twice(fields[place].name)) }
            sets.append(place)
        }
        let signatures = try reader.number("signatures", or: 1)
        guard (1...32).contains(signatures), signatures == 1 || sets.isEmpty else {
            throw FormFlaw(path: path + ".signatures", fault: .signatures)
        }
        var window = FormPlan.Window.always
        var windowField = 0
        for (word, kind) in [("before", FormPlan.Window.before), ("after", .from)] {
            guard let tree = reader.optional(word) else { continue }
            windowField = try fieldNumber(tree, "\(path).\(word)")
            guard window == .always, fields[windowField].kind == .moment else {
                throw FormFlaw(path: "\(path).\(word)", fault: .noMoment)
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
                let own = isCreating ? ["anyone"] : ["anyone", "creator"]
                throw FormFlaw(path: path, fault: .noSuch(word, known: own + groups))
            }
        }
        if whos.isEmpty { throw FormFlaw(path: reader.path + "." + key, fault: .none) }
        return whos
    }

    private func fieldNumber(_ tree: FormTree, _ path: String) throws(FormFlaw) -> Int {
        let name = try FormReader.word(tree, at: path)
        guard let place = fields.firstIndex(where: { $0.name == name }) else {
            throw FormFlaw(
                path: path, fault: flawed.contains(name) ? .follows : .noSuch(name, known: fields.map(\.name)))
        }
        return place
    }

    private func stateNumber(_ tree: FormTree, _ path: String) throws(FormFlaw) -> Int {
        let name = try FormReader.word(tree, at: path)
        guard let place = states.firstIndex(where: { $0.name == name }) else {
            throw FormFlaw(
                path: path,
                fault: flawed.contains(name) || states.isEmpty ? .follows : .noSuch(name, known: states.map(\.name)))
        }
        return place
    }
}
