// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Ledger
import ShangMi
import Testing

/// The published vectors (docs/spec/receipt.md section 7): Swift's verdicts on them are the ones written
/// down, and Tests/Verifier/verify.py, which shares no code with us, is held to the same list.
///
/// `REWRITE=1` writes them anew; the reviewer reads the difference.
@Suite(.serialized) struct VectorsTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("Verifier/vectors")
    static let rewrites = ProcessInfo.processInfo.environment["REWRITE"] == "1"

    /// A change made to a receipt or a trust file before it is judged.
    enum Mutation {
        case flip(Int)
        case cut(Int)
        case add([UInt8])
        case flipTrust(Int)

        var text: String {
            switch self {
            case .flip(let bit): "flip \(bit)"
            case .cut(let count): "cut \(count)"
            case .add(let bytes): "add \(Hex.encode(bytes))"
            case .flipTrust(let bit): "trust-flip \(bit)"
            }
        }

        func apply(receipt: inout [UInt8], trust: inout [UInt8]) {
            switch self {
            case .flip(let bit): receipt[bit / 8] ^= 1 << UInt8(bit % 8)
            case .cut(let count): receipt = Array(receipt.prefix(count))
            case .add(let bytes): receipt += bytes
            case .flipTrust(let bit): trust[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    static func code(_ receipt: [UInt8], _ trust: [UInt8], _ content: [UInt8]) -> Int {
        do {
            var client = try LightClient(trustFile: trust, scheme: SM2.Verifier())
            _ = try client.verify(
                receiptFile: receipt, fileDigest: SM3.hash(content), fileSize: UInt64(content.count))
            return 0
        } catch {
            return error.code
        }
    }

    static func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    static func read(_ name: some StringProtocol) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: String(name))))
    }

    /// Writes every case as files and says so in a line: code, receipt, trust file, content.
    static func rewriteCases() throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var lines = ["# code receipt trust content; code 0 is a receipt that verifies"]
        for one in Corruptions<ReferenceScheme>().cases {
            let trust = "\(SM3.hash(one.trust).hex.prefix(8)).trust"
            let content = "\(SM3.hash(one.content).hex.prefix(8)).content"
            try write(one.receipt, "\(one.name).receipt")
            try write(one.trust, trust)
            try write(one.content, content)
            lines.append("\(one.code) \(one.name).receipt \(trust) \(content)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Changes of good files, drawn from one seed.
    static func mutations(_ receipt: [UInt8], _ trust: [UInt8], seed: UInt64) -> [Mutation] {
        var random = SeededRandom(seed: seed)
        var drawn: [Mutation] = (0..<60).map { _ in .flip(random.below(receipt.count * 8)) }
        drawn += (0..<20).map { _ in .flipTrust(random.below(trust.count * 8)) }
        drawn += (0..<10).map { _ in .cut(random.below(receipt.count)) }
        drawn += (1...5).map { .add(random.bytes(count: $0)) }
        return drawn
    }

    @Test("Swift gives every published receipt the published code (RCPT-7)")
    func cases() throws {
        if Self.rewrites { try Self.write([UInt8](Self.rewriteCases().utf8), "cases.txt") }
        let lines = String(decoding: try Self.read("cases.txt"), as: UTF8.self).split(separator: "\n")
            .dropFirst()
        #expect(lines.count == Corruptions<HashScheme>().cases.count)
        for line in lines {
            let parts = line.split(separator: " ")
            let found = try Self.code(Self.read(parts[1]), Self.read(parts[2]), Self.read(parts[3]))
            #expect(found == Int(parts[0]), "\(line)")
        }
    }

    @Test("Swift gives every published mutation the published code, and none verifies (RCPT-2, RCPT-7)")
    func published() throws {
        let cases = String(decoding: try Self.read("cases.txt"), as: UTF8.self).split(separator: "\n")
        var lines = ["# code receipt trust content change"]
        for (seed, line) in cases.filter({ $0.hasPrefix("0 ") }).enumerated() {
            let parts = line.split(separator: " ").dropFirst()
            let (receipt, trust) = (try Self.read(parts[1]), try Self.read(parts[2]))
            let content = try Self.read(parts[3])
            for mutation in Self.mutations(receipt, trust, seed: UInt64(seed)) {
                var (changed, anchor) = (receipt, trust)
                mutation.apply(receipt: &changed, trust: &anchor)
                let code = Self.code(changed, anchor, content)
                #expect(code != 0, "\(parts[1]) \(mutation.text)")
                lines.append("\(code) \(parts.joined(separator: " ")) \(mutation.text)")
            }
        }
        let text = lines.joined(separator: "\n") + "\n"
        if Self.rewrites { try Self.write([UInt8](text.utf8), "mutations.txt") }
        #expect(text == String(decoding: try Self.read("mutations.txt"), as: UTF8.self))
    }
}
