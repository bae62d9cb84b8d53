// SPDX-License-Identifier: Apache-2.0
import Administration
import Gateway
import Hosting
import Ledger
import Logging
import RocksStorage
import ShangMi
import Storage

/// Follows a chain and writes down what happened on it, each height exactly once, however often the node is killed and
/// whatever becomes of its disk.
///
/// On a thread of its own: it waits for the disk, and others must not.
/// - Spec: AUD-9, AUD-11.
actor GovernanceWatch {
    private let chain: HostedChain
    private let desk: AuditDesk
    private let log: Logger
    private let folder: AuditFolder
    private let identity: String
    private var acts: ChainActs
    /// What could not be done, as it was last told.
    private var problem = ""
    private nonisolated let thread: WorkThread

    private static let patience: Duration = .seconds(5)
    private static let pause: Duration = .milliseconds(500)
    /// How seldom the mark is written where nothing happens.
    private static let markEvery: UInt64 = 256

    init(chain: HostedChain, desk: AuditDesk, folder: String, log: Logger) {
        (self.chain, self.desk, self.log) = (chain, desk, log)
        self.folder = AuditFolder(folder, AuditFolder.acts)
        identity = chain.id.hex
        acts = ChainActs(chain: chain.name.text)
        thread = WorkThread(name: "audit-\(chain.name.text)")
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private var mark: String { "\(folder.path)/seen-\(chain.name.text)" }

    func run() async {
        defer { thread.close() }
        guard var cursor = await start() else { return }
        while !Task.isCancelled {
            let height = Height(cursor.next)
            guard await chain.wait(for: height, to: .executed, within: GovernanceWatch.patience) else {
                // A chain that has stopped here does not wait.
                await rest()
                continue
            }
            guard let found = await untilDone({ try await self.look(at: height, upTo: cursor.through) }) else { return }
            let rows = found.records.filter { !cursor.known.contains(AuditCursor.Mark($0)) }
            if !rows.isEmpty {
                let done = cursor.isMarked ? nil : height.value - 1
                guard await untilDone({ try await self.write(rows, after: done) }) != nil else { return }
            }
            if found.isGap || found.last.value % GovernanceWatch.markEvery == 0 { try? settle(found.last.value) }
            cursor = cursor.advanced(past: found.last.value)
        }
    }

    /// Where the log has got to with this chain; a chain that is new to it begins with its first height.
    private func start() async -> AuditCursor? {
        await untilDone {
            if let cursor = try self.resume() { return cursor }
            try await self.desk.write([
                AuditRecord(
                    AuditCursor.beginning, chain: self.chain.name.text, object: self.identity, height: 1,
                    detail: "what happens on this chain is written down from this height on")
            ])
            return AuditCursor(next: 1)
        }
    }

    private func resume() throws -> AuditCursor? {
        try AuditCursor.resume(folder, chain: chain.name.text, identity: identity, mark: mark)
    }

    private func look(at height: Height, upTo bound: UInt64?) async throws -> ChainActs.Found {
        let before = acts
        let (found, after) = try await chain.read { (reader) throws(StoreError) -> (ChainActs.Found, ChainActs) in
            var acts = before
            return (try acts.look(at: height, upTo: bound.map { Height($0) }, reader), acts)
        }
        acts = after
        return found
    }

    /// First where the log ends and what is done, then the rows: whatever a crash leaves of them is found behind the
    /// mark.
    private func write(_ rows: [AuditRecord], after done: UInt64?) async throws {
        if let done { try settle(done) }
        try await desk.write(rows)
    }

    private func settle(_ done: UInt64) throws {
        let text = AuditCursor.text(done: done, identity: identity, tip: desk.standing.tip.number)
        try DataDirectory.write([UInt8](text.utf8), to: mark, mode: 0o600)
    }

    // MARK: Trying again

    /// Nothing is passed over: what cannot be read or written is tried until it can be, and said once.
    /// - Returns: nil where the node ends.
    private func untilDone<Answer: Sendable>(_ body: () async throws -> Answer) async -> Answer? {
        while !Task.isCancelled {
            do {
                let answer = try await body()
                problem = ""
                return answer
            } catch {
                let reason = "\(error)"
                if reason != problem {
                    log.error("what happened on a chain cannot be written down", metadata: ["reason": "\(reason)"])
                }
                problem = reason
                await rest()
            }
        }
        return nil
    }

    private func rest() async { try? await Task.sleep(for: GovernanceWatch.pause) }
}
