// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi
import Testing
import jiuding

struct CertificateChecksTests {
    @Test("doctor warns at 180, 90, 30 and 7 days and fails what has expired or cannot be read (CERT-17)")
    func steps() throws {
        let folder = NSTemporaryDirectory() + "doctor-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let now = CertificateTime(seconds: 1_795_000_000)
        let authority = try CertificateAuthority.found(
            AuthorityName(organisation: "市大数据局"), in: folder + "/ca", passphrase: Secret(utf8: "p"), now: now,
            days: 1_000, witness: nil)
        let key = OpenSSLSigner(try PrivateKey.generate())
        let request = try CertificateRequest.signed(authority.root.subject, by: key)
        let certificate = try authority.issue(request, for: .user, days: 365, now: now)
        let path = folder + "/node-0/certs/user.crt"
        try CredentialFile.create(.certificate(certificate), at: path)
        func found(_ daysLeft: Int64) -> Finding? {
            let findings = CertificateChecks.findings(
                [], data: folder + "/node-0", now: certificate.notAfter.advanced(byDays: -daysLeft))
            return findings.count == 1 ? findings.first : nil
        }
        #expect(found(181)?.verdict == .ok && found(181)?.fact.contains("181") == true)
        for (days, step) in [(180, 180), (91, 180), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (0, 7)] {
            let finding = found(Int64(days))
            #expect(finding?.verdict == .warn && finding?.fact.contains("\(step)") == true, "\(days) days")
            #expect(finding?.fact.contains(path) == true && finding?.fix.contains("jiuding ca renew") == true)
        }
        #expect(found(-1)?.verdict == .fail && found(-1)?.fact.contains("2027-") == true)
        #expect(found(366)?.verdict == .warn, "not yet valid")
        // The book's folder: a root and a list, of which the list runs out first.
        let own = CertificateChecks.findings([folder + "/ca"], data: folder, now: now)
        #expect(own.map(\.verdict) == [.ok] && own[0].fact.contains("90"))
        try Data("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/node-0/certs/bad.crt"))
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: folder + "/node-0/certs/notes.pem"))
        let bad = CertificateChecks.findings([], data: folder + "/node-0", now: now)
        #expect(bad.map(\.verdict) == [.fail] && bad[0].fact.contains("JD-1630") && bad[0].fact.contains("bad.crt"))
        let absent = CertificateChecks.findings([folder + "/none"], data: folder, now: now)
        #expect(absent.map(\.verdict) == [.fail] && absent[0].fact.contains("JD-1602"))
    }
}
