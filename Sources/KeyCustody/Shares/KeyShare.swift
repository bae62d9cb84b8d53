// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// One of n shares of a private key, of which any k restore it and fewer say nothing about it (KEY-18, KEY-19).
///
/// Shamir's scheme over the order of the SM2 group, with Feldman's points beside it, so that everybody who holds a
/// share can tell by himself that it is one of this key, and whoever restores can tell which share is not.
package struct KeyShare: Sendable {
    package static let countMax = 16

    /// Its place, 1 to `count`.
    package let index: Int
    package let threshold: Int
    package let count: Int
    /// The coefficients times G, 65 bytes each, `threshold` of them; the first is the public key.
    package let points: [[UInt8]]
    /// What must not be seen: 32 bytes.
    let value: Secret

    init(index: Int, threshold: Int, count: Int, points: [[UInt8]], value: Secret) {
        self.index = index
        self.threshold = threshold
        self.count = count
        self.points = points
        self.value = value
    }

    /// The key it is a share of.
    package var publicKey: SM2.PublicKey {
        get throws(CustodyError) {
            guard let bytes = points.first, bytes.count == 65, bytes[0] == 4,
                let key = SM2.PublicKey([UInt8](bytes[1...]))
            else { throw .share(.otherSet) }
            return key
        }
    }

    /// - Throws: `.share(.countUnfit)` unless 2 ≤ threshold ≤ count ≤ 16.
    package static func split(_ key: PrivateKey, threshold: Int, count: Int) throws(CustodyError) -> [KeyShare] {
        guard threshold >= 2, threshold <= count, count <= countMax else {
            throw .share(.countUnfit(threshold: threshold, count: count))
        }
        let curve = try CurveArithmetic()
        var coefficients = [try curve.number(of: key)]
        while coefficients.count < threshold { coefficients.append(try curve.random()) }
        var points: [[UInt8]] = []
        for coefficient in coefficients { points.append(try curve.point(coefficient)) }
        var shares: [KeyShare] = []
        for index in 1...count {
            let place = try curve.number(index)
            var value = coefficients[threshold - 1]
            for coefficient in coefficients.dropLast().reversed() {
                value = try curve.sum(try curve.product(value, place), coefficient)
            }
            shares.append(
                KeyShare(index: index, threshold: threshold, count: count, points: points, value: value.bytes))
        }
        return shares
    }

    /// Whether it lies on the polynomial its points describe.
    package func check() throws(CustodyError) {
        let curve = try CurveArithmetic()
        guard try curve.point(curve.number(value)) == curve.value(of: points, at: index) else {
            throw .share(.wrong(index: index))
        }
    }

    /// - Parameter shares: of one key and one splitting, in any order; the same one twice counts once.
    /// - Throws: `.share` with what is missing, or which of them is not what it claims.
    package static func restore(_ shares: [KeyShare]) throws(CustodyError) -> PrivateKey {
        guard let first = shares.first else { throw .share(.tooFew(found: 0, needed: 2)) }
        for share in shares
        where share.points != first.points || share.threshold != first.threshold || share.count != first.count {
            throw .share(.otherSet)
        }
        var chosen: [KeyShare] = []
        for share in shares where !chosen.contains(where: { $0.index == share.index }) {
            try share.check()
            chosen.append(share)
        }
        guard chosen.count >= first.threshold else {
            throw .share(.tooFew(found: chosen.count, needed: first.threshold))
        }
        chosen = Array(chosen.prefix(first.threshold))
        let curve = try CurveArithmetic()
        var sum = try curve.number(0)
        for share in chosen {
            var term = try curve.number(share.value)
            for other in chosen where other.index != share.index {
                term = try curve.product(term, try curve.weight(from: share.index, to: other.index))
            }
            sum = try curve.sum(sum, term)
        }
        let key = try curve.privateKey(sum)
        guard try key.publicKey == first.publicKey else { throw .share(.otherSet) }
        return key
    }
}

/// Why shares do not restore a key, or a key cannot be split.
package enum ShareFault: Hashable, Sendable {
    case countUnfit(threshold: Int, count: Int)
    case tooFew(found: Int, needed: Int)
    /// Not all of one key and one splitting.
    case otherSet
    /// It is not the share its place asks for: damaged, or changed by who kept it.
    case wrong(index: Int)
    case notAShare(path: String)
    /// An archived key was to be used.
    case archived(path: String)
}

extension ShareFault {
    var code: String {
        switch self {
        case .countUnfit: "JD-1640"
        case .tooFew: "JD-1641"
        case .otherSet: "JD-1642"
        case .wrong: "JD-1643"
        case .notAShare: "JD-1644"
        case .archived: "JD-1645"
        }
    }

    package var sentence: BilingualText {
        switch self {
        case .countUnfit(let threshold, let count):
            .init(
                "\(threshold) of \(count) shares cannot be: 2 to all of at most \(KeyShare.countMax) restore a key",
                zh: "不支持 \(count) 份中取 \(threshold) 份：最多 \(KeyShare.countMax) 份，恢复所需份数为 2 至全部")
        case .tooFew(let found, let needed):
            .init("\(found) different shares, \(needed) are needed", zh: "只有 \(found) 份不同的分片，需要 \(needed) 份")
        case .otherSet:
            .init("these shares are not of one key and one backup", zh: "这些分片不属于同一密钥的同一次备份")
        case .wrong(let index):
            .init("share \(index) is damaged or was changed", zh: "第 \(index) 份分片已损坏或被改动")
        case .notAShare(let path): .init("\(path) is not a share of a key", zh: "\(path) 不是密钥分片")
        case .archived(let path): .init("the key in \(path) is archived", zh: "\(path) 中的密钥已归档")
        }
    }

    package var fix: BilingualText {
        switch self {
        case .countUnfit: .init("give --threshold and --shares within that", zh: "请在此范围内给出 --threshold 和 --shares")
        case .tooFew: .init("ask further keepers for theirs", zh: "请向其他保管人索取分片")
        case .otherSet: .init("give shares of one backup only", zh: "请只提供同一次备份的分片")
        case .wrong: .init("ask another keeper for a share", zh: "请改向其他保管人索取分片")
        case .notAShare: .init("give files made by: jiuding key backup", zh: "请提供由 jiuding key backup 生成的文件")
        case .archived:
            .init("bring it back first with: jiuding key unarchive", zh: "请先用 jiuding key unarchive 取回")
        }
    }
}
