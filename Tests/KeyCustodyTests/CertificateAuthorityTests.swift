// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import ShangMi
import Testing

/// An authority in a folder of its own, and who asks it for certificates.
struct Bureau {
    static let now = CertificateTime(seconds: 1_795_000_000)
    static let passphrase = Secret(utf8: "let me in")
    let place: AuthorityPlace

    static func name(_ organisation: String = "市大数据局") -> AuthorityName {
        var name = AuthorityName(organisation: organisation)
        name.commonName = "根证书"
        name.city = "南昌市"
        name.creditCode = "91350100M000100Y43"
        return name
    }

    init(_ folder: String) { place = AuthorityPlace(folder + "/ca") }

    @discardableResult
    func found(days: Int64 = 3_650, witness: (any AuthorityWitness)? = nil) throws -> CertificateAuthority {
        try CertificateAuthority.found(
            Bureau.name(), in: place.directory, passphrase: Bureau.passphrase, now: Bureau.now, days: days,
            witness: witness)
    }

    func open(witness: (any AuthorityWitness)? = nil) throws -> CertificateAuthority {
        try CertificateAuthority.open(place.directory, passphrase: Bureau.passphrase, witness: witness)
    }

    static func request(_ common: String, _ key: PrivateKey) throws -> CertificateRequest {
        let name = try #require(
            DistinguishedName([
                .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, "市大数据局"),
                .init(ObjectIdentifier.commonName, common),
            ]))
        return try CertificateRequest.signed(name, by: OpenSSLSigner(key))
    }

    static func request(_ common: String = "node-1") throws -> CertificateRequest {
        try request(common, try PrivateKey.generate())
    }

    func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    func write(_ bytes: some Sequence<UInt8>, _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
}

private func number(_ list: RevocationList) -> Int { list.number.reduce(0) { $0 << 8 | Int($1) } }

