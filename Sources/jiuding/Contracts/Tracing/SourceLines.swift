// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import ShangMi

/// The Swift lines of a contract whose sources are at hand.
/// - Spec: KIT-23.
struct SourceLines {
    /// A line, and the function it stands in.
    struct Place: Hashable {
        let function: String
        /// `Sources/Desk.swift`, or a file of the kit: `ContractKit/Map.swift`.
        let file: String
        let line: Int

        /// Of the contract's own sources, and known.
        var isOwn: Bool { file.hasPrefix("Sources/") && line > 0 }
    }

    let folder: String
    /// Of the module that the sources come to.
    let code: Digest
    private let module: String

    /// Builds the sources with what a debugger knows, in a folder of its own.
    init(folder: String, in place: String) throws {
        let status = try SourceTree.run("contract-build", [folder, "--debug", "--out", place], isQuiet: true)
        guard status == 0 else {
            throw Failure.usage(
                phrase("\(folder) does not build", zh: "\(folder) 构建失败"),
                fix: phrase("name the contract's folder with --source", zh: "请用 --source 指定合约目录"))
        }
        module = "\(place)/app.wasm"
        code = SM3.hash(try ModuleFile(module).bytes)
        self.folder = folder
    }

    /// The lines of some instructions, each innermost first where calls were inlined.
    /// - Parameter offsets: in the module.
    func places(of offsets: Set<Int>) throws -> [Int: [Place]] {
        let asked = "[" + offsets.sorted().map { "\($0)" }.joined(separator: ",") + "]"
        let answer = try SourceTree.answer("contract-lines", [module], to: Array(asked.utf8))
        guard case .object(let fields) = try? JSONValue(parsing: answer) else { return [:] }
        var found: [Int: [Place]] = [:]
        for field in fields {
            guard let offset = Int(field.key) else { continue }
            found[offset] = (field.value.elements ?? []).map { SourceLines.place($0) }
        }
        return found
    }

    private static func place(_ value: JSONValue) -> Place {
        var line = 0
        if case .number(let digits) = value.member("line") { line = Int(digits) ?? 0 }
        return Place(
            function: value.member("function")?.string ?? "?", file: value.member("file")?.string ?? "", line: line)
    }

    /// A line's text; empty where the file is not there.
    func text(_ place: Place) -> String { lines(of: place.file, from: place.line, count: 1).first ?? "" }

    /// Whether a statement that begins on a line throws: on it, or in the block that it opens.
    func mayThrow(_ place: Place) -> Bool {
        let lines = lines(of: place.file, from: place.line, count: 4)
        guard let first = lines.first else { return false }
        if SourceLines.throwsHere(first) { return true }
        // Not a function's first line: whatever throws in it has a line of its own.
        let opens = ["guard", "if", "else", "case", "catch", "for", "while", "}"]
        guard first.hasSuffix("{"), opens.contains(where: { first.hasPrefix($0) }) else { return false }
        for line in lines.dropFirst() {
            if line.hasPrefix("}") { return false }
            if SourceLines.throwsHere(line) { return true }
        }
        return false
    }

    private static func throwsHere(_ line: String) -> Bool {
        line.split { !$0.isLetter && !$0.isNumber }.contains("throw")
    }

    private func lines(of file: String, from first: Int, count: Int) -> [String] {
        let root = ProcessInfo.processInfo.environment["JIUDING_ROOT"] ?? ""
        let path = file.hasPrefix("ContractKit/") ? "\(root)/Contracts/\(file)" : "\(folder)/\(file)"
        guard first > 0, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(first - 1).prefix(count)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension SourceTree {
    /// Runs a script on some input.
    /// - Returns: what it wrote; what it says beside goes where this program speaks.
    static func answer(_ script: String, _ arguments: [String], to input: [UInt8]) throws -> [UInt8] {
        let process = try process(script, arguments)
        let (given, taken) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (given, taken)
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input))
        try given.fileHandleForWriting.close()
        let answer = try taken.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? [UInt8](answer) : []
    }
}
