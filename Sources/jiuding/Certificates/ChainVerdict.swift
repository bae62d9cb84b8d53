// SPDX-License-Identifier: Apache-2.0
import KeyCustody
import ShangMi

/// Whether a certificate, a request or a list can be believed, and why not.
struct ChainVerdict {
    let holds: Bool
    let fact: BilingualText

    /// - Parameter trust: nil where no root was given: then only what needs none is judged.
    init(_ content: CredentialFile.Content, trust: CertificateTrust?, at now: CertificateTime) {
        var verifier = SM2.Verifier(tableBytesMax: 0)
        switch content {
        case .request(let request):
            let claim = SM2.Claim(key: request.key, message: request.signedBytes, signature: request.signature)
            holds = verifier.verify([claim]) == [true]
            fact =
                holds
                ? .init("signed with its own key", zh: "签名与其公钥相符")
                : .init("NOT signed with its own key", zh: "签名与其公钥不符")
        case .certificate(let certificate) where certificate.extensions.authority != nil:
            (holds, fact) = ChainVerdict.root(certificate, trust, now, &verifier)
        case .certificate(let certificate):
            (holds, fact) = ChainVerdict.below(certificate, trust, now, &verifier)
        case .list(let list):
            guard var trust else {
                (holds, fact) = ChainVerdict.unasked
                return
            }
            do throws(CertificateFlaw) {
                _ = try trust.take(list, &verifier)
                holds = now <= list.next
                fact =
                    holds
                    ? .init("signed by a trusted root", zh: "由受信任的根签发")
                    : .init("signed by a trusted root, but a newer one was due", zh: "由受信任的根签发，但已过更新期限")
            } catch { (holds, fact) = (false, error.text) }
        }
    }

    private static let unasked = (true, BilingualText("not checked: give --root", zh: "未核验：请给出 --root"))

    private static func root(
        _ certificate: Certificate, _ trust: CertificateTrust?, _ now: CertificateTime, _ verifier: inout SM2.Verifier
    ) -> (Bool, BilingualText) {
        var alone = CertificateTrust()
        do throws(CertificateFlaw) { try alone.trust(certificate, &verifier) } catch { return (false, error.text) }
        guard certificate.holds(at: now) else {
            let flaw: CertificateFlaw =
                now < certificate.notBefore
                ? .notYetValid(from: certificate.notBefore, clock: now)
                : .expired(since: certificate.notAfter, clock: now)
            return (false, flaw.text)
        }
        guard let trust else {
            return (true, .init("a root, signed by itself: compare its fingerprint", zh: "自签名根证书：请核对指纹"))
        }
        return trust.authorities.contains(certificate)
            ? (true, .init("a trusted root", zh: "受信任的根"))
            : (false, .init("a root, but not one of those trusted", zh: "是根证书，但不在受信任之列"))
    }

    private static func below(
        _ certificate: Certificate, _ trust: CertificateTrust?, _ now: CertificateTime, _ verifier: inout SM2.Verifier
    ) -> (Bool, BilingualText) {
        guard let trust else { return unasked }
        do throws(CertificateFlaw) {
            try trust.check(certificate, for: certificate.extensions.usage ?? [], at: now, &verifier)
            let issuer = certificate.issuer.description.visible
            return (true, .init("holds: signed by \(issuer)", zh: "有效：由 \(issuer) 签发"))
        } catch { return (false, error.text) }
    }
}

extension CertificateFlaw {
    var text: BilingualText {
        switch self {
        case .unknownAuthority(let issuer):
            .init("signed by \(issuer.visible), which is not trusted", zh: "由未受信任的 \(issuer.visible) 签发")
        case .otherAuthority(let issuer):
            .init("NOT signed by \(issuer.visible), though it says so", zh: "自称由 \(issuer.visible) 签发，但签名不符")
        case .notYetValid(let from, let clock):
            .init("holds from \(from.text) on, and it is \(clock.text)", zh: "自 \(from.text) 起有效，现在是 \(clock.text)")
        case .expired(let since, _): .init("expired at \(since.text)", zh: "已于 \(since.text) 过期")
        case .wrongUsage(let found, let wanted):
            .init(
                "for \(CertificateCard.words(found)), and \(CertificateCard.words(wanted)) is wanted",
                zh: "用途为 \(CertificateCard.words(found))，需要 \(CertificateCard.words(wanted))")
        case .isAuthority: .init("an authority's certificate", zh: "这是机构证书")
        case .revoked(let since): .init("REVOKED at \(since.text)", zh: "已于 \(since.text) 吊销")
        }
    }
}
