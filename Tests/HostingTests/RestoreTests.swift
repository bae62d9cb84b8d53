// SPDX-License-Identifier: Apache-2.0
import Consensus
import Foundation
import Hosting
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// Directories made from snapshot files, and the nodes that start in them.
@Suite struct RestoreTests {
    /// A snapshot file of what a disk holds.
    private static func snapshot(of store: MemoryStore, to path: String) throws {
        var file = try BackupFileWriter(path: path)
        _ = try SnapshotFile.write(store, to: &file, weightMax: 200) { _ in true }
        #expect(!FileManager.default.fileExists(atPath: path), "it has no name before it is durable")
        try file.commit()
    }

    private static func reader(
        _ path: String, _ spec: ChainSpec
    ) throws -> SnapshotReader<BackupFileReader> {
        try SnapshotReader(try BackupFileReader(path: path), trust: .spec(spec), scheme: SM2.Verifier())
    }

    /// What a node's ring says now.
    private static func record(of node: FourNodes.Node, _ spec: ChainSpec) throws -> SafetyRecord {
        let owner = SM3.hash(spec.id.digest.bytes + node.signer.publicKey.bytes)
        return try #require(try SafetyRing(directory: node.directory, owner: owner, mayCreate: false).newest)
    }

    /// A chain that has made some blocks, closed.
    private static func grown() async throws -> LoneChain {
        let chain = try LoneChain()
        let host = chain.host()
        try await host.start()
        for number in 0..<12 as Range<UInt64> {
            _ = await host.submit([try chain.deposit(number)], until: .attested, within: .seconds(10))
        }
        await host.close()
        return chain
    }

    @Test("a disk full at any write leaves nothing to start from, the repeat works, a third is refused (BACK-6)")
    func fullDisk() async throws {
        let chain = try await RestoreTests.grown()
        defer { chain.remove() }
        let path = chain.directory + "/main.snapshot"
        try RestoreTests.snapshot(of: chain.disk.memory, to: path)
        var count = 0
        var refused = 0
        while true {
            let restore = ChainRestore(directory: "\(chain.directory)/new/\(count)/main")
            let disk = FussyDisk()
            disk.fill(after: count)
            // What a store's directory would be.
            let open = { (folder: String) throws(StoreError) -> FussyStore in
                try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                return try disk.open()
            }
            var reader = try RestoreTests.reader(path, chain.spec)
            do throws(ChainRestore.Failure) {
                try restore.run(&reader, openStore: open)
            } catch {
                refused += 1
                #expect(error == .backup(.store(.full(what: "memory"))))
                #expect(!FileManager.default.fileExists(atPath: restore.directory), "after \(count) writes")
                #expect(try BlockStore(disk.memory).base() == nil)
                disk.makeRoom()
                reader = try RestoreTests.reader(path, chain.spec)
                try restore.run(&reader, openStore: open)
            }
            #expect(restore.knownSpec == chain.spec)
            #expect(FileManager.default.fileExists(atPath: "\(restore.directory)/store"))
            #expect(!FileManager.default.fileExists(atPath: restore.directory + ".restoring"))
            var audit = ChainAudit(disk.memory, spec: chain.spec, scheme: SM2.Verifier())
            #expect(try audit.run { _, _ in true }.fault == nil, "after \(count) writes")
            reader = try RestoreTests.reader(path, chain.spec)
            let again = #expect(throws: ChainRestore.Failure.self) { try restore.run(&reader, openStore: open) }
            #expect(again == .taken(path: "\(restore.directory)/store"))
            if refused == count { break }
            count += 1
        }
        #expect(count > 5)
    }

