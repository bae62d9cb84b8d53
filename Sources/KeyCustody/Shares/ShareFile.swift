// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// A share on disk: what everybody may know in the clear, the share itself under its keeper's passphrase (KEY-20).
package enum ShareFile {
    private static let version: [UInt8] = [1]
    private static let pointBytes = 65

    /// Writes a new file of mode 0600, whole or not at all.
    /// - Cost: one derivation, about 60 ms.
    package static func write(_ share: KeyShare, at path: String, passphrase: Secret) throws(CustodyError) {
        try KeyFile.check(passphrase)
        let envelope = try KeyEnvelope.seal(
            share.value, passphrase: passphrase, iterations: KeyFile.iterations, derivation: .hmacSM3)
        let numbers = [share.threshold, share.count, share.index].map { DER.unsigned([UInt8($0)]) }
        let der = DER.sequence(
            [DER.unsigned(version)] + numbers
                + [DER.element(DER.Tag.octets, share.points.flatMap { $0 }), DER.element(DER.Tag.octets, envelope.der)])
        try NewFile.create(at: path, [UInt8](PEM.encode(der, label: PEM.keyShare).utf8))
    }

    /// - Throws: `.passphraseWrong` also where the share itself was damaged: the two look the same.
    package static func read(at path: String, passphrase: Secret) throws(CustodyError) -> KeyShare {
        let text = try KeyFile.privateBytes(at: path)
        guard let block = PEM.decode(text), block.label == PEM.keyShare else { throw .share(.notAShare(path: path)) }
        let parts: Parts
        do throws(DERError) { parts = try Parts(block.content) } catch { throw .share(.notAShare(path: path)) }
        guard parts.threshold >= 2, parts.threshold <= parts.count, parts.count <= KeyShare.countMax,
            (1...parts.count).contains(parts.index), parts.points.count == parts.threshold * pointBytes
        else { throw .share(.notAShare(path: path)) }
        try KeyFile.check(passphrase)
        let envelope: KeyEnvelope
        do throws(KeyEnvelope.Flaw) { envelope = try KeyEnvelope.read(parts.envelope) } catch {
            throw .share(.notAShare(path: path))
        }
        guard let value = try envelope.open(passphrase: passphrase), value.count == 32 else {
            throw .passphraseWrong(path: path)
        }
        let points = (0..<parts.threshold).map { Array(parts.points[$0 * pointBytes..<($0 + 1) * pointBytes]) }
        let share = KeyShare(
            index: parts.index, threshold: parts.threshold, count: parts.count, points: points, value: value)
        do throws(CustodyError) { try share.check() } catch {
            // One wrong passphrase in 256 leaves a valid padding, and a number that is no share.
            throw error == .scalarOutOfRange ? .passphraseWrong(path: path) : error
        }
        return share
    }

    private struct Parts {
        let threshold: Int
        let count: Int
        let index: Int
        let points: [UInt8]
        let envelope: [UInt8]

        init(_ der: [UInt8]) throws(DERError) {
            var file = DERReader(der)
            var reader = try file.inside("a share")
            try file.finish("a share")
            func number() throws(DERError) -> Int { Int(try reader.unsigned(byteCount: 1, "a number")[0]) }
            guard try reader.unsigned(byteCount: 1, "a version") == ShareFile.version else {
                throw reader.fail("version 1")
            }
            (threshold, count, index) = (try number(), try number(), try number())
            points = try reader.bytes(of: DER.Tag.octets, "points")
            envelope = try reader.bytes(of: DER.Tag.octets, "an envelope")
            try reader.finish("a share")
        }
    }
}
