// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
package import ShangMi

/// What an authority ever said, one line each: what it issued, took back and published.
///
/// The book is the truth; the revocation list beside it is made from it. Lines are written in one form only, so a
/// changed byte is seen: what a line says is taken from the certificate in it, and written again it must be the same.
/// - Spec: CERT-11, CERT-12.
package struct AuthorityBook: Sendable {
    /// With one list's limit for what may be taken back, the list always has room.
    package static let issuedMax = RevocationList.entriesMax
    static let heading = "jiuding-authority 1"

    package struct Revocation: Hashable, Sendable {
        package let since: CertificateTime
        package let reason: RevocationReason
    }

    package struct Entry: Hashable, Sendable {
        package let certificate: Certificate
        package fileprivate(set) var revocation: Revocation?
    }

    /// In the order of issue.
    package private(set) var entries: [Entry] = []
    private var places: [[UInt8]: Int] = [:]
    /// The highest number given to a revocation list; 0 before the first.
    package private(set) var listNumber: UInt64 = 0
    package private(set) var revokedCount = 0
    /// Bytes behind the last whole line: a write that a crash cut off. Nothing of it was ever handed out.
    package private(set) var tornBytes = 0

    package init() {}

    /// One thing the authority said.
    enum Line: Hashable {
        case issued(Certificate)
        case revoked(serial: [UInt8], Revocation)
        /// Written before the list with this number is signed: a number is used once at most.
        case listed(number: UInt64, made: CertificateTime, next: CertificateTime)

        var text: String {
            switch self {
            case .issued(let certificate):
                let uses = certificate.extensions.usage?.names.joined(separator: "+") ?? "-"
                let words = [
                    "issued", Hex.encode(certificate.serial), uses, certificate.notBefore.digits,
                    certificate.notAfter.digits, String(decoding: PEM.digits(of: certificate.der), as: UTF8.self),
                    certificate.subject.description,
                ]
                return words.joined(separator: " ")
            case .revoked(let serial, let revocation):
                return "revoked \(Hex.encode(serial)) \(revocation.since.digits) \(revocation.reason.rawValue)"
            case .listed(let number, let made, let next): return "list \(number) \(made.digits) \(next.digits)"
            }
        }

        /// - Returns: nil for anything that `text` does not give.
        init?(_ text: String) {
            let words = text.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
            switch (words.first, words.count) {
            case ("issued", 7):
                guard let der = PEM.base64(Array(words[5].utf8)), let certificate = try? Certificate(der) else {
                    return nil
                }
                self = .issued(certificate)
            case ("revoked", 4):
                guard let serial = Hex.decode(String(words[1])), let since = CertificateTime(digits: words[2]),
                    let reason = RevocationReason(rawValue: String(words[3]))
                else { return nil }
                self = .revoked(serial: serial, Revocation(since: since, reason: reason))
            case ("list", 4):
                guard let number = UInt64(words[1]), let made = CertificateTime(digits: words[2]),
                    let next = CertificateTime(digits: words[3])
                else { return nil }
                self = .listed(number: number, made: made, next: next)
            default: return nil
            }
            guard self.text == text else { return nil }
        }
    }

    /// Reads a whole book. An empty one is that of an authority whose founding was cut off.
    /// - Throws: the number of the first line that is none of ours.
    package init(_ bytes: [UInt8], root: Certificate?) throws(AuthorityFault.Damage) {
        let whole = bytes.lastIndex(of: 0x0a).map { bytes[...$0] } ?? []
        tornBytes = bytes.count - whole.count
        var lineNumbers: [Int] = []
        for (index, line) in whole.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else { throw .line(index + 1) }
            if index == 0 {
                guard text == AuthorityBook.heading || whole.isEmpty else { throw .line(1) }
                continue
            }
            guard let line = Line(text), admits(line, root) else { throw .line(index + 1) }
            if case .issued = line { lineNumbers.append(index + 1) }
            take(line)
        }
        guard let key = root?.key else { return }
        if let place = firstForged(key) { throw .line(lineNumbers[place]) }
    }

    /// The place of the first certificate that the root's key did not sign.
    private func firstForged(_ key: SM2.PublicKey) -> Int? {
        var verifier = SM2.Verifier()
        for start in stride(from: 0, to: entries.count, by: 1_024) {
            let claims = entries[start..<min(start + 1_024, entries.count)].map { entry in
                SM2.Claim(key: key, message: entry.certificate.signedBytes, signature: entry.certificate.signature)
            }
            if let place = verifier.verify(claims).firstIndex(of: false) { return start + place }
        }
        return nil
    }

    /// Whether a line may follow those before it.
    private func admits(_ line: Line, _ root: Certificate?) -> Bool {
        switch line {
        case .issued(let certificate):
            root.map { $0.subject == certificate.issuer } ?? false && self[certificate.serial] == nil
                && entries.count < AuthorityBook.issuedMax
        case .revoked(let serial, _): self[serial].map { $0.revocation == nil } ?? false
        case .listed(let number, _, _): number > listNumber
        }
    }

    /// Notes what stands in the file already.
    mutating func take(_ line: Line) {
        switch line {
        case .issued(let certificate):
            places[certificate.serial] = entries.count
            entries.append(Entry(certificate: certificate, revocation: nil))
        case .revoked(let serial, let revocation):
            guard let place = places[serial] else { return }
            entries[place].revocation = revocation
            revokedCount += 1
        case .listed(let number, _, _): listNumber = number
        }
    }

    package subscript(serial: [UInt8]) -> Entry? { places[serial].map { entries[$0] } }

    /// Other certificates for the same key that hold still: whoever has the key can use them (CERT-15).
    package func siblings(of serial: [UInt8], at now: CertificateTime) -> [Certificate] {
        guard let key = self[serial]?.certificate.key else { return [] }
        return entries.compactMap { entry in
            let certificate = entry.certificate
            let holds = entry.revocation == nil && now <= certificate.notAfter
            return holds && certificate.key == key && certificate.serial != serial ? certificate : nil
        }
    }

    /// What a revocation list made now must say.
    var revocations: [RevocationList.Entry] {
        entries.compactMap { entry in
            entry.revocation.map {
                RevocationList.Entry(serial: entry.certificate.serial, since: $0.since, reason: $0.reason.code)
            }
        }
    }

    /// Whether a list says all this book says, and says it last.
    func isCurrent(_ list: RevocationList) -> Bool {
        list.number == AuthorityBook.digits(listNumber) && list.count == revokedCount
            && entries.allSatisfy { ($0.revocation?.since) == list.revoked($0.certificate.serial) }
    }

    /// A list's number as a list holds it: big-endian, without leading zeros.
    package static func digits(_ number: UInt64) -> [UInt8] {
        Array((0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }.drop { $0 == 0 })
    }
}

/// Why a certificate was taken back (RFC 5280 section 5.3.1). A hold, which could be undone, is not among them.
package enum RevocationReason: String, CaseIterable, Hashable, Sendable {
    case unspecified
    case keyCompromise
    case affiliationChanged
    case superseded
    case cessationOfOperation
    case privilegeWithdrawn

    /// CRLReason; nil for unspecified, which is told by saying nothing.
    var code: UInt8? {
        switch self {
        case .unspecified: nil
        case .keyCompromise: 1
        case .affiliationChanged: 3
        case .superseded: 4
        case .cessationOfOperation: 5
        case .privilegeWithdrawn: 9
        }
    }
}