    @Test("a safety record that lies there stays, anything else is named and left (BACK-6, BACK-8)")
    func keepsRecord() async throws {
        let chain = try await RestoreTests.grown()
        defer { chain.remove() }
        let path = chain.directory + "/main.snapshot"
        try RestoreTests.snapshot(of: chain.disk.memory, to: path)
        let restore = ChainRestore(directory: chain.directory + "/new/main")
        try FileManager.default.createDirectory(atPath: restore.directory, withIntermediateDirectories: true)
        for name in ["safety.a", "safety.b"] {
            try FileManager.default.copyItem(
                atPath: "\(chain.directory)/\(name)", toPath: "\(restore.directory)/\(name)")
        }
        #expect(restore.hasSafetyRecord)
        let disk = FussyDisk()
        let open = { (folder: String) throws(StoreError) -> FussyStore in
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return try disk.open()
        }
        let foreign = restore.directory + "/notes.txt"
        try Data("x".utf8).write(to: URL(fileURLWithPath: foreign))
        var reader = try RestoreTests.reader(path, chain.spec)
        let refusal = #expect(throws: ChainRestore.Failure.self) { try restore.run(&reader, openStore: open) }
        #expect(refusal == .taken(path: foreign))
        try FileManager.default.removeItem(atPath: foreign)
        try restore.run(&reader, openStore: open)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: restore.directory).sorted()
                == ["safety.a", "safety.b", "spec", "store"])
        // A file that is bad leaves nothing beside either.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let other = ChainRestore(directory: chain.directory + "/bad/main")
        let spare = FussyDisk()
        reader = try RestoreTests.reader(path, chain.spec)
        #expect(throws: ChainRestore.Failure.backup(.otherDigest)) {
            try other.run(&reader, openStore: { (_) throws(StoreError) in try spare.open() })
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: chain.directory + "/bad").isEmpty)
    }

    @Test(
        "a restored validator without its record is silent, catches up, and speaks when others have answered (BACK-8)")
    func fourNodes() async throws {
        let four = try FourNodes()
        for index in 0..<4 { try await four.start(index) }
        for number in 0..<6 as Range<UInt64> { _ = try await four.put(number, at: 0) }
        await four.stop(3)
        let path = NSTemporaryDirectory() + "/four-\(UUID().uuidString).snapshot"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try RestoreTests.snapshot(of: four.nodes[3].disk.memory, to: path)
        for number in 10..<14 as Range<UInt64> { _ = try await four.put(number, at: 0) }
        try four.wipe(3)
        var reader = try RestoreTests.reader(path, four.spec)
        try SnapshotFile.install(&reader, into: four.nodes[3].disk.memory) { _ in true }
        try await four.start(3)
        let height = try #require(await four.executed(0)).height
        #expect(await four.wait(3, for: height))
        // Three of four are a quorum: without node 0 nothing becomes final unless node 3 votes. It has no vote for what
        // may have been executed below its base (SYNC-9), so these are younger.
        // It may vote above what the others had reached when they answered, so they go on for a while.
        var seen: [SafetyRecord.Silence?] = []
        for number in 20..<60 as Range<UInt64> {
            let silence = try RestoreTests.record(of: four.nodes[3], four.spec).silence
            if seen.last != silence { seen.append(silence) }
            if silence == nil { break }
            _ = try await four.put(number, at: 1, from: height)
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(seen.first == .unbounded && seen.last == .some(nil), "\(seen)")
        await four.stop(0)
        guard case .attested = try await four.put(80, at: 1, from: height, within: 60) else {
            Issue.record("the restored validator does not vote again")
            return
        }
        let after = try #require(await four.executed(1))
        #expect(await four.wait(3, for: after.height))
        for index in 1..<4 { await four.stop(index) }
        var audit = ChainAudit(four.nodes[3].disk.memory, spec: four.spec, scheme: SM2.Verifier())
        #expect(try audit.run { _, _ in true }.fault == nil)
        // Without the word that it was restored, a lost ring is what it always was (RING-5).
        var batch = WriteBatch()
        batch.delete([0x01, 0x72])
        try four.nodes[3].disk.memory.write(batch, durably: true)
        for name in ["safety.a", "safety.b"] {
            try FileManager.default.removeItem(atPath: "\(four.nodes[3].directory)/\(name)")
        }
        let failure = await #expect(throws: HostFailure.self) { try await four.start(3) }
        #expect(failure?.kind == .safetyLost)
        await four.stop(3)
    }
}
