// SPDX-License-Identifier: Apache-2.0
import Administration
import Bedrock
import Foundation
import KeyCustody
import Ledger
import ShangMi
import Testing
import jiuding

/// An authority with its log, in a folder that is gone after the test.
private struct Bureau {
    static let now = CertificateTime(seconds: 1_795_000_000)
    let folder = NSTemporaryDirectory() + "journal-" + UUID().uuidString
    var directory: String { folder + "/ca" }

    func leave() { try? FileManager.default.removeItem(atPath: folder) }

    func found(_ witness: (any AuthorityWitness)?) throws -> CertificateAuthority {
        try CertificateAuthority.found(
            AuthorityName(organisation: "市大数据局"), in: directory, passphrase: Secret(utf8: "p"), now: Bureau.now,
            days: 1_000, witness: witness)
    }

    func open(_ witness: (any AuthorityWitness)?) throws -> CertificateAuthority {
        try CertificateAuthority.open(directory, passphrase: Secret(utf8: "p"), witness: witness)
    }

    static func request() throws -> CertificateRequest {
        let name = AuthorityName(organisation: "市大数据局")
        return try CertificateRequest.signed(try name.distinguished(), by: OpenSSLSigner(try PrivateKey.generate()))
    }

    var rows: [AuditRow] {
        get throws {
            var rows: [AuditRow] = []
            try AuditFolder(directory + "/audit", AuditFolder.acts).forEachLine { line, _ in
                if let row = AuditRow(line: line) { rows.append(row) }
            }
            return rows
        }
    }

    var told: [String] { get throws { try rows.map { "\($0.record.act) \($0.record.object)" } } }
}

