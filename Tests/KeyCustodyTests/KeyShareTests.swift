// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import ShangMi
import Testing

@Suite struct KeyShareTests {
    private let secret = Secret(utf8: "keeper's own")

    @Test("any k of n shares restore the key, fewer do not, for every k and n up to five (KEY-18)")
    func anyOfThem() throws {
        let key = try PrivateKey.generate()
        for count in 2...5 {
            for threshold in 2...count {
                let shares = try KeyShare.split(key, threshold: threshold, count: count)
                for choice in 1..<(1 << count) {
                    let chosen = shares.filter { choice >> ($0.index - 1) & 1 == 1 }
                    guard chosen.count >= threshold else {
                        let fault = CustodyError.share(.tooFew(found: chosen.count, needed: threshold))
                        #expect(refusal { try KeyShare.restore(chosen + chosen) } == fault, "\(choice)")
                        continue
                    }
                    let restored = try KeyShare.restore(chosen.reversed())
                    #expect(restored.publicKey == key.publicKey)
                }
            }
        }
        let restored = try KeyShare.restore(try KeyShare.split(key, threshold: 16, count: 16))
        let signature = try OpenSSLSigner(restored).sign([1, 2, 3])
        #expect(OpenSSLReference.verify([1, 2, 3], signature, by: key.publicKey))
    }

