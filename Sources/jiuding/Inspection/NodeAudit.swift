// SPDX-License-Identifier: Apache-2.0
import Administration
import Bedrock
import Foundation
import Gateway
import Hosting
import Ledger
import Logging
import ShangMi
import Synchronization
import Transport

/// What a running node writes down of itself: acts and denials in one log, reads in another, both beside its chains.
/// - Spec: AUD-1, AUD-7, AUD-8, AUD-9.
final class NodeAudit: Sendable {
    let acts: AuditDesk
    let reads: AuditDesk
    let folder: String
    private let node: String
    private let log: Logger
    private let settings: NodeConfiguration.Audit
    private let newest: Mutex<AuditStanding.Anchor?> = Mutex(nil)
    private let tasks: Mutex<[Task<Void, Never>]> = Mutex([])
    /// Digests of the certificates in force, by what they are for.
    private let certificates: Mutex<String>

    init(_ configuration: NodeConfiguration, _ log: Logger) {
        let folder = "\(configuration.data)/audit"
        (self.folder, self.log, settings, node) = (folder, log, configuration.audit, configuration.node)
        let span = settings.countSeconds
        let make = { (file: AuditLog) in
            AuditDesk(file, span: span, clock: { HostClock.wall }, alarm: { NodeAudit.alarm($0, log) })
        }
        let actsLog = AuditLog(AuditFolder(folder, AuditFolder.acts))
        acts = make(actsLog)
        reads = make(
            AuditLog(
                AuditFolder(folder, AuditFolder.reads), segmentBytesMax: 16 << 20,
                retention: AuditRetention(
                    filesKept: settings.readFilesKept, days: settings.keptDays, archive: settings.archive),
                report: { failure in
                    log.error(
                        "old files of the log of reads cannot be archived and stay",
                        metadata: ["code": "JD-2306", "reason": "\(failure)"])
                }
            ) { (last) throws(AuditFailure) in
                try actsLog.append([(HostClock.wall, AuditRecord(AuditFolder.removedAct, object: "\(last)"))])
            })
        certificates = Mutex(NodeAudit.certificates(configuration))
    }

    /// A full disk is an alarm, and no reason for consensus to stop (AUD-8).
    private static func alarm(_ problem: String?, _ log: Logger) {
        if let problem {
            log.error("the audit log cannot be written", metadata: ["code": "JD-2306", "reason": "\(problem)"])
        } else {
            log.notice("the audit log is written again")
        }
    }

    // MARK: A node's life

    func begin(_ chains: [HostedChain], validator: SM2.PublicKey) {
        let seen = certificates.withLock { $0 }
        acts.note(
            AuditRecord(
                "node.start", who: validator.account, object: node,
                detail: "version \(BuildVersion.text)" + (seen.isEmpty ? "" : ", certificates \(seen)")))
        var started = chains.map { chain in
            let watch = GovernanceWatch(chain: chain, desk: acts, folder: folder, log: log)
            return Task { await watch.run() }
        }
        if let key = settings.anchorKey, let chain = chains.first(where: { $0.name.text == settings.anchorChain }) {
            let anchoring = AuditAnchoring(chain: chain, audit: self, node: node, key: key, log: log)
            let pause = Duration.seconds(settings.anchorSeconds)
            started.append(Task { await anchoring.run(every: pause) })
        }
        let kept = started
        tasks.withLock { $0 = kept }
    }

    func end() async {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        acts.note(AuditRecord("node.stop", object: node))
        await reads.flush()
        await acts.flush()
    }

    /// The newest deposit since the node was started.
    var anchor: AuditStanding.Anchor? { newest.withLock { $0 } }

    func anchored(_ anchor: AuditStanding.Anchor) { newest.withLock { $0 = anchor } }

    // MARK: Links

    /// Who was turned away at the links. Two nodes that dial each other close one of two: that denies nobody anything.
    func told(_ news: LinkNews) {
        switch news {
        case .refused(let peer, let reason, let address) where reason != .duplicate && reason != .shutdown:
            denied(reason.name, who: peer.hex, detail: address)
        case .lapsed(let peer, let address): denied("lapsed", who: peer.hex, detail: address)
        case .twin(let peer, let address): denied("twin", who: peer.hex, detail: address)
        case .handshakeFailed(let address, _, let reason): denied("handshake", who: "", detail: "\(address): \(reason)")
        case .linked, .unlinked, .refused: break
        }
    }

    private func denied(_ reason: String, who: String, detail: String) {
        acts.count(AuditRecord("link", .denied, who: who, object: reason, detail: detail), atOnce: true)
    }

    // MARK: Configuration

    func reloaded(_ configuration: NodeConfiguration, waiting: [String]) {
        let detail = waiting.isEmpty ? "" : "waits for a restart: \(waiting.joined(separator: ", "))"
        acts.note(AuditRecord("configuration.reload", object: node, detail: detail))
        let now = NodeAudit.certificates(configuration)
        let before = certificates.withLock { old in
            defer { old = now }
            return old
        }
        guard now != before else { return }
        acts.note(AuditRecord("certificate.change", object: now, detail: "before: \(before)"))
    }

    func refused(_ reason: String) {
        acts.note(AuditRecord("configuration.reload", .failed, code: "JD-1511", object: node, detail: reason))
    }

    /// The beginning of each certificate file's digest, by what it is for.
    private static func certificates(_ configuration: NodeConfiguration) -> String {
        guard let links = configuration.peers?.certificates else { return "" }
        let files =
            [("signing", links.signing), ("encryption", links.encryption)]
            + links.authorities.map { ("authority", $0) } + links.revocations.map { ("revocations", $0) }
        return files.map { name, path in
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            return "\(name)=\(SM3.hash([UInt8](bytes)).hex.prefix(16))"
        }.joined(separator: " ")
    }
}

/// Rows that commands of the operator add to a node's log, beside the node or while it is stopped.
/// - Spec: AUD-9.
enum OperatorAudit {
    /// Who sits at the machine, as far as it knows.
    static var name: String { "operator:\(ProcessInfo.processInfo.userName)" }

    /// - Parameter data: the node's own data directory.
    /// - Throws: where the row cannot be written; nothing should be done then that nobody would know of.
    static func add(_ record: AuditRecord, data: String) throws(Failure) {
        do {
            try AuditLog(AuditFolder("\(data)/audit", AuditFolder.acts)).append([(HostClock.wall, record)])
        } catch {
            let code = StableCode.auditUnwritable
            throw Failure(.no, code.label, "\(code.sentence): \(error)", fix: code.remedy)
        }
    }

    /// The same for an act on a chain's directory, `DATA/chains/NAME`; the folder of anything else is left alone.
    static func add(_ record: AuditRecord, chainDirectory: String) throws(Failure) {
        let parts = URL(fileURLWithPath: chainDirectory).standardizedFileURL
        guard parts.deletingLastPathComponent().lastPathComponent == "chains" else { return }
        try add(record, data: parts.deletingLastPathComponent().deletingLastPathComponent().path)
    }

    /// The same for an act on a key of a node, `DATA/keys/NAME`; keys that lie elsewhere are no node's.
    static func add(_ act: String, key file: String, detail: String = "") throws(Failure) {
        let parts = URL(fileURLWithPath: file).standardizedFileURL
        let folder = parts.deletingLastPathComponent()
        let data = folder.deletingLastPathComponent().path
        guard folder.lastPathComponent == "keys", FileManager.default.fileExists(atPath: "\(data)/chains") else {
            return
        }
        try add(AuditRecord(act, who: name, object: parts.lastPathComponent, detail: detail), data: data)
    }
}
