// SPDX-License-Identifier: Apache-2.0
public import ContractKit
public import Foundation

/// A story in a JSON file: who calls what, with what, and what must come of it.
///
/// The same file is run natively here and, from the transcript this leaves, against the WebAssembly module
/// (Tests/Contracts): both must answer, fail, announce and keep the same bytes.
/// - Spec: KIT-14.
public struct Scenario {
    /// Where a story did not go as written.
    public struct Deviation: Error, CustomStringConvertible {
        public let description: String
    }

    public let name: String
    private let folder: URL
    private let story: [String: Any]

    public init(_ file: URL) throws {
        name = file.deletingPathExtension().lastPathComponent
        folder = file.deletingLastPathComponent()
        let story = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        guard let story = story as? [String: Any] else { throw Deviation(description: "\(file.path) is no object") }
        self.story = story
    }

    /// The stories in the folder `Scenarios` beside a test file, by name.
    public static func beside(_ testFile: StaticString) throws -> [Scenario] {
        let folder = URL(fileURLWithPath: testFile.description).deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent("Scenarios"), includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.map(Scenario.init)
    }

    /// The bytes a file of hexadecimal digits beside a test file says.
    public static func bytes(_ name: String, beside testFile: StaticString) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: testFile.description).deletingLastPathComponent()
        return try bytes(name, in: folder)
    }

    private static func bytes(_ name: String, in folder: URL) throws -> [UInt8] {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        return try ShapeCoding.hex(text.trimmingCharacters(in: .newlines) as Any)
    }

    /// Runs the story on a new chain; where the environment names a folder (CONTRACT_TRANSCRIPTS), leaves the
    /// transcript there.
    /// - Throws: a deviation, naming the step.
    @discardableResult
    public func run<Subject: Contract>(on contract: Subject.Type) throws -> TestChain {
        let description = try Description(of: contract)
        let subject = description.name.description
        let chain = TestChain()
        var lines: [[String: Any]] = []
        // What stands beside the steps is how the contract is started.
        let steps = [story] + (story["steps"] as? [[String: Any]] ?? [])
        for (number, step) in steps.enumerated() {
            do {
                lines.append(try play(step, isStart: number == 0, description, contract, on: chain))
            } catch {
                throw Deviation(description: "\(subject), \(name), step \(number): \(error)")
            }
        }
        try leave(lines, of: subject, chain)
        return chain
    }

    private func play<Subject: Contract>(
        _ step: [String: Any], isStart: Bool, _ description: Description, _ contract: Subject.Type, on chain: TestChain
    ) throws -> [String: Any] {
        let subject = description.name.description
        if let wait = step["wait"] as? Int { chain.advance(blocks: 1, milliseconds: UInt64(wait)) }
        try sign(step["as"] as? String, on: chain)
        let method = step["call"] as? String ?? ""
        let known = description.methods.first { $0.name.description == method }
        let items = isStart ? description.start : known?.arguments ?? []
        let values = step[isStart ? "start" : "with"] as? [String: Any] ?? [:]
        let argument = try bytes(of: step, items, values)
        let eventsBefore = chain.events.count
        var line: [String: Any] = [
            "method": method, "argument": ShapeCoding.hex(argument), "height": chain.height,
            "time": chain.time.milliseconds, "member": String(decoding: chain.signer.member.bytes.array, as: UTF8.self),
            "organization": String(decoding: chain.signer.organization.bytes.array, as: UTF8.self),
        ]
        let outcome = Result { () throws(TestChain.Refusal) in
            if !isStart { return try chain.call(subject, method, bytes: argument) }
            try chain.install(contract, as: subject, argument)
            return []
        }
        switch outcome {
        case .success(let answer):
            line["answer"] = ShapeCoding.hex(answer)
            let events = chain.events[eventsBefore...]
            line["events"] = events.map { [$0.name, ShapeCoding.hex($0.body)] }
            return try checked(line, step, answer, known?.answer, events.map(\.name))
        case .failure(let refusal):
            line["fails"] = Int(refusal.failure.code)
            line["about"] = refusal.about
            guard step["fails"] as? Int == Int(refusal.failure.code) else {
                throw Deviation(description: "failed with \(refusal.failure.code), about '\(refusal.about)'")
            }
            return line
        }
    }

    private func sign(_ who: String?, on chain: TestChain) throws {
        guard let who else { return }
        let parts = who.split(separator: "/", maxSplits: 1).map(String.init)
        let organization = try Text(utf8: Bytes(Array(parts[0].utf8)))
        let member = try Text(utf8: Bytes(Array((parts.count > 1 ? parts[1] : parts[0]).utf8)))
        chain.sign(as: member, of: organization)
    }

    /// A call's argument bytes: by the names of its arguments (`with`), as `[type, value]` pairs where no description
    /// says the types (`values`), or as they stand (`bytes`, `bytesFile`).
    private func bytes(
        of step: [String: Any], _ items: [Description.Item], _ values: [String: Any]
    ) throws -> [UInt8] {
        if let file = step["bytesFile"] as? String {
            return try Scenario.bytes(file, in: folder)
        }
        if let raw = step["bytes"] { return try ShapeCoding.hex(raw) }
        var writer = Writer()
        if let pairs = step["values"] as? [[Any]] {
            for pair in pairs { try ShapeCoding.write(pair[1], ShapeCoding.shape(pair[0]), into: &writer) }
            return writer.done().array
        }
        for item in items {
            try ShapeCoding.write(values[item.name.description] ?? NSNull(), item.shape, into: &writer)
        }
        return writer.done().array
    }

    private func checked(
        _ line: [String: Any], _ step: [String: Any], _ answer: [UInt8], _ shape: Shape?, _ events: [String]
    ) throws -> [String: Any] {
        if let code = step["fails"] as? Int { throw Deviation(description: "succeeded, should fail with \(code)") }
        if let expected = step["events"] as? [String], expected != events {
            throw Deviation(description: "events \(events), should be \(expected)")
        }
        if let expected = step["answer"] {
            guard let shape else { throw Deviation(description: "the method has no answer") }
            var reader = Reader(Bytes(answer))
            let got = try ShapeCoding.read(shape, from: &reader)
            try reader.finish()
            guard Scenario.text(got) == Scenario.text(expected) else {
                throw Deviation(description: "answered \(Scenario.text(got)), should be \(Scenario.text(expected))")
            }
        }
        return line
    }

    private static func text(_ value: Any) -> String {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes]
        let bytes = try? JSONSerialization.data(withJSONObject: value, options: options)
        return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }

    private func leave(_ lines: [[String: Any]], of subject: String, _ chain: TestChain) throws {
        guard let folder = ProcessInfo.processInfo.environment["CONTRACT_TRANSCRIPTS"] else { return }
        let state = chain.state(of: subject).map { [ShapeCoding.hex($0.key), ShapeCoding.hex($0.value)] }
        let transcript: [String: Any] = ["contract": subject, "scenario": name, "steps": lines, "state": state]
        let file = URL(fileURLWithPath: folder).appendingPathComponent("\(subject)-\(name).json")
        try JSONSerialization.data(withJSONObject: transcript, options: [.sortedKeys]).write(to: file)
    }
}
