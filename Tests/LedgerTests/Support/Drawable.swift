// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A wire type of which random values can be drawn, edge cases more often than chance would have them.
protocol Drawable: Canonical, Equatable, SendableMetatype {
    static func draw(_ random: inout SeededRandom) -> Self
}

extension SeededRandom {
    /// A number of any magnitude up to `max`: as often near a power of two as anywhere.
    mutating func number(max: UInt64) -> UInt64 {
        switch below(8) {
        case 0: return 0
        case 1: return max
        case 2: return min(max, UInt64(below(300)))
        default: return min(max, next() >> UInt64(below(64)))
        }
    }

    mutating func flip() -> Bool { below(2) == 1 }

    mutating func data(max: Int) -> [UInt8] { bytes(count: below(max + 1)) }

    mutating func list<Value: Drawable>(_ max: Int) -> [Value] {
        (0..<below(max + 1)).map { _ in Value.draw(&self) }
    }

    mutating func maybe<Value: Drawable>() -> Value? { flip() ? Value.draw(&self) : nil }

    mutating func text() -> String {
        let words = ["", "evidence", "检测报告", "é", "🧾", "a b", "\u{00a0}", "\u{ffff}", "~", "省"]
        return (0..<below(4)).map { _ in words[below(words.count)] }.joined()
    }

    /// Places of a committee, strictly ascending.
    mutating func places(max: Int) -> [ValidatorIndex] {
        let step = 1 + below(20)
        return stride(from: below(step), to: 100, by: step).prefix(below(max + 1)).map(ValidatorIndex.init)
    }

    mutating func keys(_ count: Int) -> [SM2.PublicKey] {
        let first = below(400)
        return (0..<count).map { ThrowAwayKey(first + $0).publicKey }
    }
}

extension Digest: Drawable {
    static func draw(_ random: inout SeededRandom) -> Digest {
        if random.below(16) == 0 { return .zero }
        return Digest(words: (random.next(), random.next(), random.next(), random.next()))
    }
}

extension SM2.PublicKey: Drawable {
    static func draw(_ random: inout SeededRandom) -> SM2.PublicKey { random.keys(1)[0] }
}

extension SM2.Signature: Drawable {
    static func draw(_ random: inout SeededRandom) -> SM2.Signature {
        SM2.Signature(r: .draw(&random), s: .draw(&random))
    }
}

extension Ordinal: Drawable {
    static func draw(_ random: inout SeededRandom) -> Ordinal { Ordinal(random.number(max: Ordinal.max)) }
}

extension Identifier: Drawable {
    static func draw(_ random: inout SeededRandom) -> Identifier { Identifier(.draw(&random)) }
}

extension Label: Drawable {
    static func draw(_ random: inout SeededRandom) -> Label {
        if random.below(32) == 0 { return Label(utf8: [UInt8](repeating: 0x61, count: 255))! }
        return Label(random.text())!
    }
}

extension ValidatorIndex: Drawable {
    static func draw(_ random: inout SeededRandom) -> ValidatorIndex { ValidatorIndex(random.below(100)) }
}

extension RuleVersion: Drawable {
    static func draw(_ random: inout SeededRandom) -> RuleVersion {
        RuleVersion(UInt16(random.number(max: 65_535)))
    }
}

extension ResultCode: Drawable {
    static func draw(_ random: inout SeededRandom) -> ResultCode {
        ResultCode(UInt16(random.number(max: 65_535)))
    }
}

extension MerklePath: Drawable {
    static func draw(_ random: inout SeededRandom) -> MerklePath {
        MerklePath(
            index: random.number(max: 1 << 62), count: random.number(max: 1 << 62), siblings: random.list(62))
    }
}

extension History: Drawable {
    static func draw(_ random: inout SeededRandom) -> History {
        var history = History()
        for _ in 0..<random.below(12) { _ = history.append(.draw(&random)) }
        return history
    }
}

extension HistoryLeaf: Drawable {
    static func draw(_ random: inout SeededRandom) -> HistoryLeaf {
        HistoryLeaf(
            height: .draw(&random), block: .draw(&random), payloadRoot: .draw(&random),
            receiptsRoot: .draw(&random),
            stateRoot: .draw(&random))
    }
}

extension SparseProof: Drawable {
    static func draw(_ random: inout SeededRandom) -> SparseProof {
        let other = random.flip() ? Leaf(path: .draw(&random), valueDigest: .draw(&random)) : nil
        return SparseProof(siblings: random.list(40), other: other)
    }
}

extension Event: Drawable {
    static func draw(_ random: inout SeededRandom) -> Event {
        Event(contract: .draw(&random), name: .draw(&random), data: random.data(max: 40))
    }
}

extension Outcome: Drawable {
    static func draw(_ random: inout SeededRandom) -> Outcome {
        Outcome(
            code: .draw(&random), gasUsed: .draw(&random), output: random.data(max: 60),
            events: random.list(3))
    }
}

extension Receipt: Drawable {
    static func draw(_ random: inout SeededRandom) -> Receipt {
        Receipt(
            transaction: .draw(&random), height: .draw(&random), index: random.number(max: 16_383),
            outcome: .draw(&random))
    }
}

extension EvidenceNumber: Drawable {
    static func draw(_ random: inout SeededRandom) -> EvidenceNumber {
        EvidenceNumber(height: .draw(&random), index: random.number(max: 16_383))
    }
}

extension DepositReply: Drawable {
    static func draw(_ random: inout SeededRandom) -> DepositReply {
        DepositReply(number: .draw(&random), recorded: .draw(&random), repeated: random.flip())
    }
}

extension Deposit: Drawable {
    static func draw(_ random: inout SeededRandom) -> Deposit {
        Deposit(
            businessType: .draw(&random), title: .draw(&random), digest: .draw(&random),
            size: random.number(max: .max), mediaType: .draw(&random),
            capture: CaptureMethod.allCases[random.below(4)])
    }
}

extension EvidenceRecord: Drawable {
    static func draw(_ random: inout SeededRandom) -> EvidenceRecord {
        EvidenceRecord(
            number: .draw(&random), recorded: .draw(&random), depositor: .draw(&random),
            deposit: .draw(&random),
            noteCount: random.number(max: UInt64(UInt32.max)))
    }
}

extension EvidenceNote: Drawable {
    static func draw(_ random: inout SeededRandom) -> EvidenceNote {
        EvidenceNote(author: .draw(&random), recorded: .draw(&random), text: [UInt8](random.text().utf8))
    }
}

extension Annotation: Drawable {
    static func draw(_ random: inout SeededRandom) -> Annotation {
        Annotation(digest: .draw(&random), text: [UInt8](random.text().utf8))
    }
}
