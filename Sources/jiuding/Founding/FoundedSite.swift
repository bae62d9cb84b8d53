// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// What a founding leaves on one organisation's machine: the trust anchor and the record for everybody, and a folder
/// for each of its own nodes.
/// - Spec: FOUND-15, FOUND-16 (docs/spec/founding.md).
struct FoundedSite {
    let root: String
    let record: FoundingRecord

    private var spec: ChainSpec { record.draft.spec }
    private var consortium: Consortium { record.draft.consortium }

    var trust: String { "\(root)/trust/\(spec.name.text).trust" }
    var founding: String { "\(root)/trust/\(spec.name.text).founding" }

    /// The roots of all organisations, which every node trusts, as PEM.
    private var authorities: [UInt8] {
        Array(record.draft.contributions.map { PEM.encode($0.body.root, label: PEM.certificate) }.joined().utf8)
    }

    /// An anchor and a record of the same founding stay, though one of its organisations signed twice and other files
    /// were at hand then (FOUND-14).
    func writeTrust() throws {
        try placeAnchor(at: trust)
        if let kept: FoundingRecord = try? FoundingFiles.read(founding), kept.draft == record.draft {
            var verifier = SM2.Verifier(tableBytesMax: 0)
            do { try kept.check(&verifier) } catch { throw Failure(error.unplaced, files: [founding]) }
        } else {
            try FoundingFiles.place(record.encoded, at: founding)
        }
        try FoundingFiles.place(authorities, at: "\(root)/trust/authorities.crt")
    }

    /// Writes a node's folder whole in itself, so that it can be carried to the machine it is for.
    /// - Returns: the configurations.
    func writeNodes(of party: Consortium.Party, from places: FoundingPlaces) throws -> [String] {
        try zip(party.nodes, places.nodes).map { node, source in
            let target = NodePlace(folder: "\(root)/\(node.name.text)")
            // As they are: encrypted under the same passphrase.
            for (from, to) in [
                (source.validatorKey, target.validatorKey), (source.encryptionKey, target.encryptionKey),
            ] { try copy(from, to: to, mode: 0o600) }
            let anchor = AnchorSeat.name(of: node.name)
            let isAnchored = party.openSeats.contains { $0.name == anchor }
            if isAnchored { try copy(source.anchorKey, to: target.anchorKey, mode: 0o600) }
            for (from, to) in [
                (source.signingCertificate, target.signingCertificate),
                (source.encryptionCertificate, target.encryptionCertificate),
            ] { try copy(from, to: to, mode: 0o644) }
            try FoundingFiles.place(authorities, at: "\(target.folder)/certificates/authorities.crt")
            let chain = target.chain(spec.name)
            try placeAnchor(at: "\(chain)/trust")
            try FoundingFiles.place(spec.encoded, at: "\(chain)/spec")
            // Edited by people later: what is there stays.
            if !FileManager.default.fileExists(atPath: target.configuration) {
                try FoundingFiles.place(Array(configuration(of: node, isAnchored).text.utf8), at: target.configuration)
            }
            return target.configuration
        }
    }

    private func placeAnchor(at path: String) throws {
        let kept = FileManager.default.contents(atPath: path).flatMap { try? TrustAnchor(decoding: [UInt8]($0)) }
        var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
        if let kept, kept.fingerprint == record.anchor.fingerprint, kept.isSealed(&checker) { return }
        try FoundingFiles.place(record.anchor.encoded, at: path)
    }

    private func copy(_ source: String, to target: String, mode: Int) throws {
        guard let bytes = FileManager.default.contents(atPath: source) else {
            throw Failure(FoundingFlaw(.foundingKeyMissing, []), files: [source])
        }
        try FoundingFiles.place([UInt8](bytes), at: target, mode: mode)
    }

    private func configuration(of node: Consortium.Node, _ isAnchored: Bool) -> NodeFile {
        var peers: [NodeFile.Peer] = []
        for (party, contribution) in zip(consortium.parties, record.draft.contributions) {
            for (other, brought) in zip(party.nodes, contribution.body.nodes) where other.name != node.name {
                peers.append(
                    NodeFile.Peer(
                        name: other.name.text, account: AccountID(brought.signing),
                        addresses: other.addresses.map(\.text)))
            }
        }
        var file = NodeFile(
            origin: phrase("Written by `jiuding found finish`.", zh: "由 jiuding found finish 生成。"),
            name: node.name.text,
            chain: spec.name.text, authorities: "certificates/authorities.crt",
            listen: node.listen.map { [$0.text] } ?? node.addresses.map(\.text), peers: peers,
            gateway: node.gateway?.text)
        if isAnchored { file.anchorKey = "keys/anchor.key" }
        return file
    }
}
