// SPDX-License-Identifier: Apache-2.0
import Execution
import Ledger
import ShangMi
import Storage

/// What is to be said of the code that a proposal names, by the state of the chain it is proposed on.
/// - Spec: GOV-22.
struct ProposedCode<Store: KeyValueStore> {
    /// Modules looked at for one proposal: each is up to half a megabyte to read.
    private static var modulesMax: Int { 8 }

    private var contracts: ContractReader<Store>
    private var reports: [(code: Digest, report: ModuleReport?)] = []

    init(_ tree: StateTree<Store>) { contracts = ContractReader(tree) }

    /// In the order of the acts.
    mutating func lines(of motion: Motion) throws(StoreError) -> [EffectPreview.Line] {
        var lines: [EffectPreview.Line] = []
        for act in motion.acts {
            switch act {
            case .deployContract(let deployment):
                lines += try about(deployment.code)
                if !deployment.argument.isEmpty {
                    let count = deployment.argument.count
                    lines.append(
                        EffectPreview.Line(
                            "\(deployment.name.text) starts with \(count) bytes of arguments"
                                + (try arguments(deployment).map { ": \($0)" } ?? ""),
                            "\(deployment.name.text) 的初始化参数为 \(count) 字节"
                                + (try arguments(deployment).map { "：\($0)" } ?? "")))
                }
            case .setTemplate(let template): lines += try about(template.code)
            case .upgradeContract(let upgrade):
                let former = try contracts.contract(upgrade.name)
                lines += try about(upgrade.code, replacing: former?.code, migrates: upgrade.migrates)
            default: break
            }
        }
        return lines
    }

    private mutating func about(
        _ code: Digest, replacing former: Digest? = nil, migrates: Bool = false
    ) throws(StoreError) -> [EffectPreview.Line] {
        guard let report = try report(code) else {
            let short = code.hex.prefix(12)
            return reports.count < ProposedCode.modulesMax
                ? [EffectPreview.Line("code \(short) is not published", "代码 \(short) 尚未发布", isWarning: true)]
                : [
                    EffectPreview.Line(
                        "code \(short) was not looked at here: too many in one proposal",
                        "代码 \(short) 未在此检查：一项提案中的代码过多", isWarning: true)
                ]
        }
        let old: ModuleReport? = if let former { try self.report(former) } else { nil }
        return report.lines(replacing: old, migrates: migrates)
    }

    /// Nil where there is no such code, or it is one too many.
    private mutating func report(_ code: Digest) throws(StoreError) -> ModuleReport? {
        if let known = reports.first(where: { $0.code == code }) { return known.report }
        guard reports.count < ProposedCode.modulesMax else { return nil }
        let report = try contracts.module(code).flatMap { ModuleReport($0) }
        reports.append((code, report))
        return report
    }

    /// The start's arguments in the words of the code's description; nil where it has none for them.
    private mutating func arguments(_ deployment: ContractDeployment) throws(StoreError) -> String? {
        guard let items = try report(deployment.code)?.description?.start else { return nil }
        return ContractDescription.words(deployment.argument, for: items)
    }
}