@Suite struct AuthorityJournalTests {
    @Test("an authority's acts are rows of its log: serial, purpose, fingerprint and subject (AUD-15)")
    func acts() throws {
        let bureau = Bureau()
        defer { bureau.leave() }
        let journal = AuthorityJournal(bureau.directory)
        let authority = try bureau.found(journal)
        let first = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
        let second = try authority.renew(serial: first.serial, days: 9, now: Bureau.now)
        for _ in 0..<2 { _ = try authority.revoke(serial: first.serial, reason: .superseded, now: Bureau.now) }
        let (root, old) = (Hex.encode(authority.root.serial), Hex.encode(first.serial))
        #expect(
            try bureau.told == [
                "authority.init \(root)", "revocations.publish 1", "certificate.issue \(old)",
                "certificate.renew \(Hex.encode(second.serial))", "certificate.revoke \(old)", "revocations.publish 2",
            ])
        let rows = try bureau.rows
        try #require(rows.count == 6)
        #expect(rows.allSatisfy { $0.isSealed && $0.record.who.hasPrefix("operator:") && $0.record.verdict == .done })
        let print = SM3.hash(first.der).hex
        #expect(rows[2].record.detail.hasPrefix("user, until 2026-11-2"))
        #expect(rows[2].record.detail.hasSuffix("Z, fingerprint \(print), C=CN, O=市大数据局, CN=市大数据局"))
        #expect(rows[3].record.detail.hasPrefix("of \(old), until "))
        #expect(rows[4].record.detail == "superseded, C=CN, O=市大数据局, CN=市大数据局")
    }

    @Test("an act that was killed between row and book is named by the next opening, once (AUD-15)")
    func killed() throws {
        let bureau = Bureau()
        defer { bureau.leave() }
        let draft = try bureau.found(AuthorityJournal(bureau.directory)).root
        // What a process that is killed leaves: rows, and no line.
        let journal = AuthorityJournal(bureau.directory)
        try journal.willDo(.issue(draft, .user))
        try journal.willDo(.publish(number: 7, next: Bureau.now))
        let serial = Hex.encode(draft.serial)
        for _ in 0..<2 { _ = try bureau.open(AuthorityJournal(bureau.directory)) }
        #expect(
            try bureau.told.dropFirst(4) == ["authority.unfinished \(serial)", "authority.unfinished 7"],
            "each once, in their order")
        let named = try #require(try bureau.rows.dropFirst(4).first).record
        #expect(named.verdict == .failed)
        #expect(named.detail.hasPrefix("row 3 certificate.issue is not in the book"))
    }

    @Test(
        "a founding that was cut off is named, and an older authority's log begins with what it was (AUD-15)"
    )
    func beginnings() throws {
        let bureau = Bureau()
        defer { bureau.leave() }
        let lost = Hex.encode(try bureau.found(AuthorityJournal(bureau.directory)).root.serial)
        try FileManager.default.removeItem(atPath: bureau.directory + "/root.crt")
        let root = Hex.encode(try bureau.found(AuthorityJournal(bureau.directory)).root.serial)
        _ = try bureau.open(AuthorityJournal(bureau.directory))
        #expect(
            try bureau.told == [
                "authority.init \(lost)", "revocations.publish 1", "authority.unfinished \(lost)",
                "authority.init \(root)", "revocations.publish 2",
            ])
        try FileManager.default.removeItem(atPath: bureau.directory + "/audit")
        for _ in 0..<2 { _ = try bureau.open(AuthorityJournal(bureau.directory)) }
        #expect(try bureau.told == ["authority.adopt \(root)"])
        let first = try #require(try bureau.rows.first).record
        #expect(first.detail.hasPrefix("0 issued, 0 revoked, list 2, fingerprint "))
    }

    @Test("a row that cannot be written stops the act with JD-1628 (AUD-15)")
    func unwritable() throws {
        let bureau = Bureau()
        defer { bureau.leave() }
        let authority = try bureau.found(AuthorityJournal(bureau.directory))
        let audit = bureau.directory + "/audit"
        try FileManager.default.removeItem(atPath: audit)
        try Data("in the way".utf8).write(to: URL(fileURLWithPath: audit))
        do {
            _ = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
            Issue.record("it was issued")
        } catch let error as CustodyError { #expect(error.code == "JD-1628") }
        #expect(authority.book.entries.isEmpty)
    }

    @Test("a refusal's row has its code, and never what was typed (AUD-15)")
    func refusals() {
        func row(_ error: any Error) -> String? {
            AuthorityJournal.row(of: error).map { "\($0.verdict.rawValue) \($0.code) \($0.detail)" }
        }
        #expect(row(CustodyError.passphraseWrong(path: "k")) == "denied JD-1609 ")
        #expect(row(CustodyError.fileUnreadable(path: "my passphrase", errno: 2)) == "failed JD-1602 ")
        for fault in [
            AuthorityFault.requestNotSigned, .otherUse(serial: [1]), .revoked(serial: [1], since: Bureau.now),
        ] {
            #expect(row(CustodyError.authority(fault))?.hasPrefix("denied \(fault.code) ") == true)
        }
        #expect(row(CustodyError.authority(.serialUnknown(serial: [1])))?.hasPrefix("failed JD-1623 ") == true)
        #expect(row(Failure(.usage, "JD-4003", "my passphrase is no serial", fix: "")) == "failed JD-4003 ")
        #expect(row(CustodyError.authority(.unrecorded(reason: "full"))) == nil, "no row can tell of that")
    }

    @Test("an anchor is a deposit of one row under one name, and stands as long as it is the newest (AUD-6, AUD-16)")
    func anchors() throws {
        let row = AuditRow(7, at: Timestamp(1), AuditRecord("certificate.issue"), after: .zero)
        let anchor = AuditDeposit(name: "市 ca", tip: AuditLog.Tip(number: 7, digest: row.digest))
        let deposit = try #require(anchor.deposit)
        #expect(deposit.title.text == "市 ca acts 7" && deposit.digest == row.digest && deposit.size == 7)
        #expect(AuditDeposit.row(in: deposit, of: "市 ca") == 7 && AuditDeposit.row(in: deposit, of: "市") == nil)
        #expect(AuditDeposit(name: String(repeating: "x", count: 250), tip: anchor.tip).deposit == nil)
        let account = AccountID(try PrivateKey.generate().publicKey)
        let other = AccountID(try PrivateKey.generate().publicKey)
        let number = EvidenceNumber(height: Height(9), index: 1)
        let record = anchor.row(by: account, chain: "main", as: number)
        func standing(
            _ place: UInt64, _ who: AccountID, name: String = "市 ca", chain: String = "main"
        ) -> String? {
            let newest = AuditRow(place, at: Timestamp(2), record, after: row.digest)
            return AuditDeposit.standing(in: newest, name: name, by: who, chain: chain)
        }
        #expect(standing(8, account) == "E9-1")
        // A row came between, another's, under another name, on another chain: there is something to anchor.
        #expect(standing(9, account) == nil && standing(8, other) == nil)
        #expect(standing(8, account, name: "市") == nil && standing(8, account, chain: "side") == nil)
        #expect(AuditDeposit.standing(in: row, name: "市 ca", by: account, chain: "main") == nil)
    }
}
