// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import Glibc
package import ShangMi

/// An organisation's certificate authority in one folder: its root, its key, its book and its revocation list.
///
/// What it says is in the book, on the disk, before anyone hears it. A crash at any moment loses no certificate that
/// was handed out and never gives one list number to two lists. One process holds it at a time.
/// - Spec: CERT-5, CERT-10 to CERT-16, AUD-15.
package final class CertificateAuthority {
    /// A hundred years and their leap days.
    package static let daysMax: Int64 = 36_525
    /// For how long a revocation list is good unless said otherwise.
    package static let listDays: Int64 = 90

    package let root: Certificate
    package let place: AuthorityPlace
    package private(set) var book: AuthorityBook
    /// The list that says all the book says; nil after a crash in between, until `publish`.
    package private(set) var list: RevocationList?
    private let signer: OpenSSLSigner
    private let file: BookFile
    private let witness: (any AuthorityWitness)?
    private var verifier = SM2.Verifier(tableBytesMax: 0)

    private init(
        root: Certificate, place: AuthorityPlace, book: AuthorityBook, list: RevocationList?, signer: OpenSSLSigner,
        file: BookFile, witness: (any AuthorityWitness)?
    ) {
        (self.root, self.place, self.book, self.list) = (root, place, book, list)
        (self.signer, self.file, self.witness) = (signer, file, witness)
    }

    // MARK: Beginning

    /// Makes a key, the root, an empty book and an empty revocation list. What a founding that was cut off left
    /// behind is taken up; what was founded is never touched.
    /// - Parameters:
    ///   - days: how long the root holds.
    ///   - witness: told of each act before it is done, also of those to come; nil where nobody has to know.
    /// - Throws: `.fileExists` where there is an authority already.
    package static func found(
        _ name: AuthorityName, in directory: String, passphrase: Secret, now: CertificateTime, days: Int64,
        witness: (any AuthorityWitness)?
    ) throws(CustodyError) -> CertificateAuthority {
        let subject = try name.distinguished()
        try check(days)
        let place = AuthorityPlace(directory)
        try place.make()
        let file = try BookFile(at: place.book, in: directory, creating: true)
        if try PlainFile.contentsIfAny(at: place.root, bytesMax: CredentialFile.bytesMax) != nil {
            throw .fileExists(path: place.root)
        }
        let book = try read(file, root: nil)
        let signer = OpenSSLSigner(try place.keyOrNew(passphrase))
        var draft = CertificateDraft.root(
            subject, key: signer.publicKey, serial: try newSerial(), notBefore: now,
            notAfter: now.advanced(byDays: days))
        draft.extensions.socialCreditCode = name.creditCode
        draft.extensions.revocationURL = name.revocationURL
        let root = try sign { () throws(SignerError) in try draft.signed(by: signer) }
        try witness?.opened(book, root: nil)
        try witness?.willDo(.found(root))
        let authority = CertificateAuthority(
            root: root, place: place, book: book, list: nil, signer: signer, file: file, witness: witness)
        if file.isEmpty { try file.append([AuthorityBook.heading]) }
        try authority.publish(now: now)
        // Last: where the root is, all else is (CERT-10).
        try NewFile.create(at: place.root, Array(PEM.encode(root.der, label: PEM.certificate).utf8), mode: 0o644)
        return authority
    }

    /// Opens an authority to work with it.
    /// - Parameter witness: told of each act before it is done; nil where nobody has to know.
    /// - Throws: `.authority(.missing)`, `.busy`, `.damaged`; `.passphraseWrong`.
    /// - Cost: the derivation under the passphrase (about 60 ms) and 50 µs for each certificate ever issued.
    package static func open(
        _ directory: String, passphrase: Secret, witness: (any AuthorityWitness)?
    ) throws(CustodyError) -> CertificateAuthority {
        let place = AuthorityPlace(directory)
        let root = try place.readRoot()
        let file = try BookFile(at: place.book, in: directory, creating: false)
        let book = try read(file, root: root)
        let list = try place.readList()
        try place.check(book, list, root)
        let signer = OpenSSLSigner(try KeyFile.read(at: place.key, passphrase: passphrase))
        guard signer.publicKey == root.key else { throw .authority(.damaged(path: place.root, .otherKey)) }
        try witness?.opened(book, root: root)
        return CertificateAuthority(
            root: root, place: place, book: book, list: list.flatMap { book.isCurrent($0) ? $0 : nil }, signer: signer,
            file: file, witness: witness)
    }

    private static func read(_ file: BookFile, root: Certificate?) throws(CustodyError) -> AuthorityBook {
        let bytes = try file.read()
        do throws(AuthorityFault.Damage) {
            if root != nil, !bytes.contains(0x0a) { throw .missing }
            return try AuthorityBook(bytes, root: root)
        } catch {
            throw .authority(.damaged(path: file.path, error))
        }
    }

    // MARK: Issuing

    /// Certifies the key of a request for one use.
    /// - Parameters:
    ///   - subject: another name than the request asks for; the issuer decides (CERT-6).
    ///   - days: at most; it ends with the authority's own certificate at the latest.
    /// - Throws: `.requestNotSigned`, `.nameUnfit(.subject)`, `.otherUse`, `.rootNotValid`, `.daysOutOfRange`, `.full`.
    package func issue(
        _ request: CertificateRequest, for purpose: CertificatePurpose, subject: DistinguishedName? = nil, days: Int64,
        now: CertificateTime
    ) throws(CustodyError) -> Certificate {
        let claim = SM2.Claim(key: request.key, message: request.signedBytes, signature: request.signature)
        guard verifier.verify([claim]) == [true] else { throw .authority(.requestNotSigned) }
        return try issue(key: request.key, subject ?? request.subject, purpose.usage, days: days, now: now) {
            .issue($0, purpose)
        }
    }

    /// Certifies the same key under the same name for the same use again. The old certificate holds on until its end.
    /// - Throws: `.serialUnknown`, `.revoked`, and what `issue` throws.
    package func renew(serial: [UInt8], days: Int64, now: CertificateTime) throws(CustodyError) -> Certificate {
        guard let entry = book[serial], let usage = entry.certificate.extensions.usage else {
            throw .authority(.serialUnknown(serial: serial))
        }
        if let revocation = entry.revocation { throw .authority(.revoked(serial: serial, since: revocation.since)) }
        let old = entry.certificate
        return try issue(key: old.key, old.subject, usage, days: days, now: now) { .renew($0, old: serial) }
    }

    private func issue(
        key: SM2.PublicKey, _ subject: DistinguishedName, _ usage: KeyUsage, days: Int64, now: CertificateTime,
        as act: (Certificate) -> AuthorityAct
    ) throws(CustodyError) -> Certificate {
        try CertificateAuthority.check(days)
        guard subject.isLegible, !subject.parts.isEmpty else { throw .authority(.nameUnfit(.subject)) }
        guard root.holds(at: now) else {
            throw .authority(.rootNotValid(from: root.notBefore, to: root.notAfter))
        }
        guard book.entries.count < AuthorityBook.issuedMax else { throw .authority(.full) }
        // The root's own key signs certificates and nothing else.
        if key == root.key { throw .authority(.otherUse(serial: root.serial)) }
        let other = book.entries.first { $0.certificate.key == key && $0.certificate.extensions.usage != usage }
        if let other { throw .authority(.otherUse(serial: other.certificate.serial)) }
        var serial = try CertificateAuthority.newSerial()
        while book[serial] != nil || serial == root.serial { serial = try CertificateAuthority.newSerial() }
        let draft = CertificateDraft.below(
            root, subject: subject, key: key, usage: usage, serial: serial, notBefore: now,
            notAfter: now.advanced(byDays: days))
        let certificate = try CertificateAuthority.sign { () throws(SignerError) in try draft.signed(by: signer) }
        try write(.issued(certificate), act(certificate))
        return certificate
    }

    // MARK: Taking back

    /// Takes a certificate back and publishes the list that says so. Taking it back again changes nothing, and the list
    /// that says so already is given.
    /// - Throws: `.serialUnknown`; `.unpublished` where it is taken back and the list's row cannot be written.
    package func revoke(
        serial: [UInt8], reason: RevocationReason = .unspecified, now: CertificateTime, listDays: Int64 = listDays
    ) throws(CustodyError) -> RevocationList {
        guard let entry = book[serial] else { throw .authority(.serialUnknown(serial: serial)) }
        if entry.revocation == nil {
            try CertificateAuthority.check(listDays)
            try write(
                .revoked(serial: serial, .init(since: now, reason: reason)), .revoke(entry.certificate, reason))
            list = nil
        }
        if let list { return list }
        do throws(CustodyError) {
            return try publish(now: now, days: listDays)
        } catch {
            // Who acts on a lost key must not be told that nothing happened.
            guard case .authority(.unrecorded(let reason)) = error else { throw error }
            throw .authority(.unpublished(reason: reason))
        }
    }

    /// Signs and writes a list with a higher number, whether or not anything was taken back: an old one runs out.
    @discardableResult
    package func publish(now: CertificateTime, days: Int64 = listDays) throws(CustodyError) -> RevocationList {
        try CertificateAuthority.check(days)
        let number = book.listNumber + 1
        let next = now.advanced(byDays: days)
        // Before it is signed: a crash skips a number and never uses one twice (CERT-14).
        try write(.listed(number: number, made: now, next: next), .publish(number: number, next: next))
        list = nil
        let made = try CertificateAuthority.sign { () throws(SignerError) in
            try RevocationList.signed(
                book.revocations, number: AuthorityBook.digits(number), issuer: root, made: now, next: next, by: signer)
        }
        try place.write(made)
        list = made
        return made
    }

    /// Told first, written then: what nobody could write down is not done (AUD-15).
    private func write(_ line: AuthorityBook.Line, _ act: AuthorityAct) throws(CustodyError) {
        try witness?.willDo(act)
        try file.append([line.text])
        book.take(line)
    }

    // MARK: Small things

    private static func check(_ days: Int64) throws(CustodyError) {
        guard (1...daysMax).contains(days) else { throw .authority(.daysOutOfRange(found: days)) }
    }

    /// 16 bytes of the system's generator, the first of them 0x40 to 0x7f: always 16, never negative (CERT-5).
    private static func newSerial() throws(CustodyError) -> [UInt8] {
        var bytes = try SystemRandom.bytes(count: 16)
        bytes[0] = bytes[0] & 0x7f | 0x40
        return bytes
    }

    private static func sign<Value>(_ body: () throws(SignerError) -> Value) throws(CustodyError) -> Value {
        do throws(SignerError) { return try body() } catch {
            throw .libraryFailed(operation: "sign a certificate", number: 0)
        }
    }
}

/// What a certificate is for.
package enum CertificatePurpose: String, CaseIterable, Hashable, Sendable {
    /// A node's signatures, and its half of a link's handshake.
    case signing
    /// The other half: a link's first secret is encrypted to it.
    case encryption
    /// A person's or a program's signatures.
    case user

    package var usage: KeyUsage { self == .encryption ? .encrypting : .signing }
}
