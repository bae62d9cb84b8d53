// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import Testing

@Suite struct PrivateKeyTests {
    @Test("the private number of GB/T 32918.5 has the public key of GB/T 32918.5")
    func standardKey() throws {
        #expect(try Hex.encode(Standard.key().publicKey.bytes) == Standard.publicKey)
    }

    @Test("the signature of GB/T 32918.5 verifies in the reference, and no changed one does")
    func standardSignature() throws {
        let key = try Standard.key().publicKey
        let r = Digest(hex: "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3")!
        let s = Digest(hex: "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")!
        let message = [UInt8]("message digest".utf8)
        #expect(OpenSSLReference.verify(message, SM2.Signature(r: r, s: s), by: key))
        #expect(!OpenSSLReference.verify(message + [0], SM2.Signature(r: r, s: s), by: key))
        #expect(!OpenSSLReference.verify(message, SM2.Signature(r: s, s: r), by: key))
    }

    // KEY-4
    @Test("numbers outside 1 to n - 2 make no key")
    func scalarBounds() throws {
        let orderMinus = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541"
        for bad in [
            String(repeating: "00", count: 32), orderMinus + "22", orderMinus + "23",
            String(repeating: "ff", count: 32), "01", String(repeating: "01", count: 33),
        ] {
            #expect(refusal { try PrivateKey(scalar: Secret(bytes(bad))) } == .scalarOutOfRange)
        }
        _ = try PrivateKey(scalar: Secret(bytes(orderMinus + "21")))
        _ = try PrivateKey(scalar: Secret(bytes(String(repeating: "00", count: 31) + "01")))
    }

    // KEY-1
    @Test("two generated keys differ, and so do two draws of random bytes")
    func generated() throws {
        #expect(try PrivateKey.generate().publicKey != PrivateKey.generate().publicKey)
        #expect(try SystemRandom.bytes(count: 32) != SystemRandom.bytes(count: 32))
        #expect(try SystemRandom.bytes(count: 0).isEmpty)
    }

    // KEY-2
    @Test("no description of a key, a secret or an error shows a secret")
    func nothingShows() throws {
        let key = try Standard.key()
        let secret = Secret(utf8: "correct horse")
        var dumped = ""
        dump(key, to: &dumped)
        dump(secret, to: &dumped)
        dump(OpenSSLSigner(key), to: &dumped)
        dump(try SealingKey(master: Secret([UInt8](repeating: 0x68, count: 32))), to: &dumped)
        let shown = dumped + "\(key) \(secret) \(String(reflecting: key)) \(String(reflecting: secret))"
        for trace in [Standard.scalar, "horse", Hex.encode([UInt8]("horse".utf8)), "104", "0x"] {
            #expect(!shown.contains(trace))
        }
    }

    // KEY-3
    @Test("no failed call leaves an error in OpenSSL's queue")
    func cleanQueue() throws {
        let key = try PrivateKey.generate()
        let sealing = try SealingKey(master: .random(count: 32))
        let passphrase = Secret(utf8: "a")
        let text = [UInt8](try KeyFile.pem(of: key, passphrase: passphrase, iterations: 10_000).utf8)
        let failures: [() throws -> Void] = [
            { _ = try KeyFile.parse(text, passphrase: Secret(utf8: "b")) },
            { _ = try key.decrypt(SM2Ciphertext(raw: [4] + [UInt8](repeating: 1, count: 100))) },
            { _ = try SealedBox.open([UInt8](repeating: 1, count: 80), under: sealing) },
            { _ = try PrivateKey(scalar: Secret([UInt8](repeating: 0xff, count: 32))) },
        ]
        for failure in failures {
            #expect(refusal(failure) != nil)
            #expect(OpenSSLReference.errorQueueIsEmpty)
        }
        let signature = SM2.Signature(r: .zero, s: .zero)
        #expect(!OpenSSLReference.verify([], signature, by: key.publicKey))
        #expect(OpenSSLReference.errorQueueIsEmpty)
    }

    // KEY-16
    @Test("every error has a code of its own in JD-16xx, a sentence and a fix")
    func errors() {
        let all: [CustodyError] = [
            .fileExists(path: "p"), .fileUnreadable(path: "p", errno: 2),
            .fileUnwritable(path: "p", errno: 13),
            .fileTooOpen(path: "p", mode: 0o100644), .notAKeyFile(path: "p"), .notEncrypted(path: "p"),
            .protectionUnsupported(path: "p"), .iterationsOutOfRange(found: 1), .passphraseWrong(path: "p"),
            .passphraseUnfit, .notAnSM2Key, .scalarOutOfRange, .ciphertextMalformed, .ciphertextRefused,
            .lengthOutOfRange(found: 0, limit: 9), .libraryFailed(operation: "sign", number: 7),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        for error in all {
            #expect(error.code.hasPrefix("JD-16") && error.code.utf8.count == 7)
            #expect(error.description == "\(error.code) \(error.sentence); \(error.fix)")
            #expect(!error.sentence.contains("\n") && !error.fix.isEmpty)
        }
        let open = CustodyError.fileTooOpen(path: "k.pem", mode: 0o100644)
        #expect(
            open.description
                == "JD-1604 others may use the key in k.pem: its mode is 0644; run: chmod 600 k.pem")
        #expect("\(CustodyError.fileUnreadable(path: "p", errno: 2))".contains("No such file"))
    }
}
