// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
package import Ledger
package import Replication
import ShangMi
package import Storage
import Synchronization

/// How long blocks stay in a chain's store, and where they go.
package struct BlockRetention: Hashable, Sendable {
    /// Heights behind the attested one whose blocks stay; nil keeps all for ever. Never fewer than a peer that lags may
    /// ask for, and never those a newcomer needs above the oldest snapshot it may be offered (ARCH-4).
    package let bodiesKept: UInt64?
    /// The folder of files older blocks go to first; nil drops them.
    package let archive: String?
    /// How fast, and in what portions.
    package let pace: Pace

    package init(bodiesKept: UInt64? = nil, archive: String? = nil, pace: Pace = Pace()) {
        (self.bodiesKept, self.archive, self.pace) = (bodiesKept, archive, pace)
    }

    /// All blocks stay.
    package static let everything = BlockRetention()

    package struct Pace: Hashable, Sendable {
        /// A file ends with so many blocks, or before the one with which their payloads exceed so many bytes.
        package var fileBlocksMax: UInt64 = 10_000
        package var filePayloadBytesMax: UInt64 = 64 << 20
        /// About what one batch takes out of the store: a vote waits behind it.
        package var batchBytes = 1 << 20
        /// Between batches, and after every mebibyte or so written to a file: some 20 MiB a second at most.
        package var pause = Duration.milliseconds(50)
        /// Between looks for something to do.
        package var interval = Duration.seconds(30)
        /// The fewest heights that stay: who lags by less fetches blocks.
        package var keptMin = Pacing.snapshotGap
        /// False only in tests: the chain has made no snapshot yet.
        package var keepsForNewcomers = true

        package init() {}
    }
}

/// What became of a chain's old blocks so far.
package struct BlockKeeperReport: Hashable, Sendable {
    /// The highest height whose block has left the store, nil where none has.
    package let horizon: Height?
    /// Why blocks that should leave do not: the archive's folder cannot be written. Tried again all the time.
    package let problem: String?
}

