// SPDX-License-Identifier: Apache-2.0
import Execution
import Testing
import jiuding

/// GOV-22: what approvers are told of code.
@Suite struct ModuleReportTests {
    private func description(_ version: Int, _ methods: [String], _ state: [String]) -> String {
        let methods = methods.map {
            #"{"name":"\#($0)","kind":"change","arguments":[{"name":"n","type":"number"}],"answer":null}"#
        }
        let state = state.map { #"{"name":"\#($0)","holds":"cell","key":null,"value":"text"}"# }
        return #"{"name":"desk","version":\#(version),"built":"swift","start":[],"events":[],"#
            + #""methods":[\#(methods.joined(separator: ","))],"state":[\#(state.joined(separator: ","))]}"#
    }

    private func report(
        _ version: Int, _ methods: [String], _ state: [String], imports: [HostFunction] = [.get], migrates: Bool = false
    ) throws -> ModuleReport {
        let bytes = PaperModule.bytes(
            "x", imports: imports, migrates: migrates, pages: 3, description: description(version, methods, state))
        return try #require(ModuleReport(bytes))
    }

    private func texts(_ lines: [EffectPreview.Line]) -> String { lines.map(\.english).joined(separator: "\n") }

    @Test("a report tells size, memory, cost, imports and methods; a module that may call others is marked (GOV-22)")
    func facts() throws {
        let plain = try report(1, ["greet"], ["greeting"])
        let told = texts(plain.lines())
        for part in [
            "\(plain.size) bytes", "3 pages", "\(12 * plain.size) gas", "for: get", "methods that change: greet",
        ] {
            #expect(told.contains(part), "\(part)")
        }
        #expect(plain.lines().allSatisfy { !$0.isWarning && !$0.chinese.isEmpty })
        let calling = try report(1, ["greet"], [], imports: [.get, .call])
        #expect(
            calling.lines().filter(\.isWarning).map(\.english)
                == calling.lines().map(\.english).filter { $0.contains("call") && $0.contains("asks") })
        let silent = try #require(ModuleReport(PaperModule.bytes("x")))
        #expect(silent.lines().contains { $0.isWarning && $0.english == "it says nothing of itself" })
        #expect(ModuleReport([1, 2, 3]) == nil)
    }

    @Test("an upgrade's report tells what goes, what comes, and whether the state moves (GOV-22)")
    func differences() throws {
        let old = try report(1, ["greet", "reset"], ["greeting"])
        let same = try report(2, ["greet", "reset"], ["greeting"]).lines(replacing: old)
        #expect(same.last?.english == "the state stays as it is")
        let other = try report(2, ["greet", "sing"], ["greeting", "song"], imports: [.get, .put], migrates: true)
        let lines = other.lines(replacing: old)
        for part in [
            "methods, no longer: reset(n: number)", "methods, new: sing(n: number)", "asks the chain for, new: put",
            "state, new: song: cell → text", "does not move, though the code could",
        ] {
            #expect(texts(lines).contains(part), "\(part)")
        }
        #expect(lines.contains { $0.isWarning && $0.english.contains("no longer: reset") })
        #expect(texts(other.lines(replacing: old, migrates: true)).contains("jd_migrate of the new code rewrites"))
    }
}
