// SPDX-License-Identifier: Apache-2.0
import ShangMi
import Testing

@Suite struct CertificateCalendarTests {
    @Test("a warning is due at 180, 90, 30 and 7 days, and the last second still holds (CERT-17)")
    func steps() throws {
        let organization = try PaperOrganization(seed: 1)
        var calendar = CertificateCalendar()
        #expect(calendar.isEmpty)
        calendar.add(organization.signing, named: "node.crt")
        let end = organization.signing.notAfter
        func standing(_ seconds: Int64) throws -> CertificateCalendar.Standing {
            try #require(calendar.standings(at: CertificateTime(seconds: end.seconds - seconds)).first)
        }
        let day: Int64 = 86_400
        let expected: [(Int64, Int64, CertificateCalendar.Step)] = [
            (365 * day, 365, .distant), (180 * day + 1, 180, .distant), (180 * day, 180, .within180Days),
            (90 * day + 1, 90, .within180Days), (90 * day, 90, .within90Days), (30 * day, 30, .within30Days),
            (7 * day + 1, 7, .within30Days), (7 * day, 7, .within7Days), (1, 0, .within7Days), (0, 0, .within7Days),
            (-1, -1, .expired), (-day, -1, .expired), (-day - 1, -2, .expired),
        ]
        for (left, days, step) in expected {
            let found = try standing(left)
            #expect(found.step == step && found.daysLeft == days, "\(left) seconds before the end")
        }
        #expect(try !standing(365 * day).isEarly && standing(365 * day + 1).isEarly)
    }

    @Test("what ends first is told first, and a revocation list ends when its next is due (CERT-17)")
    func order() throws {
        let organization = try PaperOrganization(seed: 1)
        let now = PaperOrganization.now
        let list = try RevocationList.signed(
            [.init(serial: [5], since: now, reason: 1)], number: [1], issuer: organization.root, made: now,
            next: now.advanced(byDays: 20), by: organization.signer)
        var calendar = CertificateCalendar()
        calendar.add(organization.root, named: "b")
        calendar.add(organization.signing, named: "a")
        calendar.add(list, named: "list")
        let standings = calendar.standings(at: now)
        #expect(standings.map(\.name) == ["list", "a", "b"])
        #expect(standings[0].step == .within30Days && standings[0].daysLeft == 20)
        #expect(list.revoked([5]) == now)
        func step(_ daysBefore: Int64) -> CertificateCalendar.Step {
            calendar.standings(at: list.next.advanced(byDays: -daysBefore))[0].step
        }
        #expect(step(31) == .distant && step(30) == .within30Days && step(7) == .within7Days && step(-1) == .expired)
    }

    @Test("a time is read back from its digits, and from nothing else (CERT-3, CERT-11)")
    func digits() {
        for seconds: Int64 in [0, 951_782_400, 1_795_168_799, 253_402_300_799] {
            let time = CertificateTime(seconds: seconds)
            #expect(CertificateTime(digits: time.digits) == time)
        }
        #expect(CertificateTime(seconds: 1_795_168_799).text == "2026-11-20 09:59:59 UTC")
        for bad in ["", "20260230000000Z", "20261121240000Z", "20261121093000", "2026112109300aZ", "19491231000000Z"] {
            #expect(CertificateTime(digits: bad) == nil, "\(bad)")
        }
    }
}
