// SPDX-License-Identifier: Apache-2.0
import Administration
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Synchronization

/// Brings what the gateway saw into the logs: reads counted by who, what and span, denials told at once.
/// - Spec: API-46, AUD-7.
enum AccessWitness {
    static func tell(_ note: AccessNote, _ audit: NodeAudit) {
        let act =
            switch note.kind {
            case .read: "read"
            case .request: "request"
            case .tokenMade: "token.create"
            case .tokenRevoked: "token.revoke"
            case .audit: "audit.read"
            }
        guard let code = note.code else {
            let record = AuditRecord(
                act, note.kind == .read ? .allowed : .done, who: note.who, organization: note.organization,
                chain: note.chain, object: note.object, height: note.height)
            return note.kind == .read ? audit.reads.count(record, atOnce: false) : audit.acts.note(record)
        }
        // A fault of the request or of ours is no question of rights.
        guard AccessWitness.isDenial(code) else { return }
        // The detail of who is over a rate changes with nothing that matters; those of rights name the rule.
        let object =
            note.object + (note.address.isEmpty ? "" : " from \(note.address)")
            + (note.claim.isEmpty ? "" : " as \(note.claim)")
        audit.acts.count(
            AuditRecord(
                act, .denied, code: code.label, who: note.who, organization: note.organization, chain: note.chain,
                object: object, height: note.height, count: note.count, detail: note.detail),
            atOnce: true, stranger: note.isStranger ? note.address : nil)
    }

    private static func isDenial(_ code: StableCode) -> Bool {
        switch code {
        case .unknownChain, .notFound, .malformedRequest, .gatewayInternal, .chainHalted, .heightPruned: false
        default: true
        }
    }
}

/// Keys that tokens name, opened once each: opening one costs a tenth of a second on purpose (KEY-8).
final class KeyRing: Sendable {
    private let keys: Mutex<[String: OpenSSLSigner]> = Mutex([:])

    @Sendable func open(_ path: String) throws -> any Signer {
        if let known = keys.withLock({ $0[path] }) { return known }
        let signer = OpenSSLSigner(try RunningNode.key(path))
        keys.withLock { $0[path] = signer }
        return signer
    }
}
