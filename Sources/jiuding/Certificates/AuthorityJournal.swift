// SPDX-License-Identifier: Apache-2.0
package import Administration
import Foundation
import Hosting
package import KeyCustody
package import ShangMi

/// The audit log of a certificate authority, in its own folder: its acts before they are done, and what was refused.
///
/// The row is first, then the book, then the certificate or list that is handed out: what anybody holds has a row.
/// A process that is killed in between leaves a row of an act that was not done; whoever opens the authority next
/// says so.
/// - Spec: AUD-15.
package final class AuthorityJournal: AuthorityWitness {
    package enum Act: String, CaseIterable {
        case found = "authority.init"
        /// The authority is older than its log.
        case adopt = "authority.adopt"
        /// A row calls done what the book does not know.
        case unfinished = "authority.unfinished"
        case issue = "certificate.issue"
        case renew = "certificate.renew"
        case revoke = "certificate.revoke"
        case publish = "revocations.publish"
    }

    private let place: AuthorityPlace
    private let folder: AuditFolder
    private let log: AuditLog
    /// What the command that runs is about, as far as it knows: a serial, or the account of a request's key.
    package var object = ""

    package init(_ directory: String) {
        place = AuthorityPlace(directory)
        folder = AuditFolder("\(directory)/audit", AuditFolder.acts)
        log = AuditLog(folder)
    }

    // MARK: Acts

    package func opened(_ book: AuthorityBook, root: Certificate?) throws(CustodyError) {
        var claims = AuthorityClaims()
        do throws(AuditFailure) {
            try folder.forEachLine { line, _ in
                if let row = AuditRow(line: line), row.isSealed { claims.take(row) }
            }
        } catch { throw .authority(.unrecorded(reason: "\(error)")) }
        for row in claims.missing(in: book, root: root) {
            try add(
                .unfinished, .failed, object: row.record.object,
                "row \(row.number) \(row.record.act) is not in the book: it was not done, or the book is an older copy")
        }
        guard let root, !claims.begins(with: root) else { return }
        try add(
            .adopt, object: root.serial.hexadecimal,
            "\(book.entries.count) issued, \(book.revokedCount) revoked, list \(book.listNumber), "
                + "fingerprint \(SM3.hash(root.der).hex), \(root.subject.description)")
    }

    package func willDo(_ act: AuthorityAct) throws(CustodyError) {
        switch act {
        case .found(let root): try add(.found, root, "until")
        case .issue(let certificate, let purpose): try add(.issue, certificate, "\(purpose.rawValue), until")
        case .renew(let certificate, let old): try add(.renew, certificate, "of \(old.hexadecimal), until")
        case .revoke(let certificate, let reason):
            object = certificate.serial.hexadecimal
            try add(.revoke, object: object, "\(reason.rawValue), \(certificate.subject.description)")
        case .publish(let number, let next):
            try add(.publish, object: "\(number)", "next is due \(next.rfc3339)")
        }
    }

    /// The subject last: it is the longest, and a long text is cut.
    private func add(_ act: Act, _ certificate: Certificate, _ facts: String) throws(CustodyError) {
        object = certificate.serial.hexadecimal
        try add(
            act, object: object,
            "\(facts) \(certificate.notAfter.rfc3339), fingerprint \(SM3.hash(certificate.der).hex), "
                + "\(certificate.subject.description)")
    }

    private func add(
        _ act: Act, _ verdict: AuditRecord.Verdict = .done, code: String = "", object: String, _ detail: String
    ) throws(CustodyError) {
        do throws(AuditFailure) {
            try log.append([
                (
                    HostClock.wall,
                    AuditRecord(
                        act.rawValue, verdict, code: code, who: OperatorAudit.name, object: object, detail: detail)
                )
            ])
        } catch { throw .authority(.unrecorded(reason: "\(error)")) }
    }

    // MARK: Refusals

    /// Does what a command is for. What is refused, or fails, has a row too, where there is an authority to have it.
    /// - Parameter terminal: told where that row cannot be written; the refusal stands all the same.
    func attempt<Answer>(_ act: Act, _ terminal: Terminal? = nil, _ body: () throws -> Answer) throws -> Answer {
        do { return try body() } catch {
            if let row = AuthorityJournal.row(of: error), isThere {
                do throws(CustodyError) {
                    try add(act, row.verdict, code: row.code, object: object, row.detail)
                } catch { terminal?.warn(Failure(error).line) }
            }
            throw error
        }
    }

    private var isThere: Bool {
        [place.root, place.key, place.book].contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// How a refusal stands in a row; nil for one that says that no row can be written.
    package static func row(
        of error: any Error
    ) -> (verdict: AuditRecord.Verdict, code: String, detail: String)? {
        switch error {
        case CustodyError.authority(.unrecorded): nil
        case let error as CustodyError:
            (
                isDenial(error) ? .denied : .failed, error.code,
                isAboutTyped(error) ? "" : error.bilingualSentence.english
            )
        // Its sentence may repeat what was typed, in whatever place a passphrase was typed into.
        case let failure as Failure: (.failed, failure.code, "")
        default: (.failed, "", "")
        }
    }

    /// Whether its sentence names a path, which may be anything that was typed in a path's place.
    private static func isAboutTyped(_ error: CustodyError) -> Bool {
        switch error {
        case .authority: false
        default: true
        }
    }

    /// Who asked had no right to it, as against what could not be done for anybody.
    private static func isDenial(_ error: CustodyError) -> Bool {
        switch error {
        case .passphraseWrong, .authority(.requestNotSigned), .authority(.otherUse), .authority(.revoked): true
        default: false
        }
    }
}

/// What a log says was done, as far as a book may not know it: of each kind the newest row, since one process works at
/// a time and does one act after the other.
/// - Spec: AUD-15.
package struct AuthorityClaims {
    private var newest: [AuthorityJournal.Act: AuditRow] = [:]
    private var beginnings: Set<String> = []

    package init() {}

    package mutating func take(_ row: AuditRow) {
        let record = row.record
        guard let act = AuthorityJournal.Act(rawValue: record.act) else { return }
        switch (act, record.verdict) {
        case (.unfinished, _): newest = newest.filter { $0.value.record.object != record.object }
        case (.adopt, .done): beginnings.insert(record.object)
        case (_, .done):
            if act == .found { beginnings.insert(record.object) }
            newest[act] = row
        default: break
        }
    }

    /// Rows of acts that were not done, in their order.
    package func missing(in book: AuthorityBook, root: Certificate?) -> [AuditRow] {
        newest.filter { act, row in
            let object = row.record.object
            let entry = [UInt8](hexadecimal: object).flatMap { book[$0] }
            return switch act {
            case .found: object != root?.serial.hexadecimal
            case .issue, .renew: entry == nil
            case .revoke: entry?.revocation == nil
            case .publish: UInt64(object).map { $0 > book.listNumber } ?? true
            case .adopt, .unfinished: false
            }
        }.values.sorted { $0.number < $1.number }
    }

    /// Whether the log tells of the beginning of this authority.
    package func begins(with root: Certificate) -> Bool { beginnings.contains(root.serial.hexadecimal) }
}
