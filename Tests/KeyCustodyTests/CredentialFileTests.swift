// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi
import TLCP
import Testing

@Suite struct CredentialFileTests {
    @Test("a node's certificates, roots and lists are read from files, and each flaw names its file (CERT-16)")
    func node() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let authority = try bureau.found()
            let keys = [try PrivateKey.generate(), try PrivateKey.generate()]
            let requests = try keys.map { try Bureau.request("node-1", $0) }
            let day = Bureau.now.advanced(byDays: 1)
            let signing = try authority.issue(requests[0], for: .signing, days: 9, now: day)
            let encrypting = try authority.issue(requests[1], for: .encryption, days: 9, now: day)
            _ = try authority.revoke(serial: encrypting.serial, now: day)
            func pem(_ der: [UInt8], _ label: String = PEM.certificate) -> [UInt8] {
                Array(PEM.encode(der, label: label).utf8)
            }
            let (first, second) = (folder + "/signing.crt", folder + "/encryption.crt")
            try bureau.write(Array("Subject: somebody\r\n".utf8) + pem(signing.der), first)
            try bureau.write(encrypting.der, second)
            func load(_ one: String, _ other: String, _ now: CertificateTime) throws -> [Certificate] {
                let read = try CredentialFile.credentials(
                    signing: one, encrypting: other, signingKey: keys[0].publicKey, encryptingKey: keys[1].publicKey,
                    now: now)
                return [read.signing, read.encrypting]
            }
            #expect(try load(first, second, day) == [signing, encrypting])
            func flaw(_ one: String, _ other: String, _ now: CertificateTime) -> CustodyError? {
                refusal { try load(one, other, now) }
            }
            #expect(
                flaw(second, first, day)
                    == .credential(path: second, .wrongUsage(found: .encrypting, wanted: .digitalSignature)))
            #expect(flaw(first, second, Bureau.now) == .credential(path: first, .notYetValid(from: day)))
            let late = day.advanced(byDays: 10)
            #expect(flaw(first, second, late) == .credential(path: first, .expired(since: signing.notAfter)))
            #expect(flaw(folder + "/no", second, day) == .fileUnreadable(path: folder + "/no", errno: ENOENT))
            #expect(
                flaw(bureau.place.key, second, day)
                    == .credential(path: bureau.place.key, .unreadable(.certificate, at: nil)))
            let stranger = folder + "/other.crt"
            let other = try authority.issue(try Bureau.request("node-2"), for: .signing, days: 9, now: day)
            try bureau.write(pem(other.der), stranger)
            #expect(flaw(stranger, second, day) == .credential(path: stranger, .otherKey))
            let both = folder + "/both.pem"
            try bureau.write(pem(signing.der) + pem(encrypting.der), both)
            #expect(flaw(both, second, day) == .credential(path: both, .several(2)))
            #expect(try CredentialFile.certificates(at: both) == [signing, encrypting])
            let (root, list) = (bureau.place.root, bureau.place.list)
            let trust = try CredentialFile.trust(roots: [root], lists: [list])
            var verifier = SM2.Verifier()
            try trust.check(signing, for: .digitalSignature, at: day, &verifier)
            #expect(throws: CertificateFlaw.revoked(since: day)) {
                try trust.check(encrypting, for: .keyEncipherment, at: day, &verifier)
            }
            #expect(
                refusal { try CredentialFile.trust(roots: [first], lists: []) }
                    == .credential(path: first, .noRoot(subject: signing.subject.description)))
            #expect(
                refusal { try CredentialFile.trust(roots: [], lists: [list]) }
                    == .credential(path: list, .otherAuthority(issuer: authority.root.subject.description)))
        }
    }

    @Test("no cut of a file of certificates is read as fewer of them, and none is a trap (CERT-16)")
    func cut() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let authority = try bureau.found()
            let text = try bureau.bytes(bureau.place.root)
            let path = folder + "/cut"
            for length in 0..<text.count - 1 {
                try bureau.write(text + text[..<length], path)
                let read = try? CredentialFile.certificates(at: path)
                #expect(read == nil || length < 27 && read == [authority.root], "\(length)")
            }
            for content: [UInt8] in [[], [0x30], [0x30, 0x80], Array("-----BEGIN -----\n".utf8)] {
                try bureau.write(content, path)
                #expect(refusal { try CredentialFile.contents(at: path) }?.code == "JD-1630")
            }
            #expect(try CredentialFile.contents(at: bureau.place.root) == [.certificate(authority.root)])
            #expect(try CredentialFile.contents(at: bureau.place.list) == [.list(try #require(authority.list))])
        }
    }

    @Test("every fault has a code of its own, and a sentence and a fix in two languages (CERT-18)")
    func codes() {
        let time = Bureau.now
        let faults: [CustodyError] =
            [
                .missing(directory: "d"), .damaged(path: "p", .line(3)), .busy(directory: "d"), .nameUnfit(.city),
                .requestNotSigned, .otherUse(serial: [1]), .serialUnknown(serial: [1]),
                .revoked(serial: [1], since: time), .rootNotValid(from: time, to: time), .full,
                .daysOutOfRange(found: 0), .unrecorded(reason: "full"),
            ].map { .authority($0) }
            + [
                .unreadable(.certificate, at: DERReader([]).fail("a name")), .several(2),
                .wrongUsage(found: nil, wanted: .signing), .otherKey, .expired(since: time), .notYetValid(from: time),
                .noRoot(subject: "CN=a"), .otherAuthority(issuer: "CN=a"),
            ].map { .credential(path: "p", $0) }
        #expect(Set(faults.map(\.code)).count == faults.count)
        #expect(faults.map(\.code) == faults.map(\.code).sorted() && faults.allSatisfy { $0.code.hasPrefix("JD-16") })
        for fault in faults {
            let texts: [BilingualText] =
                switch fault {
                case .authority(let fault): [fault.sentence, fault.fix]
                case .credential(let path, let fault): [fault.sentence(path), fault.fix]
                default: []
                }
            #expect(texts.count == 2)
            for text in texts {
                #expect(text.english.utf8.allSatisfy { $0 < 0x80 } && !text.english.isEmpty)
                #expect(text.chinese.unicodeScalars.contains { $0.value > 0x4e00 })
            }
            #expect(fault.description.contains(texts[0].english))
        }
        #expect(
            faults[1].description
                == "JD-1618 line 3 of p is damaged; restore the whole folder from its newest backup")
    }
}
