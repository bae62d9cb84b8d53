// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi
import Testing

@Suite struct KeyFileTests {
    let passphrase = Secret(utf8: "correct horse 九鼎")

    // KEY-7, KEY-9
    @Test("a written key is read back, from a file only its owner may use")
    func roundTrip() throws {
        try withFolder { folder in
            let key = try PrivateKey.generate()
            for derivation in [KeyFile.Derivation.hmacSM3, .hmacSHA256] {
                let path = "\(folder)/\(derivation).pem"
                try KeyFile.write(key, at: path, passphrase: passphrase, derivation: derivation)
                #expect(try modeOf(path) == 0o600)
                #expect(try KeyFile.read(at: path, passphrase: passphrase).publicKey == key.publicKey)
            }
            // Nothing temporary stays behind.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    // KEY-9
    @Test("a file that exists is never overwritten")
    func noOverwrite() throws {
        try withFolder { folder in
            let path = folder + "/a.pem"
            try "mine".write(toFile: path, atomically: true, encoding: .utf8)
            let key = try PrivateKey.generate()
            #expect(
                refusal { try KeyFile.write(key, at: path, passphrase: passphrase) }
                    == .fileExists(path: path))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.pem"])
            let nowhere = folder + "/none/a.pem"
            #expect(
                refusal { try KeyFile.write(key, at: nowhere, passphrase: passphrase) }
                    == .fileUnwritable(path: nowhere, errno: ENOENT))
        }
    }

    // KEY-10
    @Test("a file its group or the world may use is refused, with the command that mends it")
    func permissions() throws {
        try withFolder { folder in
            let path = folder + "/a.pem"
            try KeyFile.write(PrivateKey.generate(), at: path, passphrase: passphrase, iterations: 10_000)
            for mode in [0o640, 0o604, 0o620, 0o601] {
                setMode(path, mode)
                let error = refusal { try KeyFile.read(at: path, passphrase: passphrase) }
                #expect(error == .fileTooOpen(path: path, mode: UInt32(0o100000 | mode)))
                #expect(error?.fix == "run: chmod 600 \(path)")
            }
            setMode(path, 0o400)
            _ = try KeyFile.read(at: path, passphrase: passphrase)
        }
    }

    // KEY-10
    @Test("what is absent, a folder, a pipe, too long or no PEM is refused and never waited for")
    func notFiles() throws {
        try withFolder { folder in
            func read(_ name: String) -> CustodyError? {
                refusal { try KeyFile.read(at: "\(folder)/\(name)", passphrase: passphrase) }
            }
            #expect(read("none") == .fileUnreadable(path: folder + "/none", errno: ENOENT))
            try FileManager.default.createDirectory(
                atPath: folder + "/folder", withIntermediateDirectories: false)
            #expect(read("folder") == .notAKeyFile(path: folder + "/folder"))
            makePipe(folder + "/pipe")
            #expect(read("pipe") == .notAKeyFile(path: folder + "/pipe"))
            for (name, text) in [
                ("empty", ""), ("long", String(repeating: "x", count: 20_000)), ("text", "hello"),
            ] {
                try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
                setMode("\(folder)/\(name)", 0o600)
                #expect(read(name) == .notAKeyFile(path: "\(folder)/\(name)"))
            }
        }
    }

    // KEY-11
    @Test("a wrong passphrase is told apart from every other failure")
    func wrongPassphrase() throws {
        let text = [UInt8](try KeyFile.pem(of: .generate(), passphrase: passphrase, iterations: 10_000).utf8)
        // 300 tries, because one wrong passphrase in 256 passes the padding.
        for index in 0..<300 {
            #expect(
                refusal { try KeyFile.parse(text, passphrase: Secret(utf8: "wrong \(index)"), path: "p") }
                    == .passphraseWrong(path: "p"))
        }
        #expect(refusal { try KeyFile.parse(text, passphrase: Secret([])) } == .passphraseUnfit)
        let long = Secret([UInt8](repeating: 1, count: KeyFile.passphraseBytesMax + 1))
        #expect(refusal { try KeyFile.parse(text, passphrase: long) } == .passphraseUnfit)
    }

    // KEY-8
    @Test("a file that asks for too few or too many iterations is refused before any is done")
    func iterations() throws {
        let key = try PrivateKey.generate()
        for bad in [0, 1, 9_999, 10_000_001, -1] {
            #expect(
                refusal { try KeyFile.pem(of: key, passphrase: passphrase, iterations: bad) }
                    == .iterationsOutOfRange(found: UInt64(max(0, bad))))
        }
        let text = try KeyFile.pem(of: key, passphrase: passphrase, iterations: 0x989680)
        let block = text.split(separator: "\n").dropFirst().dropLast().joined()
        var der = [UInt8](Data(base64Encoded: block)!)
        let place = (0..<der.count).first { der[$0...].starts(with: [0x02, 0x04, 0x00, 0x98, 0x96, 0x80]) }
        let start = try #require(place)
        der.replaceSubrange(start..<(start + 6), with: [0x02, 0x04, 0x7f, 0xff, 0xff, 0xff])
        let hostile =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\(Data(der).base64EncodedString())\n"
            + "-----END ENCRYPTED PRIVATE KEY-----\n"
        #expect(
            refusal { try KeyFile.parse([UInt8](hostile.utf8), passphrase: passphrase) }
                == .iterationsOutOfRange(found: 0x7fff_ffff))
    }

    // KEY-7
    @Test("no damaged file gives another key, and none stops the process")
    func damaged() throws {
        let key = try PrivateKey.generate()
        let text = [UInt8](try KeyFile.pem(of: key, passphrase: passphrase, iterations: 10_000).utf8)
        var survivors = 0
        for index in stride(from: 0, to: text.count, by: 2) {
            var changed = text
            changed[index] ^= 1
            // The envelope has no tag. A change of what does not matter, such as the version, may go unseen;
            // a change of either half of the key may not.
            if let read = try? KeyFile.parse(changed, passphrase: passphrase) {
                #expect(read.publicKey == key.publicKey, "byte \(index)")
                survivors += 1
            }
            #expect(refusal { try KeyFile.parse([UInt8](text[..<index]), passphrase: passphrase) } != nil)
        }
        #expect(survivors <= 4)
    }
}