@Suite struct CertificateAuthorityTests {
    @Test(
        "an authority issues, renews and revokes, and knows it all after it is opened again (CERT-10, CERT-11, CERT-15)"
    )
    func life() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let (first, second, third): (Certificate, Certificate, Certificate)
            do {
                let authority = try bureau.found()
                #expect(authority.root.extensions.socialCreditCode == "91350100M000100Y43")
                #expect(authority.list?.count == 0)
                first = try authority.issue(try Bureau.request(), for: .signing, days: 365, now: Bureau.now)
                second = try authority.issue(try Bureau.request(), for: .encryption, days: 99_999 / 3, now: Bureau.now)
                third = try authority.renew(serial: first.serial, days: 730, now: Bureau.now.advanced(byDays: 300))
                #expect(second.notAfter == authority.root.notAfter, "never outlives its issuer (CERT-5)")
            }
            #expect(third.key == first.key && third.subject == first.subject && third.serial != first.serial)
            #expect(third.extensions.usage == .signing && third.notAfter == Bureau.now.advanced(byDays: 1_030))
            let authority = try bureau.open()
            #expect(authority.book.entries.map(\.certificate) == [first, second, third])
            #expect(authority.book.tornBytes == 0 && authority.list != nil)
            let list = try authority.revoke(serial: first.serial, reason: .superseded, now: Bureau.now)
            #expect(list.revoked(first.serial) == Bureau.now && list.revoked(third.serial) == nil && number(list) == 2)
            #expect(authority.book.siblings(of: first.serial, at: Bureau.now) == [third], "the same key holds on")
            #expect(authority.book.siblings(of: third.serial, at: Bureau.now).isEmpty)
            let before = try bureau.bytes(bureau.place.book)
            let later = Bureau.now.advanced(byDays: 1)
            #expect(try authority.revoke(serial: first.serial, reason: .keyCompromise, now: later) == list)
            #expect(try bureau.bytes(bureau.place.book) == before, "revoking twice changes nothing")
            #expect(
                refusal { try authority.renew(serial: first.serial, days: 1, now: later) }
                    == .authority(.revoked(serial: first.serial, since: Bureau.now)))
            #expect(try modeOf(bureau.place.directory) == 0o700 && modeOf(bureau.place.key) == 0o600)
            #expect(try modeOf(bureau.place.book) == 0o600 && modeOf(bureau.place.root) == 0o644)
        }
    }

    @Test("what may not be issued is refused by its own name and leaves no line (CERT-6, CERT-15)")
    func refusals() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let authority = try bureau.found()
            let key = try PrivateKey.generate()
            let request = try Bureau.request("node-1", key)
            let issued = try authority.issue(request, for: .signing, days: 1, now: Bureau.now)
            let before = try bureau.bytes(bureau.place.book)
            func refused(
                _ request: CertificateRequest, _ purpose: CertificatePurpose, days: Int64, at now: CertificateTime
            )
                -> CustodyError?
            { refusal { try authority.issue(request, for: purpose, days: days, now: now) } }
            #expect(
                refused(request, .encryption, days: 1, at: Bureau.now) == .authority(.otherUse(serial: issued.serial)))
            #expect(refused(request, .signing, days: 0, at: Bureau.now) == .authority(.daysOutOfRange(found: 0)))
            let early = CertificateTime(seconds: Bureau.now.seconds - 1)
            let root = authority.root
            #expect(
                refused(request, .signing, days: 1, at: early)
                    == .authority(.rootNotValid(from: root.notBefore, to: root.notAfter)))
            let other = try Bureau.request("node-1", try PrivateKey.generate())
            let forged = try CertificateRequest(
                DER.sequence([
                    request.signedBytes, DER.sequence([DER.element(DER.Tag.object, ObjectIdentifier.sm2WithSM3)]),
                    DER.bits(other.signature.der),
                ]))
            #expect(refused(forged, .signing, days: 1, at: Bureau.now) == .authority(.requestNotSigned))
            for bad in ["a\nrevoked 00", "a\u{1b}[2J", "a\u{202e}b"] {
                let request = try Bureau.request(bad)
                #expect(refused(request, .signing, days: 1, at: Bureau.now) == .authority(.nameUnfit(.subject)))
            }
            for serial: [UInt8] in [[], [1], root.serial] {
                #expect(
                    refusal { try authority.revoke(serial: serial, now: Bureau.now) }
                        == .authority(.serialUnknown(serial: serial)))
            }
            #expect(try bureau.bytes(bureau.place.book) == before)
        }
    }

    @Test("an authority is founded once, opened with its passphrase, and held by one at a time (CERT-10, CERT-13)")
    func doors() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let (directory, wrong) = (bureau.place.directory, Secret(utf8: "wrong"))
            #expect(refusal { try bureau.open() } == .authority(.missing(directory: directory)))
            do {
                let authority = try bureau.found()
                #expect(refusal { try bureau.open() } == .authority(.busy(directory: directory)))
                #expect(try bureau.place.readBook().entries.isEmpty, "looking needs neither lock nor key")
                withExtendedLifetime(authority) {}
            }
            let root = try bureau.bytes(bureau.place.root)
            #expect(refusal { try bureau.found() } == .fileExists(path: bureau.place.root))
            #expect(try bureau.bytes(bureau.place.root) == root)
            #expect(
                refusal { try CertificateAuthority.open(directory, passphrase: wrong, witness: nil) }
                    == .passphraseWrong(path: bureau.place.key))
            try bureau.remove(bureau.place.key)
            try KeyFile.write(try PrivateKey.generate(), at: bureau.place.key, passphrase: Bureau.passphrase)
            #expect(refusal { try bureau.open() } == .authority(.damaged(path: bureau.place.root, .otherKey)))
        }
    }

    @Test("names that cannot stand in a certificate are refused part by part (CERT-2, CERT-10)")
    func names() throws {
        func refused(_ change: (inout AuthorityName) -> Void) -> CustodyError? {
            var name = Bureau.name()
            change(&name)
            return refusal { try name.distinguished() }
        }
        #expect(try Bureau.name().distinguished().description == "C=CN, L=南昌市, O=市大数据局, CN=根证书")
        #expect(refused { $0.organisation = "" } == .authority(.nameUnfit(.organisation)))
        #expect(refused { $0.commonName = "a\tb" } == .authority(.nameUnfit(.commonName)))
        #expect(refused { $0.country = "cn" } == .authority(.nameUnfit(.country)))
        #expect(refused { $0.province = String(repeating: "省", count: 43) } == .authority(.nameUnfit(.province)))
        #expect(refused { $0.revocationURL = "file:///x" } == .authority(.nameUnfit(.url)))
        for bad in ["91350100M000100Y44", "91350100M000100Y4", "", "91350100M000100I43", "11350100M000100Y43"] {
            #expect(refused { $0.creditCode = bad } == .authority(.nameUnfit(.creditCode)), "\(bad)")
        }
    }
}

