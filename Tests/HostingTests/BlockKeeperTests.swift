// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import Ledger
import Replication
import ShangMi
import Storage
import Synchronization
import Testing

/// Old blocks on their way out of the store.
@Suite struct BlockKeeperTests {
    /// A chain of one validator that was closed with these transactions attested.
    private struct Past {
        let chain: LoneChain
        let ids: [TransactionID]
        let receipts: [TransactionID: [UInt8]]
        var store: MemoryStore { chain.disk.memory }
        var folder: String { chain.directory + "/archive" }
        let attested: Height

        init(_ count: UInt64 = 24) async throws {
            chain = try LoneChain()
            let host = chain.host()
            try await host.start()
            var ids: [TransactionID] = []
            for number in 0..<count {
                guard let deposit = try chain.deposit(number) else { continue }
                ids.append(deposit.id)
                _ = await host.submit([deposit], until: .attested, within: .seconds(10))
            }
            await host.close()
            self.ids = ids
            var receipts: [TransactionID: [UInt8]] = [:]
            for id in ids {
                let (transaction, proof) = try #require(try ProofBuilder(chain.disk.memory).proof(of: id))
                receipts[id] = EvidenceReceipt(transaction: transaction, proof: proof).encoded
            }
            self.receipts = receipts
            attested = try #require(try BlockStore(chain.disk.memory).finalTip()).header.execHeight
        }

        func retention(archive: Bool = true, kept: UInt64 = 4) -> BlockRetention {
            var pace = BlockRetention.Pace()
            pace.fileBlocksMax = 5
            pace.batchBytes = 1_500
            pace.pause = .zero
            pace.interval = .milliseconds(5)
            pace.keptMin = 0
            pace.keepsForNewcomers = false
            return BlockRetention(bodiesKept: kept, archive: archive ? folder : nil, pace: pace)
        }

        func keeper<Store: KeyValueStore>(_ store: Store, archive: Bool = true) -> BlockKeeper<Store> {
            BlockKeeper(store, chain: chain.spec.name, retention: retention(archive: archive)) { _ in }
        }

        func audit(_ store: MemoryStore) throws -> AuditReport {
            var audit = ChainAudit(store, spec: chain.spec, scheme: SM2.Verifier())
            return try audit.run { _, _ in true }
        }

        func files() -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        }

