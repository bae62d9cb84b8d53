// SPDX-License-Identifier: Apache-2.0
package import Execution
import Ledger
package import ShangMi
import Wasm

/// What a module is, worked out from its bytes alone: what whoever approves a contract should read before.
///
/// A node makes it of the code on its own chain, so a proposer's word stands nowhere in it; of the module's own words
/// only names and types are repeated, as such.
/// - Spec: GOV-22.
package struct ModuleReport: Sendable {
    package let digest: Digest
    package let size: Int
    package let imports: [String]
    package let pages: Int
    /// Share of the compiling work a module may be, in hundredths.
    package let compilePercent: Int
    package let description: ContractDescription?
    private let canMigrate: Bool

    /// - Returns: nil where the bytes are no module that a chain takes.
    /// - Cost: decodes it, some 20 ns a byte.
    package init?(_ bytes: [UInt8]) {
        guard let module = try? WasmModule(decoding: bytes) else { return nil }
        digest = SM3.hash(bytes)
        size = bytes.count
        imports = Set(module.imports.map(\.name)).sorted()
        pages = module.memory?.pagesMin ?? 0
        let most = WasmLimits.standard.workMax
        compilePercent = (module.compileWork * 100 + most - 1) / most
        description = ModuleGate.description(in: bytes).flatMap { ContractDescription($0) }
        canMigrate = module.exports.contains { $0.name == ContractEntry.migrate.rawValue }
    }

    var calls: Bool { imports.contains(HostFunction.call.name) }

    /// - Parameters:
    ///   - former: the module it takes the place of.
    ///   - migrates: whether its migration runs.
    package func lines(replacing former: ModuleReport? = nil, migrates: Bool = false) -> [EffectPreview.Line] {
        [facts, asks] + words + (former.map { differences(from: $0, migrates: migrates) } ?? [])
    }

    // MARK: What it is

    private var short: String { String(digest.hex.prefix(12)) }

    private var facts: EffectPreview.Line {
        let publishing = ContractPrices.publishing(bytes: size)
        let beginning = ContractPrices.beginning(pages: pages, codeBytes: size)
        return EffectPreview.Line(
            "code \(short): \(size) bytes, \(pages) pages of memory to begin with, \(compilePercent) % of the "
                + "compiling a module may take; publishing cost \(publishing) gas, a call costs \(beginning) at least",
            "代码 \(short)：\(size) 字节，初始内存 \(pages) 页，编译量为上限的 \(compilePercent)%；"
                + "发布耗燃料 \(publishing)，每次调用至少 \(beginning)")
    }

    private var asks: EffectPreview.Line {
        let names = imports.joined(separator: ", ")
        return EffectPreview.Line(
            "it asks the chain for: \(names)" + (calls ? "; it can call any other contract in its caller's name" : ""),
            "向链请求：\(names)" + (calls ? "；可以调用者名义调用任何其他合约" : ""), isWarning: calls)
    }

    private var words: [EffectPreview.Line] {
        guard let description else {
            return [
                EffectPreview.Line("it says nothing of itself", "该模块没有自述", isWarning: true)
            ]
        }
        let changes = ModuleReport.list(description.methods.filter { !$0.isView }.map(\.name))
        let views = ModuleReport.list(description.methods.filter(\.isView).map(\.name))
        let own = ModuleReport.list(["\(description.name) \(description.version)"])
        let built = ModuleReport.list([description.built])
        return [
            EffectPreview.Line(
                "it calls itself \(own), built with \(built); "
                    + "methods that change: \(changes); that only answer: \(views)",
                "自称 \(own)，构建工具 \(built)；"
                    + "变更方法：\(changes)；查询方法：\(views)")
        ]
    }

    /// A module's own words, so many of them as a reader can take in.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(wordsMax).map { $0.count > lettersMax ? "\($0.prefix(lettersMax))…" : $0 }
        let rest = names.count > shown.count ? " + \(names.count - shown.count)" : ""
        return names.isEmpty ? "-" : shown.joined(separator: ", ") + rest
    }

    private static let wordsMax = 40
    private static let lettersMax = 160

    // MARK: What is different

    private func differences(from former: ModuleReport, migrates: Bool) -> [EffectPreview.Line] {
        let (old, new) = (former.description, description)
        var lines = [
            EffectPreview.Line(
                "code in use: \(former.short), \(former.size) bytes", "现用代码：\(former.short)，\(former.size) 字节")
        ]
        lines += ModuleReport.difference(
            former.imports, imports, ("asks the chain for", "向链请求"), isLossLoud: false)
        lines += ModuleReport.difference(
            (old?.methods ?? []).map { $0.signature }, (new?.methods ?? []).map { $0.signature },
            ("methods", "方法"), isLossLoud: true)
        let kept = ModuleReport.difference(
            (old?.state ?? []).map { $0.words }, (new?.state ?? []).map { $0.words }, ("state", "状态"),
            isLossLoud: !migrates)
        lines += kept
        if migrates {
            lines.append(
                EffectPreview.Line("jd_migrate of the new code rewrites the state first", "先由新代码的 jd_migrate 改写状态"))
        } else if !kept.isEmpty {
            lines.append(
                EffectPreview.Line(
                    "the state is declared otherwise and does not move" + (canMigrate ? ", though the code could" : ""),
                    "状态声明已变更但不迁移数据" + (canMigrate ? "（代码支持迁移）" : ""), isWarning: true))
        } else {
            lines.append(EffectPreview.Line("the state stays as it is", "状态保持不变"))
        }
        return lines
    }

    private static func difference(
        _ old: [String], _ new: [String], _ what: (english: String, chinese: String), isLossLoud: Bool
    ) -> [EffectPreview.Line] {
        let (gone, come) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
        var lines: [EffectPreview.Line] = []
        if !gone.isEmpty {
            let list = ModuleReport.list(gone)
            lines.append(
                EffectPreview.Line(
                    "\(what.english), no longer: \(list)", "\(what.chinese)，不再有：\(list)", isWarning: isLossLoud))
        }
        if !come.isEmpty {
            let list = ModuleReport.list(come)
            lines.append(EffectPreview.Line("\(what.english), new: \(list)", "\(what.chinese)，新增：\(list)"))
        }
        return lines
    }
}

extension ContractDescription.Method {
    /// `greet(greeting: text) → number`
    fileprivate var signature: String {
        let takes = arguments.map { "\($0.name): \($0.shape.word)" }.joined(separator: ", ")
        return "\(name)(\(takes))" + (answer.map { " → \($0.word)" } ?? "")
    }
}

extension ContractDescription.StateField {
    /// `accounts: map text → account{…}`
    fileprivate var words: String {
        "\(name): \(holds)" + (key.isEmpty ? "" : " \(key)") + (value.isEmpty ? "" : " → \(value)")
    }
}