/// What is left when the process is killed between any two bytes of a write.
@Suite struct AuthorityCrashTests {
    @Test("a founding cut off anywhere is taken up again, with the key it had (CERT-10, CERT-14)")
    func founding() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            try bureau.found()
            let (key, book) = (try bureau.bytes(bureau.place.key), try bureau.bytes(bureau.place.book))
            try bureau.remove(bureau.place.root)
            for length in [0, 1, 19, 20, 24, book.count - 1, book.count] {
                try bureau.write(book[..<length], bureau.place.book)
                let authority = try bureau.found()
                #expect(try bureau.bytes(bureau.place.key) == key)
                let wasListed = length == book.count
                #expect(authority.book.listNumber == (wasListed ? 2 : 1), "a number in the book is not given again")
                try bureau.remove(bureau.place.root)
            }
            for path in [bureau.place.list, bureau.place.book, bureau.place.key] {
                try bureau.remove(path)
                _ = try bureau.found()
                try bureau.remove(bureau.place.root)
            }
            #expect(try bureau.bytes(bureau.place.key) != key)
        }
    }

    @Test("a book cut off at any byte is read up to its last whole line, and the rest is named (CERT-12, CERT-13)")
    func torn() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let root: Certificate
            do {
                let authority = try bureau.found()
                root = authority.root
                for _ in 0..<2 { _ = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now) }
                _ = try authority.revoke(serial: authority.book.entries[0].certificate.serial, now: Bureau.now)
            }
            let whole = try bureau.bytes(bureau.place.book)
            var ends: [Int] = []
            for (index, byte) in whole.enumerated() where byte == 0x0a { ends.append(index + 1) }
            #expect(ends.count == 6)
            for length in whole.indices {
                let book = try AuthorityBook(Array(whole[..<length]), root: root)
                let lines = ends.count { $0 <= length }
                #expect(book.tornBytes == length - (ends.last { $0 <= length } ?? 0))
                #expect(book.entries.count == max(0, min(2, lines - 2)) && book.revokedCount == (lines >= 5 ? 1 : 0))
            }
            for length in [ends[3] - 1, ends[2] + 1, ends[2] + 400] {
                try bureau.write(whole[..<length], bureau.place.book)
                // The list is that of the whole book: here it never came to be.
                try bureau.remove(bureau.place.list)
                let authority = try bureau.open()
                #expect(authority.book.tornBytes == length - ends[2] && authority.book.entries.count == 1)
                let again = try authority.issue(try Bureau.request(), for: .user, days: 9, now: Bureau.now)
                _ = try authority.publish(now: Bureau.now)
                let book = try bureau.place.readBook()
                #expect(book.tornBytes == 0 && book.entries.last?.certificate == again, "the torn end is gone")
            }
        }
    }

    @Test("a revocation cut off anywhere is finished by asking again, and no list number is used twice (CERT-14)")
    func revoking() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let serial: [UInt8]
            let (book, oldList): ([UInt8], [UInt8])
            do {
                let authority = try bureau.found()
                serial = try authority.issue(try Bureau.request(), for: .signing, days: 9, now: Bureau.now).serial
                (book, oldList) = (try bureau.bytes(bureau.place.book), try bureau.bytes(bureau.place.list))
                _ = try authority.revoke(serial: serial, reason: .keyCompromise, now: Bureau.now)
            }
            let whole = try bureau.bytes(bureau.place.book)
            let middle = try #require(whole.dropLast().lastIndex(of: 0x0a)) + 1
            for length in [book.count, book.count + 5, middle - 1, middle, middle + 6, whole.count - 1, whole.count] {
                try bureau.write(whole[..<length], bureau.place.book)
                try bureau.write(oldList, bureau.place.list)
                let authority = try bureau.open()
                #expect((authority.list == nil) == (length >= middle), "\(length)")
                let list = try authority.revoke(serial: serial, now: Bureau.now)
                #expect(list.revoked(serial) == Bureau.now)
                #expect(number(list) == (length == whole.count ? 3 : 2), "the number in the book is skipped")
                #expect(authority.list == list && authority.book.listNumber == UInt64(number(list)))
            }
        }
    }

    @Test(
        "a list that cannot be written has used its number, and the next list says what was revoked (CERT-14)"
    )
    func unwritable() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let authority = try bureau.found()
            let serial = try authority.issue(try Bureau.request(), for: .signing, days: 9, now: Bureau.now).serial
            // A folder in the list's place: nothing can be renamed onto it.
            try bureau.remove(bureau.place.list)
            try FileManager.default.createDirectory(atPath: bureau.place.list, withIntermediateDirectories: false)
            let refused = refusal { try authority.revoke(serial: serial, now: Bureau.now) }
            #expect(refused == .fileUnwritable(path: bureau.place.list, errno: EISDIR))
            #expect(try bureau.place.readBook().listNumber == 2 && bureau.place.readBook().revokedCount == 1)
            try bureau.remove(bureau.place.list)
            let list = try authority.revoke(serial: serial, now: Bureau.now.advanced(byDays: 1))
            #expect(number(list) == 3 && list.revoked(serial) == Bureau.now)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bureau.place.directory).count == 4)
        }
    }

    @Test("every changed byte of a certificate in a book is seen and its line told (CERT-12)")
    func changed() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let root: Certificate
            do {
                let authority = try bureau.found()
                root = authority.root
                let certificate = try authority.issue(try Bureau.request(), for: .signing, days: 9, now: Bureau.now)
                _ = try authority.revoke(serial: certificate.serial, now: Bureau.now)
            }
            let whole = try bureau.bytes(bureau.place.book)
            #expect(try AuthorityBook(whole, root: root).entries.count == 1)
            let lines = whole.split(separator: 0x0a, omittingEmptySubsequences: false)
            var line = 1
            for (index, byte) in whole.enumerated().dropLast() {
                var bytes = whole
                bytes[index] = byte ^ 1
                do throws(AuthorityFault.Damage) {
                    _ = try AuthorityBook(bytes, root: root)
                    // A digit of a list's number or of a time may become another digit.
                    #expect(!lines[line - 1].starts(with: Array("issued".utf8)), "byte \(index) of line \(line)")
                } catch {
                    #expect(error == .line(line) || byte == 0x0a, "byte \(index) of line \(line): \(error)")
                }
                if byte == 0x0a { line += 1 }
            }
            for doubled in [2, 3, 4] {
                var lines = whole.split(separator: 0x0a)
                lines.insert(lines[doubled - 1], at: doubled)
                let bytes = Array(lines.joined(separator: [0x0a])) + [0x0a]
                #expect(throws: AuthorityFault.Damage.line(doubled + 1)) { try AuthorityBook(bytes, root: root) }
            }
        }
    }

    @Test("a book that is gone or older than its list issues nothing (CERT-12)")
    func rolledBack() throws {
        try withFolder { folder in
            let bureau = Bureau(folder)
            let old: [UInt8]
            do {
                let authority = try bureau.found()
                old = try bureau.bytes(bureau.place.book)
                let certificate = try authority.issue(try Bureau.request(), for: .signing, days: 9, now: Bureau.now)
                _ = try authority.revoke(serial: certificate.serial, now: Bureau.now)
            }
            try bureau.write(old, bureau.place.book)
            #expect(refusal { try bureau.open() } == .authority(.damaged(path: bureau.place.book, .olderThanList)))
            try bureau.write([], bureau.place.book)
            #expect(refusal { try bureau.open() } == .authority(.damaged(path: bureau.place.book, .missing)))
            try bureau.remove(bureau.place.book)
            #expect(refusal { try bureau.open() } == .authority(.damaged(path: bureau.place.book, .missing)))
        }
    }
}
