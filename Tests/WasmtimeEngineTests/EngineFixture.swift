// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import ShangMi
import Testing
import WasmtimeEngine

/// The real library, an engine of it, and programs written by hand.
enum EngineFixture {
    static let path: String? = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let named = ProcessInfo.processInfo.environment["JIUDING_WASMTIME"]
        return WasmtimeLibrary.places(program: program, named: named).first {
            FileManager.default.fileExists(atPath: $0)
        }
    }()

    static let engine: WasmtimeEngine? = {
        guard let path else { return nil }
        return try? WasmtimeEngine.load(path: path)
    }()

    /// The engine all tests share; a pool takes many addresses.
    static func shared() throws -> WasmtimeEngine { try #require(engine) }

    /// What every program has: all imports, a memory, gas and depth, and functions that charge both.
    static func program(_ body: String, memory: String = "1 256", engine: WasmtimeEngine? = nil) throws
        -> ContractProgram
    {
        let imports = HostFunction.allCases.map { function in
            let parameters = function.parameters.map { "\($0)" }.joined(separator: " ")
            let result = function.result.map { "(result \($0))" } ?? ""
            return "(import \"jd\" \"\(function.name)\" (func $\(function.name) (param \(parameters)) \(result)))"
        }
        let text = """
            (module
              \(imports.joined(separator: "\n  "))
              (memory (export "memory") \(memory))
              (global $gas (export "jd_gas") (mut i64) (i64.const 0))
              (global $depth (export "jd_depth") (mut i32) (i32.const 0))
              (func $charge (param i64)
                (global.set $gas (i64.sub (global.get $gas) (local.get 0)))
                (if (i64.lt_s (global.get $gas) (i64.const 0)) (then unreachable)))
              (func $enter
                (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
                (if (i32.lt_s (global.get $depth) (i32.const 0)) (then unreachable)))
              (func $leave (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
              \(body))
            """
        return program(of: try (engine ?? shared()).assemble(text))
    }

    static func program(of bytes: [UInt8]) -> ContractProgram { ContractProgram(digest: SM3.hash(bytes), bytes: bytes) }

    /// A program whose `jd_call` has this body.
    static func calling(_ body: String, memory: String = "1 256", beside: String = "") throws -> ContractProgram {
        try program("(func (export \"jd_call\") \(body)) \(beside)", memory: memory)
    }

    /// A new folder, removed by the caller.
    static func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "jiuding-engine-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }
}

/// A host that answers by a closure and remembers what it was asked.
final class ScriptedHost: ContractHost {
    typealias Script = (HostFunction, HostArguments, ContractMemory, inout Int64) -> HostAnswer

    private(set) var asked: [HostFunction] = []
    private let script: Script

    init(_ script: @escaping Script = { function, _, _, _ in ScriptedHost.plain(function) }) { self.script = script }

    static func plain(_ function: HostFunction) -> HostAnswer { function.result == nil ? .nothing : .value(0) }

    func answer(
        _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
    ) -> HostAnswer {
        asked.append(function)
        return script(function, arguments, memory, &gas)
    }
}

extension WasmtimeEngine {
    /// A call with plenty of everything.
    func call(
        _ program: ContractProgram, gas: Int64 = 1_000_000, depth: Int32 = 1_000,
        host: any ContractHost = ScriptedHost()
    ) throws -> ContractRun {
        try run(program, entry: .call, gas: gas, depth: depth, host: host)
    }
}

/// For suites that need the library: without it they are skipped, and say so.
extension Trait where Self == ConditionTrait {
    static var needsLibrary: Self {
        .enabled(
            if: EngineFixture.path != nil, "the contract engine's library is not on this machine (scripts/wasmtime)")
    }
}