    @Test("shares that cannot be are refused, and so are shares of two backups of one key (KEY-18, KEY-19)")
    func unfit() throws {
        let key = try Standard.key()
        for (threshold, count) in [(1, 3), (0, 0), (4, 3), (2, 17), (-1, 5)] {
            #expect(
                refusal { try KeyShare.split(key, threshold: threshold, count: count) }
                    == .share(.countUnfit(threshold: threshold, count: count)))
        }
        let (first, second) = (
            try KeyShare.split(key, threshold: 2, count: 3), try KeyShare.split(key, threshold: 2, count: 3)
        )
        #expect(refusal { try KeyShare.restore([first[0], second[1]]) } == .share(.otherSet))
        #expect(refusal { try KeyShare.restore([]) } == .share(.tooFew(found: 0, needed: 2)))
    }

    @Test("a share's file opens with its keeper's passphrase only, and every changed byte of it is noticed (KEY-20)")
    func file() throws {
        try withFolder { folder in
            let key = try Standard.key()
            let shares = try KeyShare.split(key, threshold: 2, count: 2)
            let paths = shares.map { "\(folder)/share-\($0.index)" }
            for (share, path) in zip(shares, paths) { try ShareFile.write(share, at: path, passphrase: secret) }
            #expect(try modeOf(paths[0]) == 0o600)
            #expect(
                refusal { try ShareFile.write(shares[0], at: paths[0], passphrase: secret) }
                    == .fileExists(path: paths[0]))
            let read = try paths.map { try ShareFile.read(at: $0, passphrase: secret) }
            #expect(try KeyShare.restore(read).publicKey == key.publicKey)
            #expect(
                refusal { try ShareFile.read(at: paths[0], passphrase: Secret(utf8: "another")) }
                    == .passphraseWrong(path: paths[0]))
            setMode(paths[1], 0o644)
            #expect(
                refusal { try ShareFile.read(at: paths[1], passphrase: secret) }
                    == .fileTooOpen(path: paths[1], mode: 0o100644))
            // Each kind of place once: numbers, a point, the envelope, its ciphertext. (Each costs a derivation.)
            let text = try #require(FileManager.default.contents(atPath: paths[0]))
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
            for line in 1..<(lines.count - 1) {
                var changed = lines
                let at = changed[line].index(changed[line].startIndex, offsetBy: 7)
                changed[line].replaceSubrange(at...at, with: changed[line][at] == "A" ? "B" : "A")
                let path = "\(folder)/changed-\(line)"
                let made = FileManager.default.createFile(
                    atPath: path, contents: Data((changed.joined(separator: "\n") + "\n").utf8),
                    attributes: [.posixPermissions: 0o600])
                #expect(made && refusal { try ShareFile.read(at: path, passphrase: secret) } != nil, "line \(line)")
            }
        }
    }

    @Test("a share that its keeper changed is named, where the points still say what it should be (KEY-19)")
    func changedShare() throws {
        try withFolder { folder in
            let key = try PrivateKey.generate()
            let mine = try KeyShare.split(key, threshold: 2, count: 3)
            let path = "\(folder)/share"
            try ShareFile.write(mine[0], at: path, passphrase: secret)
            // The liar puts its share where the second belongs: same points, another index.
            let text = try #require(FileManager.default.contents(atPath: path))
            var der = try #require(PEM.blocks([UInt8](text))?.first?.content)
            let index = try #require(der.firstRange(of: [2, 1, 2, 2, 1, 3, 2, 1, 1]))
            der[index.upperBound - 1] = 2
            let lie = PEM.encode(der, label: "ENCRYPTED KEY SHARE")
            let made = FileManager.default.createFile(
                atPath: "\(folder)/lie", contents: Data(lie.utf8), attributes: [.posixPermissions: 0o600])
            #expect(made)
            #expect(refusal { try ShareFile.read(at: "\(folder)/lie", passphrase: secret) } == .share(.wrong(index: 2)))
        }
    }

    @Test("what is no share, or too long, or a key, is refused by name (KEY-20)")
    func notShares() throws {
        try withFolder { folder in
            let key = try Standard.key()
            try KeyFile.write(key, at: "\(folder)/key", passphrase: secret)
            #expect(
                refusal { try ShareFile.read(at: "\(folder)/key", passphrase: secret) }
                    == .share(.notAShare(path: "\(folder)/key")))
            for (number, der)
                in ([[], [0x30], [0x30, 0], [0x30, 3, 2, 1, 1], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]])
                .enumerated()
            {
                let path = "\(folder)/\(number)"
                let text = PEM.encode(der, label: "ENCRYPTED KEY SHARE")
                let made = FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
                #expect(
                    made
                        && refusal { try ShareFile.read(at: path, passphrase: secret) }
                            == .share(.notAShare(path: path))
                )
            }
        }
    }

    @Test("an archived key signs nothing until it is brought back, and its first file is gone (KEY-21)")
    func archived() throws {
        try withFolder { folder in
            let key = try PrivateKey.generate()
            let (path, place, back) = ("\(folder)/key", "\(folder)/archived", "\(folder)/back")
            try KeyFile.write(key, at: path, passphrase: secret)
            #expect(
                refusal { try KeyArchive.archive(path, to: place, passphrase: Secret(utf8: "no")) }
                    == .passphraseWrong(path: path))
            #expect(FileManager.default.fileExists(atPath: path) && !FileManager.default.fileExists(atPath: place))
            try KeyArchive.archive(path, to: place, passphrase: secret)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(refusal { try KeyFile.read(at: place, passphrase: secret) } == .share(.archived(path: place)))
            #expect(
                refusal { try KeyArchive.unarchive(place, to: back, passphrase: Secret(utf8: "no")) }
                    == .passphraseWrong(path: place))
            #expect(try KeyArchive.unarchive(place, to: back, passphrase: secret).publicKey == key.publicKey)
            #expect(try KeyFile.read(at: back, passphrase: secret).publicKey == key.publicKey)
            #expect(
                refusal { try KeyArchive.unarchive(back, to: path, passphrase: secret) } == .notAKeyFile(path: back))
        }
    }

    @Test(
        "a destroyed file is gone, its bytes overwritten before; a pipe, a link or a long file is left alone (KEY-22)")
    func destroyed() throws {
        try withFolder { folder in
            let path = "\(folder)/key"
            try KeyFile.write(try PrivateKey.generate(), at: path, passphrase: secret)
            let witness = "\(folder)/witness"
            try FileManager.default.linkItem(atPath: path, toPath: witness)
            try KeyArchive.destroy(path)
            #expect(!FileManager.default.fileExists(atPath: path))
            let left = try #require(FileManager.default.contents(atPath: witness))
            #expect(!left.isEmpty && left.allSatisfy { $0 == 0 }, "another name of the file still shows its bytes")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: witness)
            #expect(refusal { try KeyArchive.destroy(path) } != nil)
            makePipe("\(folder)/pipe")
            #expect(refusal { try KeyArchive.destroy("\(folder)/pipe") } != nil)
            #expect(refusal { try KeyArchive.destroy("\(folder)/nothing") } != nil)
            #expect(FileManager.default.fileExists(atPath: witness))
        }
    }
}
