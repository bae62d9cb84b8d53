// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Contracts as people and programs read them.
enum ContractView {
    // MARK: What a contract says of itself

    static func say(_ description: ContractDescription, on terminal: Terminal) {
        if !description.start.isEmpty {
            terminal.say(phrase("starts with: ", zh: "初始化参数：") + arguments(description.start))
        }
        var table = TableLayout([
            .init(phrase("method", zh: "方法")), .init(phrase("kind", zh: "类型")),
            .init(phrase("takes", zh: "参数")), .init(phrase("answers", zh: "返回")),
            .init(phrase("does", zh: "说明")),
        ])
        for method in description.methods {
            table.add([
                method.name, method.isView ? phrase("view", zh: "查询") : phrase("change", zh: "变更"),
                method.arguments.isEmpty ? "-" : arguments(method.arguments), method.answer?.word ?? "-",
                method.titles.spoken,
            ])
        }
        terminal.say(table)
        guard !description.errors.isEmpty else { return }
        var errors = TableLayout([.init(phrase("code", zh: "代码"), .right), .init(phrase("fails where", zh: "失败原因"))])
        for error in description.errors { errors.add(["\(error.code)", "\(error.name): \(error.titles.spoken)"]) }
        terminal.say(errors)
    }

    private static func arguments(_ items: [ContractDescription.Item]) -> String {
        items.map { "\($0.name): \($0.shape.word)" }.joined(separator: ", ")
    }

    static func json(_ description: ContractDescription?) -> JSONText {
        guard let description else { return .null }
        return [
            "name": .text(description.name), "version": .text(description.version), "built": .text(description.built),
            "title": json(description.title), "start": json(description.start),
            "methods": .list(
                description.methods.map {
                    [
                        "name": .text($0.name), "view": .flag($0.isView), "arguments": json($0.arguments),
                        "answer": .maybe($0.answer?.word), "title": json($0.titles),
                    ]
                }),
            "events": json(description.events),
            "errors": .list(
                description.errors.map {
                    ["code": .whole($0.code), "name": .text($0.name), "title": json($0.titles)]
                }),
        ]
    }

    private static func json(_ titles: ContractDescription.Titles) -> JSONText {
        ["english": .text(titles.english), "chinese": .text(titles.chinese)]
    }

    private static func json(_ items: [ContractDescription.Item]) -> JSONText {
        .list(
            items.map { ["name": .text($0.name), "type": .text($0.shape.word), "title": json($0.titles)] })
    }

    // MARK: Contracts of a chain

    static func status(_ contract: ContractAnswer) -> String {
        if contract.record.isRetired { return phrase("retired", zh: "已退役") }
        return contract.standing == "frozen" ? phrase("frozen", zh: "已冻结") : phrase("in force", zh: "可用")
    }

    static func table(_ contracts: [ContractAnswer]) -> TableLayout {
        var table = TableLayout([
            .init(phrase("contract", zh: "合约")), .init(phrase("status", zh: "状态")),
            .init(phrase("version", zh: "版本"), .right), .init(phrase("since", zh: "变更高度"), .right),
            .init(phrase("template", zh: "模板")), .init(phrase("code", zh: "代码摘要")),
        ])
        for contract in contracts {
            let record = contract.record
            table.add([
                contract.name.text, status(contract), "\(record.version)", "\(record.changed.value)",
                record.template?.text ?? "-", record.code.hex.shortened,
            ])
        }
        return table
    }

    static func pairs(_ contract: ContractAnswer) -> [(name: String, value: String)] {
        let record = contract.record
        var pairs: [(name: String, value: String)] = [
            (phrase("contract", zh: "合约"), contract.name.text), (phrase("status", zh: "状态"), status(contract)),
            (phrase("version", zh: "版本"), "\(record.version)"), (phrase("code", zh: "代码摘要"), record.code.hex),
            (phrase("deployed at", zh: "部署高度"), "\(record.deployed.value)"),
            (phrase("changed at", zh: "变更高度"), "\(record.changed.value)"),
            (phrase("template", zh: "模板"), record.template?.text ?? "-"),
            (phrase("founder", zh: "创建者"), record.founder?.hex ?? "-"),
        ]
        if let code = contract.code { pairs += ContractView.pairs(code) }
        return pairs
    }

    private static func pairs(_ code: CodeAnswer) -> [(name: String, value: String)] {
        [
            (phrase("size", zh: "大小"), Quantity.bytes(UInt64(code.record.size))),
            (phrase("published", zh: "发布"), "\(code.record.publisher.hex.shortened) @ \(code.record.published.value)"),
            (phrase("migrates", zh: "支持迁移"), code.record.migrates ? phrase("yes", zh: "是") : phrase("no", zh: "否")),
        ]
    }

    static func json(_ contract: ContractAnswer) -> JSONText {
        let record = contract.record
        return [
            "name": .text(contract.name.text), "code": .text(record.code.hex), "version": .whole(record.version),
            "deployed": .whole(record.deployed.value), "changed": .whole(record.changed.value),
            "template": .maybe(record.template?.text), "founder": .maybe(record.founder?.hex),
            "retired": .flag(record.isRetired), "standing": .text(contract.standing),
            "height": .whole(contract.height.value), "module": contract.code.map { json($0) } ?? .null,
        ]
    }

    static func json(_ code: CodeAnswer) -> JSONText {
        let record = code.record
        return [
            "digest": .text(code.digest.hex), "size": .whole(record.size), "migrates": .flag(record.migrates),
            "pages": .whole(record.pages),
            "publisher": .text(record.publisher.hex), "published": .whole(record.published.value),
            "description": json(code.description.flatMap { ContractDescription($0) }),
        ]
    }
}
