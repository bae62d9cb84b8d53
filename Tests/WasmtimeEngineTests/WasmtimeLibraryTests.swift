// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import ShangMi
import Testing
import WasmtimeEngine

@Suite("The engine's library")
struct WasmtimeLibraryTests {
    private func trouble(_ path: String) -> EngineTrouble? {
        do throws(EngineTrouble) {
            _ = try WasmtimeEngine.load(path: path)
            return nil
        } catch { return error }
    }

    @Test("a library that is not there is trouble that names the place and does not heal (ENG-1)")
    func missing() {
        let found = trouble("/nonexistent/libwasmtime.so")
        #expect(found?.heals == false)
        #expect(found?.what.contains("/nonexistent/libwasmtime.so") == true)
        #expect(trouble("/tmp")?.what.contains("no file") == true)
    }

    @Test("a library with one bit changed, or none at all, is not loaded (ENG-2)", .needsLibrary)
    func wrongDigest() throws {
        let folder = try EngineFixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/libwasmtime.so"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: try #require(EngineFixture.path)))
        bytes[bytes.count / 2] ^= 1
        for content in [bytes, Data("no library".utf8), Data()] {
            try content.write(to: URL(fileURLWithPath: path))
            let found = trouble(path)
            #expect(found?.heals == false)
            #expect(found?.what.contains(WasmtimeLibrary.pin) == true)
        }
    }

    @Test("a library that others may write is not loaded (ENG-2)", .needsLibrary)
    func foreignHands() throws {
        let folder = try EngineFixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/libwasmtime.so"
        try FileManager.default.copyItem(atPath: try #require(EngineFixture.path), toPath: path)
        for mode in [0o666, 0o664, 0o646] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(trouble(path)?.what.contains("others") == true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(trouble(path) == nil)
    }

    @Test("where the system could refuse a memory to grow, no engine is made (ENG-12)")
    func growth() {
        for rule in ["0\n", "1\n"] {
            #expect(SystemRules.trouble(dataLimit: .max, overcommit: Array(rule.utf8)) == nil)
        }
        #expect(SystemRules.trouble(dataLimit: .max, overcommit: Array("2\n".utf8))?.heals == false)
        #expect(SystemRules.trouble(dataLimit: 1 << 40, overcommit: Array("0\n".utf8))?.heals == false)
    }

    @Test("the library on this machine is the pinned one (ENG-2)", .needsLibrary)
    func pinned() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: try #require(EngineFixture.path)))
        #expect(SM3.hash([UInt8](bytes)).hex == WasmtimeLibrary.pin)
        #expect(try EngineFixture.shared().library.digest.hex == WasmtimeLibrary.pin)
    }

    @Test("the library is looked for where the operator says, else beside the program, else in the build (ENG-1)")
    func places() {
        #expect(WasmtimeLibrary.places(program: "/a/b/c/node", named: "/x/y.so") == ["/x/y.so"])
        let build = "/a/wasmtime/\(WasmtimeLibrary.version)-\(WasmtimeLibrary.machine)/libwasmtime.so"
        #expect(WasmtimeLibrary.places(program: "/a/b/c/node", named: nil) == ["/a/b/c/libwasmtime.so", build])
        #expect(WasmtimeLibrary.places(program: "/a/b/c/node", named: "") == ["/a/b/c/libwasmtime.so", build])
        #expect(WasmtimeLibrary.places(program: "node", named: nil).first == "./libwasmtime.so")
    }

    @Test("the header in the tree is the one this version's own interface gives (ENG-2)", .needsLibrary)
    func header() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let check = Process()
        check.executableURL = root.appendingPathComponent("scripts/wasmtime-header")
        check.arguments = ["--check"]
        let output = Pipe()
        check.standardError = output
        try check.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
    }
}
