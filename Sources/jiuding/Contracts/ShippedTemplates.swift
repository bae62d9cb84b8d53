// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The contracts that ship with the platform as sources, and where their modules lie once they are built.
enum ShippedTemplates {
    /// Those a local network has under their own names (ZZ-38).
    static let deployed = ["evidence-registry", "ledger", "workflow", "traceability"]
    /// The one that interprets forms; `jiuding contract form` gives it a form's words.
    static let interpreter = "form"

    private static let folder = "contract-templates"
    private static let script = "contract-templates"

    /// A template's module; nil where it was not built on this machine.
    static func path(_ name: String) -> String? {
        places(name).first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Where it is looked for, best first: beside the program, and in the scratch folder.
    static func places(_ name: String) -> [String] {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let home = URL(fileURLWithPath: program).deletingLastPathComponent()
        let build = home.deletingLastPathComponent().deletingLastPathComponent()
        let scratch = ProcessInfo.processInfo.environment["JIUDING_SCRATCH"] ?? ""
        let folders = [home.path, scratch, build.path].filter { !$0.isEmpty }
        return folders.map { "\($0)/\(folder)/\(name).wasm" }
    }

    /// Builds those that are not there as their sources are now; some 15 s of one core for all the first time.
    /// - Throws: where the source tree or the toolchain is missing, or they do not build.
    static func build(_ names: [String]) async throws {
        let (isDone, said) = try await SourceTree.runAside(script, names)
        guard !isDone else { return }
        let reason = said.split(separator: "\n").last.map(String.init) ?? ""
        throw Failure(
            .no, "JD-4038",
            phrase("the templates do not build: \(reason)", zh: "模板构建失败：\(reason)"),
            fix: phrase(
                "run scripts/\(script) and read what it says; Swift 6.3 or later is needed",
                zh: "请运行 scripts/\(script) 并查看其输出；需要 Swift 6.3 或更高版本"))
    }

    /// Builds what is missing and reads one module.
    static func module(_ name: String) throws -> ModuleFile {
        guard let path = path(name) else { throw missing(name) }
        return try ModuleFile(path)
    }

    static func missing(_ name: String) -> Failure {
        Failure(
            .no, "JD-4039",
            phrase(
                "the module of the template \(name) is at none of \(places(name).joined(separator: ", "))",
                zh: "未找到模板 \(name) 的模块：\(places(name).joined(separator: "、"))"),
            fix: phrase(
                "run scripts/\(script) where the sources and Swift are, and copy the folder beside the program",
                zh: "请在有源码和 Swift 的机器上运行 scripts/\(script)，并将该目录复制到程序旁"))
    }
}
