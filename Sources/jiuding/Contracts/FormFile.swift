// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ContractForms
import Foundation
import Yams

/// A form as a file in YAML: what a registry keeps, who may do what with it, and in which states.
/// - Spec: KIT-18, KIT-19.
package struct FormFile {
    /// One mistake, at its place.
    package struct Mistake: Hashable, Sendable {
        /// `licences.yaml:12:5`
        package let place: String
        package let reason: String
        package let reasonZh: String
        package let fix: String
        package let fixZh: String

        var spoken: String { "\(place) " + phrase("\(reason); \(fix)", zh: "\(reasonZh)；\(fixZh)") }
    }

    /// Every mistake that was found; never none.
    package struct Mistakes: Error {
        package let list: [Mistake]
    }

    /// A form of 64 fields with titles is some 20 KB. Aliases could make a small file a large form.
    private static let nodesMax = 20_000
    private static let depthMax = 12

    private let file: String
    private let root: Node

    /// - Parameter built: what built the interpreter, as its description says.
    /// - Throws: `Mistakes`.
    package static func compile(_ text: [UInt8], file: String, built: String) throws(Mistakes) -> FormCompiler.Product {
        let form: FormFile
        do throws(ConfigurationFlaw) {
            form = FormFile(file: file, root: try ConfigurationSection.compose(file: file, text: text))
        } catch {
            let mistake = Mistake(
                place: error.place, reason: error.reason, reasonZh: error.reasonZh,
                fix: "write YAML as in Contracts/Templates/form/Examples",
                fixZh: "请按 Contracts/Templates/form/Examples 中的 YAML 示例书写")
            throw Mistakes(list: [mistake])
        }
        var left = nodesMax
        do throws(FormFlaws) {
            return try FormCompiler.compile(form.tree(form.root, depth: 0, &left), built: built)
        } catch {
            throw Mistakes(list: error.list.map { form.mistake($0) })
        }
    }

    /// What is deeper or more than any form is becomes nothing, and is missed where it should stand.
    private func tree(_ node: Node, depth: Int, _ left: inout Int) -> FormTree {
        left -= 1
        guard depth < FormFile.depthMax, left > 0 else { return .scalar("") }
        switch node {
        case .scalar(let scalar): return .scalar(scalar.string)
        case .sequence(let sequence):
            var elements: [FormTree] = []
            for element in sequence where left > 0 { elements.append(tree(element, depth: depth + 1, &left)) }
            return .list(elements)
        case .mapping(let mapping):
            var members: [(key: String, value: FormTree)] = []
            for (key, value) in mapping where left > 0 {
                members.append((key.scalar?.string ?? "", tree(value, depth: depth + 1, &left)))
            }
            return .map(members)
        case .alias: return .scalar("")
        }
    }

    private func mistake(_ flaw: FormFlaw) -> Mistake {
        var isKey = false
        if case .unknown = flaw.fault { isKey = true }
        let mark = mark(of: flaw.path, isKey: isKey)
        let place = "\(file)\(mark.map { ":\($0.line):\($0.column)" } ?? "")"
        let what = flaw.path.isEmpty ? phrase("the form", zh: "表单") : flaw.path
        return Mistake(
            place: place, reason: "\(what) \(flaw.fault.english)", reasonZh: "\(what) \(flaw.fault.chinese)",
            fix: flaw.fault.fix, fixZh: flaw.fault.fixZh)
    }

    /// Where a path such as `fields[2].type` stands; of what is missing, where it should.
    /// - Parameter isKey: the key itself is meant, not what it holds.
    private func mark(of path: String, isKey: Bool) -> Mark? {
        var (node, mark) = (root, root.mark)
        for step in path.split(whereSeparator: { $0 == "." || $0 == "[" }) {
            if step.hasSuffix("]") {
                guard let index = Int(step.dropLast()), case .sequence(let sequence) = node,
                    sequence.indices.contains(index)
                else { return mark }
                node = sequence[index]
                mark = node.mark
            } else {
                guard case .mapping(let mapping) = node,
                    let found = mapping.first(where: { $0.key.scalar?.string == String(step) })
                else { return mark }
                node = found.value
                // A value on a line of its own begins below its key; people look for the key.
                mark = found.key.mark
            }
        }
        return isKey || node.scalar == nil ? mark : node.mark ?? mark
    }
}
