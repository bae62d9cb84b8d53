// SPDX-License-Identifier: Apache-2.0
import KeyCustody
import ShangMi
import Testing

/// Notes what it is told, and the book's size at that moment; refuses from an act on, where told to.
private final class Recorder: AuthorityWitness {
    private let bureau: Bureau
    var acts: [AuthorityAct] = []
    var bookSizes: [Int] = []
    var isRefusing = false
    /// Refuses lists only.
    var isRefusingLists = false

    init(_ bureau: Bureau) { self.bureau = bureau }

    func opened(_ book: AuthorityBook, root: Certificate?) throws(CustodyError) {}

    func willDo(_ act: AuthorityAct) throws(CustodyError) {
        var isList: Bool { if case .publish = act { true } else { false } }
        if isRefusing || isRefusingLists && isList { throw .authority(.unrecorded(reason: "no room")) }
        acts.append(act)
        bookSizes.append((try? bureau.bytes(bureau.place.book).count) ?? 0)
    }
}

@Suite struct AuthorityWitnessTests {
    @Test("each act is told before it is in the book, and what changes nothing is not told (AUD-15)")
    func order() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let recorder = Recorder(bureau)
            let authority = try bureau.found(witness: recorder)
            let first = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
            let second = try authority.renew(serial: first.serial, days: 9, now: Bureau.now)
            for _ in 0..<2 { _ = try authority.revoke(serial: first.serial, reason: .superseded, now: Bureau.now) }
            let next = Bureau.now.advanced(byDays: CertificateAuthority.listDays)
            #expect(
                recorder.acts == [
                    .found(authority.root), .publish(number: 1, next: next), .issue(first, .user),
                    .renew(second, old: first.serial), .revoke(first, .superseded), .publish(number: 2, next: next),
                ])
            #expect(recorder.bookSizes.first == 0)
            // Each line of the book came after its act was told: sizes rise from act to act.
            #expect(zip(recorder.bookSizes, recorder.bookSizes.dropFirst()).allSatisfy { $0 < $1 })
            let whole = try bureau.bytes(bureau.place.book).count
            #expect(recorder.bookSizes.last.map { $0 < whole } == true)
        }
    }

    @Test("who takes a certificate back is told that it is, where only the list's row found no room (AUD-15)")
    func unpublished() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let recorder = Recorder(bureau)
            let authority = try bureau.found(witness: recorder)
            let certificate = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
            recorder.isRefusingLists = true
            let wanted = CustodyError.authority(.unpublished(reason: "no room"))
            #expect(refusal { try authority.revoke(serial: certificate.serial, now: Bureau.now) } == wanted)
            #expect(authority.book.revokedCount == 1 && authority.list == nil)
            // Asked again it is no new act, and the list is still owed.
            #expect(refusal { try authority.revoke(serial: certificate.serial, now: Bureau.now) } == wanted)
            recorder.isRefusingLists = false
            let list = try authority.revoke(serial: certificate.serial, now: Bureau.now)
            #expect(list.revoked(certificate.serial) != nil && list.count == 1)
        }
    }

    @Test("what cannot be written down is not done: no line in the book, no list, no root (AUD-15)")
    func refused() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let recorder = Recorder(bureau)
            recorder.isRefusing = true
            let wanted = CustodyError.authority(.unrecorded(reason: "no room"))
            #expect(refusal { try bureau.found(witness: recorder) } == wanted)
            #expect(refusal { try bureau.place.readRoot() }?.code == "JD-1617")
            recorder.isRefusing = false
            let certificate: Certificate
            do {
                let authority = try bureau.found(witness: recorder)
                certificate = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
            }
            let authority = try bureau.open(witness: recorder)
            recorder.isRefusing = true
            let (book, list) = (try bureau.bytes(bureau.place.book), try bureau.bytes(bureau.place.list))
            #expect(
                refusal { try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now) } == wanted)
            #expect(refusal { try authority.renew(serial: certificate.serial, days: 9, now: Bureau.now) } == wanted)
            #expect(refusal { try authority.revoke(serial: certificate.serial, now: Bureau.now) } == wanted)
            #expect(refusal { try authority.publish(now: Bureau.now) } == wanted)
            #expect(try bureau.bytes(bureau.place.book) == book && bureau.bytes(bureau.place.list) == list)
            #expect(authority.book.entries.count == 1 && authority.book.revokedCount == 0)
        }
    }
}
