// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ledger

/// Where one organisation keeps its part of a founding. Paths only; nothing is created by asking.
///
/// What lies in `private` never leaves it but encrypted, as part of a node's folder; all else is public.
/// - Spec: FOUND-7, FOUND-15 (docs/spec/founding.md).
struct FoundingFolder {
    static let contributionEnding = ".contribution"
    static let signatureEnding = ".signature"

    let root: String

    var secrets: String { "\(root)/private" }
    /// What was made here: the only word on which contribution is this organisation's.
    var own: String { "\(secrets)/own.contribution" }
    var consortium: String { "\(root)/consortium.yaml" }
    var draft: String { "\(root)/genesis.draft" }
    func contribution(_ organization: Label) -> String {
        "\(root)/\(organization.text)\(FoundingFolder.contributionEnding)"
    }
    func signature(_ organization: Label) -> String { "\(root)/\(organization.text)\(FoundingFolder.signatureEnding)" }

    func places(of party: Consortium.Party) -> FoundingPlaces {
        let nodes = party.nodes.map { (node: $0, place: NodePlace(folder: "\(secrets)/nodes/\($0.name.text)")) }
        return FoundingPlaces(
            authority: "\(secrets)/authority", nodes: nodes.map(\.place),
            seats: party.openSeats.map { seat in
                // What a node anchors with goes with the node.
                let own = nodes.first { AnchorSeat.name(of: $0.node.name) == seat.name }
                return own?.place.anchorKey ?? "\(secrets)/members/\(seat.name.text).key"
            })
    }

    /// Files of one kind that lie here, by name.
    func files(ending: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().map { "\(root)/\($0)" }
    }
}

/// Where one organisation's keys and certificates are, or will be: in a folder of the ceremony, or in the data
/// directory of a local network.
struct FoundingPlaces: Sendable {
    /// The folder of its authority.
    let authority: String
    let nodes: [NodePlace]
    /// Key files of the seats whose key the agreement leaves open.
    let seats: [String]
}

/// The files of one node that belong together.
struct NodePlace: Sendable {
    let folder: String

    var validatorKey: String { "\(folder)/keys/validator.key" }
    var encryptionKey: String { "\(folder)/keys/encryption.key" }
    /// Of the member that puts the node's audit log on record.
    var anchorKey: String { "\(folder)/keys/anchor.key" }
    var signingCertificate: String { "\(folder)/certificates/signing.crt" }
    var encryptionCertificate: String { "\(folder)/certificates/encryption.crt" }
    var configuration: String { "\(folder)/node.yaml" }
    func chain(_ name: Label) -> String { "\(folder)/chains/\(name.text)" }
}

/// Public files of a founding on disk.
enum FoundingFiles {
    /// - Throws: `Failure` with the stable code and the file's name.
    static func read<Value: FoundingFile>(_ path: String) throws -> Value {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure(FoundingFlaw(.foundingMalformed, [phrase("it cannot be read", zh: "无法读取")]), files: [path])
        }
        defer { try? file.close() }
        // One byte more than allowed shows that it is too long.
        let bytes = [UInt8]((try? file.read(upToCount: Value.bytesMax + 1)) ?? Data())
        do { return try Value.read(bytes) } catch { throw Failure(error, files: [path]) }
    }

    /// Puts a file where there is none; one with the same bytes stays, another is never overwritten (FOUND-16).
    static func place(_ bytes: [UInt8], at path: String, mode: Int = 0o644) throws {
        if FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.contents(atPath: path) == Data(bytes) else {
                throw Failure(FoundingFlaw(.foundingTaken, []), files: [path])
            }
            return
        }
        do {
            try DataDirectory.makeFolder(
                URL(fileURLWithPath: path).deletingLastPathComponent().path, mode: mode == 0o600 ? 0o700 : 0o755)
            try DataDirectory.write(bytes, to: path, mode: mode)
        } catch let error as CocoaError {
            throw Failure(
                .no, "JD-4009",
                phrase(
                    "\(path) cannot be written: \(error.localizedDescription)",
                    zh: "无法写入 \(path)：\(error.localizedDescription)"),
                fix: phrase("check the folder's mode and the free space", zh: "请检查目录权限与剩余空间"))
        }
    }
}

extension Failure {
    /// What keeps a founding from going on, with the files it is about.
    init(_ flaw: FoundingFlaw, files: [String]) {
        let named = flaw.files.isEmpty ? (files.count == 1 ? files : []) : flaw.files.map { files[$0] }
        let facts = flaw.facts.joined(separator: phrase(", ", zh: "，"))
        self.init(
            .no, flaw.code.label,
            flaw.code.sentence + (facts.isEmpty ? "" : phrase(": ", zh: "：") + facts)
                + (named.isEmpty ? "" : " (\(named.joined(separator: ", ")))"),
            fix: flaw.code.remedy)
    }
}
