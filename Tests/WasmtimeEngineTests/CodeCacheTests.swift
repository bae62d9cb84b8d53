// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import ShangMi
import Synchronization
import Testing
import WasmtimeEngine

@Suite("Compiled code on disk", .needsLibrary)
struct CodeCacheTests {
    private let folder: String
    private let program: ContractProgram

    init() throws {
        folder = try EngineFixture.folder()
        program = try EngineFixture.calling("(call $charge (i64.const 2))")
    }

    /// An engine as a new start of the node makes it.
    private func engine() throws -> WasmtimeEngine {
        var settings = EngineSettings(cacheFolder: folder + "/code")
        settings.rootsMax = 1
        return try WasmtimeEngine.load(path: try #require(EngineFixture.path), settings: settings)
    }

    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".code") }
            .map { "\(folder)/\($0)" }
    }

    private func figures(_ engine: WasmtimeEngine) throws -> (compiled: Int, loaded: Int) {
        let run = try engine.call(program, gas: 10)
        #expect(run == ContractRun(end: .returned, gasLeft: 8))
        return (engine.figures.compiled, engine.figures.loaded)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    @Test("a program is compiled once and loaded ever after (ENG-9, ENG-10)")
    func keeps() throws {
        defer { remove() }
        #expect(try figures(engine()) == (1, 0))
        #expect(try files().count == 1)
        let second = try engine()
        #expect(try figures(second) == (0, 1))
        #expect(try figures(second) == (0, 1))
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        #expect(!names.contains { $0.contains(".new-") })
    }

    @Test("a file damaged or cut anywhere is compiled again, and mended (ENG-9)")
    func damage() throws {
        defer { remove() }
        _ = try figures(engine())
        let path = try #require(try files().first)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var harms: [Data] = [Data(), whole.prefix(100), whole.dropLast(), whole + [0]]
        for place in [0, 8, 71, 72, whole.count / 2, whole.count - 1] {
            var harmed = whole
            harmed[harmed.startIndex + place] ^= 0x40
            harms.append(harmed)
        }
        for harm in harms {
            try harm.write(to: URL(fileURLWithPath: path))
            #expect(try figures(engine()) == (1, 0))
        }
        #expect(try figures(engine()) == (0, 1))
    }

    @Test("a draft is left alone while somebody may be writing it, and goes when it is old (ENG-9)")
    func drafts() throws {
        defer { remove() }
        _ = try figures(engine())
        let path = try #require(try files().first)
        let draft = path + ".new-1"
        try Data([1]).write(to: URL(fileURLWithPath: draft))
        _ = try engine()
        #expect(FileManager.default.fileExists(atPath: draft))
        let old = Date(timeIntervalSinceNow: -7_200)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: draft)
        _ = try engine()
        #expect(!FileManager.default.fileExists(atPath: draft))
    }

    @Test("a file that is used counts as new, so that what nobody runs goes first (ENG-9)")
    func used() throws {
        defer { remove() }
        _ = try figures(engine())
        let path = try #require(try files().first)
        let old = Date(timeIntervalSinceNow: -7_200)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
        #expect(try figures(engine()) == (0, 1))
        let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        #expect(try #require(date) > Date(timeIntervalSinceNow: -600))
    }

    @Test("another program's file under this one's name is not run (ENG-9)")
    func swapped() throws {
        defer { remove() }
        let first = try engine()
        _ = try figures(first)
        let path = try #require(try files().first)
        try first.prepare(EngineFixture.calling("(call $charge (i64.const 3))"))
        let other = try #require(try files().first { $0 != path })
        try Data(contentsOf: URL(fileURLWithPath: other)).write(to: URL(fileURLWithPath: path))
        #expect(try figures(engine()) == (1, 0))
    }

    @Test("a file or folder that others may write is not trusted (ENG-9)")
    func foreign() throws {
        defer { remove() }
        _ = try figures(engine())
        let path = try #require(try files().first)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        #expect(try figures(engine()) == (1, 0))
        // It was written anew, as its owner's alone.
        #expect(try figures(engine()) == (0, 1))
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder + "/code")
        #expect(throws: EngineTrouble.self) { try engine() }
    }

    @Test("a disk that takes no file costs a compilation and nothing else (ENG-9)")
    func fullDisk() throws {
        defer { remove() }
        let engine = try engine()
        let inner = try #require(try FileManager.default.contentsOfDirectory(atPath: folder + "/code").first)
        // A folder in the place of the file: no rename can take it.
        try FileManager.default.createDirectory(
            atPath: "\(folder)/code/\(inner)/\(program.digest.hex).code/x", withIntermediateDirectories: true)
        #expect(try figures(engine) == (1, 0))
        #expect(engine.figures.unkept == 1)
    }

    @Test("whoever asks for a program while it is compiled waits for that one compilation (ENG-10)")
    func once() throws {
        defer { remove() }
        let engine = try engine()
        let done = DispatchSemaphore(value: 0)
        let good = Atomic<Int>(0)
        for _ in 0..<16 {
            Thread.detachNewThread { [program] in
                if (try? engine.prepare(program)) != nil { good.add(1, ordering: .relaxed) }
                done.signal()
            }
        }
        for _ in 0..<16 { #expect(done.wait(timeout: .now() + 60) == .success) }
        #expect(good.load(ordering: .relaxed) == 16)
        #expect(engine.figures.compiled == 1)
    }

    @Test("programs beyond those held in memory come back from the disk (ENG-10)")
    func forgets() throws {
        defer { remove() }
        var settings = EngineSettings(cacheFolder: folder + "/code")
        (settings.rootsMax, settings.programsMax) = (1, 2)
        let engine = try WasmtimeEngine.load(path: try #require(EngineFixture.path), settings: settings)
        let programs = try (1...3).map { try EngineFixture.calling("(call $charge (i64.const \($0)))") }
        for _ in 0..<2 {
            for (index, program) in programs.enumerated() {
                #expect(try engine.call(program, gas: 10).gasLeft == Int64(9 - index))
            }
        }
        #expect(engine.figures.compiled == 3 && engine.figures.loaded == 3)
    }
}
