// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Where a local network keeps its things (interfaces.md section 2). Paths only; nothing is created by asking.
struct DataDirectory {
    let root: String

    init(_ root: String) { self.root = root }

    func node(_ index: Int) -> String { "\(root)/node-\(index)" }
    /// The folder of a development authority: one for each organisation.
    func authority(_ index: Int) -> String { "\(root)/authorities/organization-\(index)" }
    /// The roots of all organisations of a local network.
    var authorities: String { "\(root)/trust/authorities.crt" }
    func chain(_ name: String, node index: Int) -> String { "\(node(index))/chains/\(name)" }
    func spec(_ name: String, node index: Int) -> String { "\(chain(name, node: index))/spec" }
    func store(_ name: String, node index: Int) -> String { "\(chain(name, node: index))/store" }
    func trust(_ name: String) -> String { "\(root)/trust/\(name).trust" }
    /// The record of the founding, with everybody's signatures.
    func founding(_ name: String) -> String { "\(root)/trust/\(name).founding" }
    /// What one organisation of a local network has of its own; the first one's admin is who uses the machine.
    func places(_ index: Int) -> FoundingPlaces {
        let place = NodePlace(folder: node(index))
        return FoundingPlaces(
            authority: authority(index), nodes: [place], seats: (index == 0 ? [userKey] : []) + [place.anchorKey])
    }
    /// The key commands use where none is named.
    var userKey: String { "\(root)/users/default.key" }

    /// Where a development key's passphrase lies: beside the key, as nobody is there to type it.
    static func passphraseFile(of key: String) -> String { "\(key).passphrase" }

    /// The bearer token by which programs on this machine may deposit through the gateway; made on first use.
    func developmentToken() throws -> String {
        let path = "\(root)/users/default.token"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let token = Hex32.random()
        try DataDirectory.write([UInt8](token.utf8), to: path, mode: 0o600)
        return token
    }

    /// The passphrase that lies beside a key, made where there is none: before its key, since a key file nobody can
    /// open would be in the way for ever.
    static func developmentPassphrase(of path: String) throws -> Secret {
        let beside = passphraseFile(of: path)
        if let text = try? String(contentsOfFile: beside, encoding: .utf8) {
            return Secret([UInt8](text.trimmingCharacters(in: .whitespacesAndNewlines).utf8))
        }
        try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path, mode: 0o700)
        let passphrase = Hex32.random()
        try write([UInt8](passphrase.utf8), to: beside, mode: 0o600)
        return Secret([UInt8](passphrase.utf8))
    }

    static func makeFolder(_ path: String, mode: Int = 0o755) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
    }

    /// Writes a file whole or not at all: beside it first, then in its place.
    static func write(_ bytes: [UInt8], to path: String, mode: Int = 0o644) throws {
        let draft = "\(path).\(ProcessInfo.processInfo.processIdentifier).new"
        try? FileManager.default.removeItem(atPath: draft)
        guard
            FileManager.default.createFile(
                atPath: draft, contents: Data(bytes), attributes: [.posixPermissions: mode])
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        // On the disk before it gets its name: an empty file under it would be in the way for ever.
        if let handle = FileHandle(forUpdatingAtPath: draft) {
            try handle.synchronize()
            try handle.close()
        }
        try FileManager.default.moveReplacing(draft, to: path)
    }
}

/// A passphrase no one has to remember: 64 hexadecimal digits from the system's generator.
enum Hex32 {
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<4).map { _ in generator.next() as UInt64 }
        return Digest(words: (words[0], words[1], words[2], words[3])).hex
    }
}

extension FileManager {
    /// Moves a file over another in one step, so that readers see the old one or the new one.
    func moveReplacing(_ source: String, to target: String) throws {
        guard unsafe rename(source, target) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target])
        }
    }
}
