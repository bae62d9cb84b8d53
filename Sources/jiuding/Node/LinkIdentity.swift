// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import Logging
import ShangMi
import Synchronization
import TLCP
import Transport

/// Who this node is on its links, and whom it believes: certificates, roots and revocation lists, renewed while it
/// runs.
/// - Spec: NODE-6, NODE-8, TLCP-6.
final class LinkIdentity: Sendable {
    typealias Standing = CertificateCalendar.Standing

    private struct State {
        var credentials: Credentials
        var trust: CertificateTrust
        var calendar: CertificateCalendar
        /// Fingerprints that chains say were taken back, and since when.
        var refused: [Digest: CertificateTime] = [:]
        /// How near its end each was when last looked at.
        var warned: [String: CertificateCalendar.Step] = [:]
    }

    private let state: Mutex<State>
    private let keys: LinkKeys
    private let signingKey: SM2.PublicKey
    private let encryptingKey: SM2.PublicKey

    /// - Throws: `CustodyError` naming the file and what is wrong with it.
    init(_ peers: NodeConfiguration.Peers, signing: any Signer) throws {
        let encrypting = try RunningNode.key(peers.encryptionKey)
        keys = LinkKeys(signing: signing, encrypting: encrypting)
        (signingKey, encryptingKey) = (signing.publicKey, encrypting.publicKey)
        state = Mutex(try LinkIdentity.read(peers.certificates, signingKey, encryptingKey))
    }

    /// Reads all files again; where one is not good nothing changes.
    func reload(_ files: NodeConfiguration.Links) throws {
        var new = try LinkIdentity.read(files, signingKey, encryptingKey)
        state.withLock { old in
            new.warned = old.warned
            new.refused = old.refused
            old = new
        }
    }

    /// From the next handshake on certificates that chains took back are refused, and `stillHolds` says so of links.
    /// - Spec: CERT-22.
    func refuse(_ fingerprints: [Digest: CertificateTime]) {
        state.withLock { $0.refused.merge(fingerprints) { first, second in min(first, second) } }
    }

    private static func read(
        _ files: NodeConfiguration.Links, _ signing: SM2.PublicKey, _ encrypting: SM2.PublicKey
    ) throws(CustodyError) -> State {
        let now = CertificateTime.now
        let credentials = try CredentialFile.credentials(
            signing: files.signing, encrypting: files.encryption, signingKey: signing, encryptingKey: encrypting,
            now: now)
        let trust = try CredentialFile.trust(roots: files.authorities, lists: files.revocations)
        var calendar = CertificateCalendar()
        calendar.add(credentials.signing, named: "signing")
        calendar.add(credentials.encrypting, named: "encryption")
        for root in trust.authorities { calendar.add(root, named: "authority \(root.subject.description)") }
        for path in files.revocations {
            for list in try CredentialFile.lists(at: path) {
                calendar.add(list, named: "revocations \(list.issuer.description)")
            }
        }
        return State(credentials: credentials, trust: trust, calendar: calendar)
    }

    /// What links ask at every handshake.
    var security: TLCPSecurity {
        TLCPSecurity(
            settings: { [self] role in
                let (credentials, trust) = state.withLock { state in
                    var trust = state.trust
                    trust.refused = state.refused
                    return (state.credentials, trust)
                }
                return LinkSettings(role, credentials, trust: trust, clock: .now, seed: LinkIdentity.seed())
            },
            keys: keys)
    }

    private static func seed() -> SecretBytes {
        var generator = SystemRandomNumberGenerator()
        return SecretBytes((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    var standings: [Standing] { state.withLock { $0.calendar.standings(at: .now) } }

    /// Says once of each when it has come nearer to its end (NODE-8).
    func warnOfExpiry(_ log: Logger) {
        for standing in standings {
            // A renewed one is far from its end again, and will be warned of anew.
            let before = state.withLock { $0.warned.updateValue(standing.step, forKey: standing.name) } ?? .distant
            guard standing.step > before else { continue }
            let isLate = standing.step >= .within7Days
            log.log(
                level: isLate ? .error : .warning, standing.step == .expired ? "expired" : "expires soon",
                metadata: ["certificate": "\(standing.name)", "days-left": "\(standing.daysLeft)"])
        }
    }
}