        /// Everything the archive holds, each block checked.
        func blocks() throws -> [(ArchivedBlock, [EpochProof])] {
            var found: [(ArchivedBlock, [EpochProof])] = []
            for name in files() {
                var reader = try ArchiveReader(
                    try BackupFileReader(path: "\(folder)/\(name)"), trust: .anchor(try chain.anchor()),
                    scheme: SM2.Verifier())
                while let block = try reader.next() { found.append((block, reader.handovers)) }
            }
            return found
        }
    }

    @Test("blocks go to files, leave, and give the same receipts as the store gave (ARCH-1 to ARCH-3, ARCH-8)")
    func leave() async throws {
        let past = try await Past()
        defer { past.chain.remove() }
        let store = past.store.fork()
        let before = try past.audit(store)
        #expect(before.fault == nil)
        let keeper = past.keeper(store)
        while try await keeper.step() {}
        await keeper.end()
        let horizon = try #require(keeper.report.horizon)
        let last = past.attested.value - 4
        #expect(horizon.value == last - last % 5, "what does not fill a file stays")
        #expect(past.files().first == "main-000000000001-000000000005.blocks")
        #expect(past.files().count == Int(horizon.value / 5))
        let archived = try past.blocks()
        #expect(archived.map(\.0.header.height.value) == Array(1...horizon.value))
        let blocks = BlockStore(store)
        var count = 0
        for id in past.ids {
            let place = try #require(try blocks.place(of: id))
            guard place.height <= horizon else {
                #expect(try ProofBuilder(store).proof(of: id) != nil)
                continue
            }
            count += 1
            #expect(try ProofBuilder(store).proof(of: id) == nil && blocks.block(at: place.height) == nil)
            let (block, handovers) = archived[Int(place.height.value) - 1]
            #expect(block.receipt(of: id, handovers: handovers)?.encoded == past.receipts[id])
            let name = past.files()[Int(place.height.value - 1) / 5]
            #expect(throws: StoreError.archived(height: place.height.value, file: name)) {
                try blocks.wantKept(place.height)
            }
            #expect(try blocks.archivedFile(holding: place.height)?.name.text == name)
            let evidence = try blocks.remains(at: place.height)?.entries.first { $0.id == id }?.evidence
            #expect(evidence?.depositor == AccountID(past.chain.member.publicKey))
        }
        #expect(count > 3)
        #expect(try blocks.archivedFile(holding: horizon.next) == nil)
        try blocks.wantKept(horizon.next)
    }

    @Test("a store without its old blocks passes the audit, and damage to what is left of them does not (ARCH-7)")
    func audit() async throws {
        let past = try await Past()
        defer { past.chain.remove() }
        let store = past.store.fork()
        let keeper = past.keeper(store)
        while try await keeper.step() {}
        await keeper.end()
        let (whole, pruned) = (try past.audit(past.store), try past.audit(store))
        #expect(pruned.fault == nil && pruned.heights == whole.heights && pruned.transactions == whole.transactions)
        func fault(_ change: (inout WriteBatch) throws -> Void) throws -> String? {
            let copy = store.fork()
            var batch = WriteBatch()
            try change(&batch)
            try copy.write(batch, durably: true)
            return try past.audit(copy).fault
        }
        let first = try #require(try BlockStore(store).place(of: past.ids[0])).height
        var encoder = Encoder()
        encoder.u8(0x0a)
        encoder.u64(first.value)
        let key = encoder.bytes
        #expect(try fault { $0.delete(key) }?.contains("what should be left of it is missing") == true)
        var bytes = try #require(try store.value(for: key))
        bytes[1] ^= 1
        #expect(try fault { $0.put(key, bytes) }?.contains("receipts of height") == true)
        #expect(try fault { $0.delete([0x01, 0x68]) }?.contains("body of block 1 is missing") == true)
        #expect(try fault { $0.put([0x01, 0x68], [0xff, 0x7f]) }?.contains("above the executed tip") == true)
        // And a chain goes on from it.
        let disk = past.chain.disk
        let direct = past.keeper(disk.memory)
        while try await direct.step() {}
        await direct.end()
        let host = past.chain.host()
        try await host.start()
        let answer = await host.submit([try past.chain.deposit(500)], until: .attested, within: .seconds(10))
        guard case .attested = answer[0] else { return #expect(Bool(false), "\(answer)") }
        // What was executed before its block left is still known.
        let again = await host.submit([try past.chain.deposit(0)], until: .attested, within: .seconds(10))
        guard case .attested(let place) = again[0] else { return #expect(Bool(false), "\(again)") }
        #expect(place.height == first)
        await host.close()
        #expect(try past.audit(disk.memory).fault == nil)
    }

    @Test("a disk that fails at any write loses nothing: every block is in the store or in a file (ARCH-6)")
    func crash() async throws {
        let past = try await Past(14)
        defer { past.chain.remove() }
        var count = 0
        while true {
            try? FileManager.default.removeItem(atPath: past.folder)
            let disk = FussyDisk()
            var copy = WriteBatch()
            for pair in try past.store.scan(from: [], to: nil, limit: 1_000_000, reverse: false) {
                copy.put(pair.key, pair.value)
            }
            try disk.memory.write(copy, durably: true)
            let store = try disk.open()
            disk.fill(after: count)
            let keeper = past.keeper(store)
            var hasFailed = false
            do throws(BackupError) { while try await keeper.step() {} } catch {
                #expect(error == .store(.full(what: "memory")))
                hasFailed = true
            }
            await keeper.end()
            try store.close()
            // Nothing but what is on the disk and in the folder counts now.
            #expect(try past.audit(disk.memory).fault == nil, "after \(count) writes")
            let horizon = try BlockStore(disk.memory).horizon()?.value ?? 0
            #expect(try past.blocks().count >= Int(horizon))
            disk.makeRoom()
            let next = try disk.open()
            let second = past.keeper(next)
            while try await second.step() {}
            await second.end()
            try next.close()
            #expect(try past.audit(disk.memory).fault == nil)
            #expect(try past.blocks().map(\.0.header.height.value) == Array(1...(second.report.horizon?.value ?? 0)))
            if !hasFailed { break }
            count += 1
        }
        #expect(count > 4)
    }

    @Test("a file cut off, changed anywhere, or with a block of another place is refused (ARCH-5)")
    func damage() async throws {
        let past = try await Past(8)
        defer { past.chain.remove() }
        struct Bytes: ByteSource, ByteSink {
            var bytes: [UInt8] = []
            var used = 0
            mutating func read(_ count: Int) throws(BackupError) -> [UInt8] {
                let taken = min(count, bytes.count - used)
                defer { used += taken }
                return Array(bytes[used..<(used + taken)])
            }
            mutating func write(_ more: [UInt8]) throws(BackupError) { bytes += more }
        }
        func flaw(_ bytes: [UInt8]) -> BackupError? {
            do throws(BackupError) {
                var reader = try ArchiveReader(
                    Bytes(bytes: bytes), trust: .spec(past.chain.spec), scheme: SM2.Verifier())
                while try reader.next() != nil {}
                return nil
            } catch {
                return error
            }
        }
        var file = Bytes()
        let summary = try ArchiveFile.write(Height(1)...Height(3), of: past.store, to: &file)
        #expect(summary.blocks == 3 && summary.transactions > 0 && flaw(file.bytes) == nil)
        for place in file.bytes.indices {
            var bytes = file.bytes
            bytes[place] ^= 1 << UInt8(place % 8)
            #expect(flaw(bytes)?.stable != nil, "byte \(place)")
        }
        for count in stride(from: 0, to: file.bytes.count, by: 7) {
            guard case .truncated = flaw(Array(file.bytes[..<count])) else {
                Issue.record("cut to \(count)")
                return
            }
        }
        var other = Bytes()
        #expect(throws: BackupError.nothing) {
            try ArchiveFile.write(Height(1)...Height(1_000), of: past.store, to: &other)
        }
        #expect(throws: BackupError.cancelled) {
            try ArchiveFile.write(Height(1)...Height(3), of: past.store, to: &other) { false }
        }
    }

    @Test("what stays, stays: no retention, a young chain, newcomers' blocks, a folder that cannot be made (ARCH-4)")
    func stays() async throws {
        let past = try await Past(10)
        defer { past.chain.remove() }
        let store = past.store.fork()
        func step(_ retention: BlockRetention) async throws -> (Bool, Height?) {
            let keeper = BlockKeeper(store, chain: past.chain.spec.name, retention: retention) { _ in }
            let did = try await keeper.step()
            await keeper.end()
            return (did, try BlockStore(store).horizon())
        }
        #expect(try await step(.everything) == (false, nil))
        #expect(try await step(BlockRetention(bodiesKept: 0)) == (false, nil), "a thousand stay")
        var pace = past.retention().pace
        pace.keepsForNewcomers = true
        #expect(try await step(BlockRetention(bodiesKept: 0, pace: pace)) == (false, nil), "no snapshot yet")
        // A snapshot at height 3: what lies at it and above is a newcomer's.
        var tree = try StateTree(store: store, keyspace: BlockStore<MemoryStore>.stateKeyspace)
        try store.write(try tree.pin(version: 4), durably: true)
        #expect(try await step(BlockRetention(bodiesKept: 0, pace: pace)) == (true, Height(2)))
        #expect(try BlockStore(store).archivedFile(holding: Height(2)) == nil)
        #expect(throws: StoreError.archived(height: 2, file: nil)) { try BlockStore(store).wantKept(Height(2)) }
        // A file stands where the folder should be.
        try Data().write(to: URL(fileURLWithPath: past.folder))
        let keeper = past.keeper(store)
        keeper.begin()
        for _ in 0..<500 where keeper.report.problem == nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(keeper.report.problem?.contains("archive") == true && keeper.report.horizon == Height(2))
        try FileManager.default.removeItem(atPath: past.folder)
        for _ in 0..<500 where keeper.report.horizon == Height(2) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(keeper.report.horizon != Height(2) && past.files().first == "main-000000000003-000000000007.blocks")
        await keeper.end()
    }

    @Test("a running chain archives beside its work and says so (ARCH-2, ARCH-6)")
    func beside() async throws {
        let past = try await Past(4)
        defer { past.chain.remove() }
        let host = past.chain.host(retention: past.retention())
        try await host.start()
        for number in 100..<130 as Range<UInt64> {
            let answer = await host.submit([try past.chain.deposit(number)], until: .attested, within: .seconds(10))
            guard case .attested = answer[0] else { return #expect(Bool(false), "\(answer)") }
        }
        for _ in 0..<500 {
            if await host.snapshot().keeping?.horizon?.value ?? 0 >= 20 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await host.snapshot().keeping?.horizon?.value ?? 0 >= 20)
        await host.close()
        #expect(try past.audit(past.store).fault == nil)
        #expect(try past.blocks().count >= 20)
    }
}