/// Moves one chain's old blocks to the archive, then out of the store, beside the chain and slower than it.
///
/// File first: written, synced, named, then remembered in the store durably; only then its blocks leave, a few to a
/// batch. Stopped at any point it begins again with what the store remembers, and writes a file anew that the store
/// does not know of.
/// - Spec: ARCH-2 to ARCH-4, ARCH-6.
package actor BlockKeeper<Store: KeyValueStore> {
    private struct State {
        var horizon: Height?
        var problem: String?
        var isEnding = false
        var task: Task<Void, Never>?
    }

    private nonisolated let thread: WorkThread
    private nonisolated let blocks: BlockStore<Store>
    private nonisolated let chain: Label
    private nonisolated let retention: BlockRetention
    private nonisolated let failed: @Sendable (StoreError) -> Void
    private nonisolated let state: Mutex<State>

    /// - Parameter failed: told what the store failed with; nothing more is done then.
    package init(
        _ store: Store, chain: Label, retention: BlockRetention, failed: @escaping @Sendable (StoreError) -> Void
    ) {
        thread = WorkThread(name: "archive-\(chain.text)")
        blocks = BlockStore(store)
        self.chain = chain
        self.retention = retention
        self.failed = failed
        state = Mutex(State(horizon: (try? blocks.horizon()) ?? nil))
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    package nonisolated var report: BlockKeeperReport {
        state.withLock { BlockKeeperReport(horizon: $0.horizon, problem: $0.problem) }
    }

    /// Works on a thread of its own, a little at a time, until `end`.
    package nonisolated func begin() {
        let task = Task { await self.work() }
        state.withLock { $0.task = task }
    }

    /// Returns when nothing is done with the store any more.
    package nonisolated func end() async {
        let task = state.withLock { state in
            state.isEnding = true
            return state.task
        }
        task?.cancel()
        await task?.value
        thread.close()
    }

    private nonisolated var isEnding: Bool { state.withLock { $0.isEnding } }

    private func work() async {
        while !isEnding {
            do throws(BackupError) {
                let isMore = try await step()
                state.withLock { $0.problem = nil }
                if isMore { continue }
            } catch {
                switch error {
                case .cancelled: return
                case .store(let reason):
                    // No room for a file is the archive's trouble; no room in the store is the chain's, which stops.
                    guard case .full(let what) = reason else { return failed(reason) }
                    state.withLock { $0.problem = what }
                case .file(let what): state.withLock { $0.problem = what }
                default:
                    let what = error.stable.map { "\($0.label) \($0.title)" } ?? "\(error)"
                    state.withLock { $0.problem = what }
                }
            }
            try? await Task.sleep(for: retention.pace.interval)
        }
    }

    /// Does the next thing there is to do: writes one file, or takes the blocks of one out.
    /// - Returns: false where nothing is to be done now.
    package func step() async throws(BackupError) -> Bool {
        let limit: Height?
        let first: Height
        let newest: ArchivedFile?
        do throws(StoreError) {
            limit = try leaving()
            first = try blocks.firstKept()
            newest = try blocks.newestArchivedFile()
        } catch {
            throw .store(error)
        }
        guard let limit, first <= limit else { return false }
        guard let folder = retention.archive else { return try await takeOut(upTo: limit) }
        if let newest, newest.last >= first { return try await takeOut(upTo: min(newest.last, limit)) }
        return try await archive(from: first, upTo: limit, in: folder)
    }

    /// The highest height whose block may leave, nil for none.
    /// - Spec: ARCH-4.
    private func leaving() throws(StoreError) -> Height? {
        guard let kept = retention.bodiesKept, let executed = try blocks.executedTip()?.height,
            let attested = try blocks.finalTip()?.header.execHeight
        else { return nil }
        let behind = max(kept, retention.pace.keptMin)
        let newest = min(executed.value, attested.value)
        guard newest > behind else { return nil }
        guard retention.pace.keepsForNewcomers else { return Height(newest - behind) }
        let tree = try StateTree(store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
        guard let oldest = tree.pins.first.flatMap({ StateVersion.height(of: $0) }) else { return nil }
        // Who lags takes a snapshot only where it is half a gap ahead (SYNC-7); from nearer it needs the blocks.
        let margin = retention.pace.keptMin / 2 + 1
        guard oldest.value > margin else { return nil }
        return Height(min(newest - behind, oldest.value - margin))
    }

    private func archive(from first: Height, upTo limit: Height, in folder: String) async throws(BackupError) -> Bool {
        let pace = retention.pace
        let last: Height?
        do throws(StoreError) {
            last = try ArchiveFile.end(
                from: first, upTo: limit, in: blocks.store, blocksMax: pace.fileBlocksMax,
                payloadBytesMax: pace.filePayloadBytesMax)
        } catch {
            throw .store(error)
        }
        guard let last else { return false }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .file(what: "cannot make \(folder): \(error.localizedDescription)")
        }
        let name = ArchiveFile.name(chain, first, last)
        guard let label = Label(name) else { throw .file(what: "\(name) cannot name a file") }
        let digest = try write(first...last, to: "\(folder)/\(name)")
        do throws(StoreError) {
            try blocks.note(ArchivedFile(first: first, last: last, name: label, digest: digest))
        } catch {
            throw .store(error)
        }
        return true
    }

    private nonisolated func write(_ range: ClosedRange<Height>, to path: String) throws(BackupError) -> Digest {
        let file = try BackupFileWriter(path: path)
        var (sink, slept) = (file, 0 as UInt64)
        let summary = try ArchiveFile.write(range, of: blocks.store, to: &sink) {
            // The thread is this keeper's own: a pause here is what leaves the disk to the chain.
            if file.byteCount >= slept + 1 << 20 {
                slept = file.byteCount
                Thread.sleep(forTimeInterval: retention.pace.pause / .seconds(1))
            }
            return !isEnding
        }
        try file.commit()
        return summary.digest
    }

    private func takeOut(upTo last: Height) async throws(BackupError) -> Bool {
        var isDone = false
        while !isDone {
            if isEnding { throw .cancelled }
            do throws(StoreError) {
                guard let batch = try blocks.takeOut(upTo: last, bytesMax: retention.pace.batchBytes) else {
                    return true
                }
                // Not durable: lost in a crash, the blocks are there again and leave again.
                try blocks.store.write(batch, durably: false)
                let horizon = try blocks.horizon()
                state.withLock { $0.horizon = horizon }
                isDone = horizon.map { $0 >= last } ?? false
            } catch {
                throw .store(error)
            }
            try? await Task.sleep(for: retention.pace.pause)
        }
        return true
    }
}
