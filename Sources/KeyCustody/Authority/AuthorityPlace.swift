// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Where an authority keeps its things, and how each of them is read.
/// - Spec: CERT-10.
package struct AuthorityPlace: Hashable, Sendable {
    package let directory: String

    package init(_ directory: String) { self.directory = directory }

    /// The root's certificate: whoever trusts this authority needs this file and no other.
    package var root: String { "\(directory)/root.crt" }
    package var key: String { "\(directory)/root.key" }
    package var book: String { "\(directory)/issued.txt" }
    /// The newest revocation list, to be handed to every node.
    package var list: String { "\(directory)/root.crl" }

    /// Makes the folder, for its owner only, and those above it where they are missing.
    func make() throws(CustodyError) { try NewFile.makeFolder(at: directory, mode: 0o700) }

    /// The key a founding that was cut off left behind, else a new one.
    func keyOrNew(_ passphrase: Secret) throws(CustodyError) -> PrivateKey {
        if try PlainFile.contentsIfAny(at: key, bytesMax: KeyFile.fileBytesMax) != nil {
            return try KeyFile.read(at: key, passphrase: passphrase)
        }
        let made = try PrivateKey.generate()
        try KeyFile.write(made, at: key, passphrase: passphrase)
        return made
    }

    /// - Throws: `.authority(.missing)` where no authority was founded here.
    package func readRoot() throws(CustodyError) -> Certificate {
        guard let bytes = try PlainFile.contentsIfAny(at: root, bytesMax: CredentialFile.bytesMax) else {
            throw .authority(.missing(directory: directory))
        }
        let certificate = try CredentialFile.certificate(bytes, path: root)
        var (trust, verifier) = (CertificateTrust(), SM2.Verifier(tableBytesMax: 0))
        do throws(CertificateFlaw) { try trust.trust(certificate, &verifier) } catch {
            throw .authority(.damaged(path: root, .otherKey))
        }
        return certificate
    }

    /// - Returns: nil where there is none, or none that can be read: it is made anew from the book.
    package func readList() throws(CustodyError) -> RevocationList? {
        guard let bytes = try PlainFile.contentsIfAny(at: list, bytesMax: PlainFile.listBytesMax) else { return nil }
        return try? CredentialFile.lists(bytes, path: list).first
    }

    func write(_ made: RevocationList) throws(CustodyError) {
        try NewFile.replace(at: list, Array(PEM.encode(made.der, label: PEM.revocationList).utf8), mode: 0o644)
    }

    /// A list with a number the book never gave was made by a later book.
    func check(_ book: AuthorityBook, _ list: RevocationList?, _ root: Certificate) throws(CustodyError) {
        guard let list, list.issuer == root.subject else { return }
        let known = AuthorityBook.digits(book.listNumber)
        let isLater =
            list.number.count != known.count
            ? list.number.count > known.count : known.lexicographicallyPrecedes(list.number)
        if isLater { throw .authority(.damaged(path: self.book, .olderThanList)) }
    }

    /// What was issued, without the key: for those who only look. A line that is being written now may be missing.
    package func readBook() throws(CustodyError) -> AuthorityBook {
        let certificate = try readRoot()
        guard let bytes = try PlainFile.contentsIfAny(at: book, bytesMax: PlainFile.bookBytesMax), bytes.contains(0x0a)
        else { throw .authority(.damaged(path: book, .missing)) }
        do throws(AuthorityFault.Damage) {
            return try AuthorityBook(bytes, root: certificate)
        } catch {
            throw .authority(.damaged(path: book, error))
        }
    }
}
