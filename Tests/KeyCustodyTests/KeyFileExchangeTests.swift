// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import ShangMi
import Testing

/// Key files against the `openssl` tool, which shares no line of our PKCS#8 code.
@Suite struct KeyFileExchangeTests {
    let passphrase = Secret(utf8: "secret")

    // KEY-7
    @Test("the openssl tool reads our file and finds our public key")
    func toolReadsOurs() throws {
        try withFolder { folder in
            let key = try PrivateKey.generate()
            try KeyFile.write(key, at: folder + "/a.pem", passphrase: passphrase, derivation: .hmacSHA256)
            let answer = try openssl(
                "pkey", "-in", folder + "/a.pem", "-passin", "pass:secret", "-pubout", "-outform", "DER")
            #expect(answer.status == 0)
            #expect([UInt8](answer.output.suffix(64)) == key.publicKey.bytes)
            let wrong = try openssl("pkey", "-in", folder + "/a.pem", "-passin", "pass:wrong", "-noout")
            #expect(wrong.status != 0)
        }
    }

    // KEY-7
    @Test("we read the openssl tool's file, and sign what its public key verifies")
    func weReadTheirs() throws {
        try withFolder { folder in
            let (plain, ours) = (folder + "/plain.pem", folder + "/a.pem")
            #expect(try openssl("genpkey", "-algorithm", "SM2", "-out", plain).status == 0)
            #expect(
                try openssl(
                    "pkcs8", "-topk8", "-v2", "sm4-cbc", "-v2prf", "hmacWithSHA256", "-iter", "20000", "-in",
                    plain,
                    "-out", ours, "-passout", "pass:secret"
                ).status == 0)
            setMode(ours, 0o600)
            setMode(plain, 0o600)
            let key = try KeyFile.read(at: ours, passphrase: passphrase)
            let theirs = try openssl("pkey", "-in", plain, "-pubout", "-outform", "DER").output
            #expect([UInt8](theirs.suffix(64)) == key.publicKey.bytes)
            let signature = try OpenSSLSigner(key).sign([1])
            #expect(OpenSSLReference.verify([1], signature, by: key.publicKey))
            // KEY-11
            #expect(
                refusal { try KeyFile.read(at: plain, passphrase: passphrase) } == .notEncrypted(path: plain))
            let allowed = try KeyFile.read(at: plain, passphrase: passphrase, allowingPlain: true)
            #expect(allowed.publicKey == key.publicKey)
        }
    }

    // KEY-4, KEY-7
    @Test("a key on another curve and a key under another cipher are refused, each by its own error")
    func foreign() throws {
        try withFolder { folder in
            let (plain, other) = (folder + "/p256.pem", folder + "/aes.pem")
            _ = try openssl(
                "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", plain)
            _ = try openssl(
                "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "20000", "-in", plain, "-out", other,
                "-passout",
                "pass:secret")
            setMode(plain, 0o600)
            setMode(other, 0o600)
            #expect(
                refusal { try KeyFile.read(at: plain, passphrase: passphrase, allowingPlain: true) }
                    == .notAnSM2Key)
            #expect(
                refusal { try KeyFile.read(at: other, passphrase: passphrase) }
                    == .protectionUnsupported(path: other))
        }
    }

    // KEY-7
    @Test("our default form opens by hand: PBKDF2 with SM3, SM4-CBC and pkey, each by the openssl tool")
    func nationalForm() throws {
        try withFolder { folder in
            let key = try PrivateKey.generate()
            let text = try KeyFile.pem(of: key, passphrase: passphrase)
            let der = [UInt8](
                Data(base64Encoded: text.split(separator: "\n").dropFirst().dropLast().joined())!)
            // The object identifier of HMAC-SM3, 1.2.156.10197.1.401.2, with its header.
            #expect(Hex.encode(der).contains("06092a811ccf5501831102"))
            let (salt, vector) = try saltAndVector(der)
            let derived = try openssl(
                "kdf", "-binary", "-keylen", "16", "-kdfopt", "digest:SM3", "-kdfopt", "pass:secret",
                "-kdfopt",
                "hexsalt:" + salt, "-kdfopt", "iter:\(KeyFile.iterations)", "PBKDF2")
            #expect(derived.output.count == 16)
            let ciphertext = der.suffix(144)
            try Data(ciphertext).write(to: URL(fileURLWithPath: folder + "/c"))
            let plain = folder + "/plain.der"
            #expect(
                try openssl(
                    "enc", "-d", "-sm4-cbc", "-K", Hex.encode(derived.output), "-iv", vector, "-in",
                    folder + "/c",
                    "-out", plain
                ).status == 0)
            let answer = try openssl("pkey", "-inform", "DER", "-in", plain, "-pubout", "-outform", "DER")
            #expect([UInt8](answer.output.suffix(64)) == key.publicKey.bytes)
        }
    }

    /// The two 16-byte OCTET STRINGs of an envelope, in order.
    private func saltAndVector(_ der: [UInt8]) throws -> (String, String) {
        let places = (0..<(der.count - 144)).filter { der[$0] == 4 && der[$0 + 1] == 16 }
        let first = try #require(places.first)
        let last = try #require(places.last)
        return (
            Hex.encode([UInt8](der[(first + 2)..<(first + 18)])),
            Hex.encode([UInt8](der[(last + 2)..<(last + 18)]))
        )
    }
}
