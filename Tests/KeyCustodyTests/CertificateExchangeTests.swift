// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import ShangMi
import Testing

/// Certificates, requests and revocation lists against the `openssl` tool, which shares no line of ours.
@Suite struct CertificateExchangeTests {
    private static let distinguishing = "distid:1234567812345678"

    private func name(_ common: String) throws -> DistinguishedName {
        try #require(
            DistinguishedName([
                .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, "市大数据局"),
                .init(ObjectIdentifier.commonName, common),
            ]))
    }

    /// Writes DER and gives the path of the same as PEM, made by the tool: so it reads what we wrote.
    private func pem(_ der: [UInt8], _ kind: String, in folder: String, _ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(der).write(to: URL(fileURLWithPath: path + ".der"))
        let answer = try openssl(kind, "-inform", "DER", "-in", path + ".der", "-out", path + ".pem")
        #expect(answer.status == 0, "the tool reads the \(kind)")
        return path + ".pem"
    }

    private func text(_ output: [UInt8]) -> String { String(decoding: output, as: UTF8.self) }

    @Test("the openssl tool verifies our certificates, our request and our revocation list (CERT-1, CERT-6, CERT-7)")
    func toolReadsOurs() throws {
        try withFolder { folder in
            let signer = OpenSSLSigner(try PrivateKey.generate())
            let now = CertificateTime(seconds: Int64(Date().timeIntervalSince1970) - 60)
            let root = try CertificateDraft.root(
                try name("root"), key: signer.publicKey, serial: [1], notBefore: now, notAfter: .never
            ).signed(by: signer)
            let node = OpenSSLSigner(try PrivateKey.generate())
            func issue(_ usage: KeyUsage, _ serial: UInt8) throws -> Certificate {
                try CertificateDraft.below(
                    root, subject: try name("node-1"), key: node.publicKey, usage: usage, serial: [serial],
                    notBefore: now, notAfter: now.advanced(byDays: 90)
                ).signed(by: signer)
            }
            let (signing, encrypting) = (try issue(.signing, 0x80), try issue(.encrypting, 3))
            let rootPEM = try pem(root.der, "x509", in: folder, "root")
            let list = try RevocationList.signed(
                [.init(serial: [3], since: now)], number: [1], issuer: root, made: now,
                next: now.advanced(byDays: 30), by: signer)
            let listPEM = try pem(list.der, "crl", in: folder, "list")
            try checkList(list, listPEM, rootPEM, in: folder)
            for (certificate, label) in [(signing, "signing"), (encrypting, "encrypting")] {
                let path = try pem(certificate.der, "x509", in: folder, label)
                let plain = try openssl(
                    "verify", "-vfyopt", CertificateExchangeTests.distinguishing, "-CAfile", rootPEM, path)
                #expect(plain.status == 0, "\(label)")
            }
            let shown = text(
                try openssl(
                    "x509", "-in", folder + "/signing.pem", "-noout", "-subject", "-serial", "-nameopt",
                    "utf8,sep_comma_plus", "-ext", "keyUsage,basicConstraints"
                ).output)
            #expect(shown.contains("O=市大数据局") && shown.contains("CN=node-1") && shown.contains("serial=80"))
            #expect(shown.contains("Digital Signature, Non Repudiation") && shown.contains("CA:FALSE"))
            let request = try CertificateRequest.signed(try name("node-1"), by: node)
            let requestPEM = try pem(request.der, "req", in: folder, "request")
            let verified = try openssl(
                "req", "-in", requestPEM, "-verify", "-noout", "-vfyopt", CertificateExchangeTests.distinguishing)
            #expect(verified.status == 0)
        }
    }

    /// OpenSSL 3.0 cannot be told the user ID under which a list is signed, so `verify -crl_check` never accepts one
    /// (and `crl -CAfile` neither). What it can be told it for is a plain signature: over the list's signed part.
    private func checkList(_ list: RevocationList, _ listPEM: String, _ rootPEM: String, in folder: String) throws {
        let shown = text(try openssl("crl", "-in", listPEM, "-noout", "-text").output)
        #expect(shown.contains("Serial Number: 03") && shown.contains("CN = root"))
        let (key, body, signature) = (folder + "/root.pub", folder + "/list.tbs", folder + "/list.sig")
        try Data(try openssl("x509", "-in", rootPEM, "-noout", "-pubkey").output).write(to: URL(fileURLWithPath: key))
        try Data(list.signedBytes).write(to: URL(fileURLWithPath: body))
        try Data(list.signature.der).write(to: URL(fileURLWithPath: signature))
        func isGood() throws -> Bool {
            try openssl(
                "dgst", "-sm3", "-sigopt", CertificateExchangeTests.distinguishing, "-verify", key, "-signature",
                signature, body
            ).status == 0
        }
        #expect(try isGood())
        try Data(list.signedBytes + [0]).write(to: URL(fileURLWithPath: body))
        #expect(try !isGood(), "another body under the same signature")
    }

    @Test("we read the openssl tool's certificate and request, and find its signatures good (CERT-1, CERT-6)")
    func weReadTheirs() throws {
        try withFolder { folder in
            let (key, root, request) = (folder + "/k.pem", folder + "/root.der", folder + "/r.der")
            #expect(try openssl("genpkey", "-algorithm", "SM2", "-out", key).status == 0)
            #expect(
                try openssl(
                    "req", "-x509", "-new", "-key", key, "-sm3", "-sigopt", CertificateExchangeTests.distinguishing,
                    "-utf8", "-subj", "/C=CN/O=法院/CN=root", "-days", "30", "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign", "-outform", "DER", "-out", root
                ).status == 0)
            #expect(
                try openssl(
                    "req", "-new", "-key", key, "-sm3", "-sigopt", CertificateExchangeTests.distinguishing, "-subj",
                    "/CN=node", "-outform", "DER", "-out", request
                ).status == 0)
            let certificate = try Certificate([UInt8](try Data(contentsOf: URL(fileURLWithPath: root))))
            #expect(certificate.subject.organization == "法院" && certificate.extensions.authority != nil)
            var verifier = SM2.Verifier()
            var trust = CertificateTrust()
            try trust.trust(certificate, &verifier)
            let asked = try CertificateRequest([UInt8](try Data(contentsOf: URL(fileURLWithPath: request))))
            #expect(asked.subject.commonName == "node" && asked.key == certificate.key)
            let claim = SM2.Claim(key: asked.key, message: asked.signedBytes, signature: asked.signature)
            #expect(verifier.verify([claim]) == [true])
        }
    }
}
