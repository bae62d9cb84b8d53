// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import ShangMi
import TLCP
import Testing

/// A handshake as tshark sees it: its dissector was written by others from the standard. (Version 4.0 calls the
/// protocol GMTLS and knows its suites.)
@Suite("Handshakes in a capture", .enabled(if: Capture.hasTool, "tshark is not installed"))
struct CaptureTests {
    @Test(
        "tshark reads every message of a handshake, and finds nothing malformed (TLCP-1, TLCP-5)",
        arguments: CipherSuite.allCases)
    func decoded(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        var wire = PaperWire(pair.client, pair.server)
        var capture = Capture()
        wire.tap = { sender, bytes in
            for record in records(bytes) { capture.add(record, from: sender) }
            return bytes
        }
        wire.run()
        #expect(wire.client.isOpen && wire.server.isOpen)
        wire.client.feed(.wrote([1, 2, 3]))
        wire.carry()
        let rows = try capture.decoded([
            "ip.src", "tls.record.version", "tls.record.content_type", "tls.handshake.type",
            "tls.handshake.ciphersuite",
        ])
        let number = "0x" + String(suite.rawValue, radix: 16)
        let expected = [
            "10.0.0.1|0x0101|22|1|0xe053,0xe013", "10.0.0.2|0x0101|22|2|\(number)", "10.0.0.2|0x0101|22|11|",
            "10.0.0.2|0x0101|22|12|", "10.0.0.2|0x0101|22|13|", "10.0.0.2|0x0101|22|14|", "10.0.0.1|0x0101|22|11|",
            "10.0.0.1|0x0101|22|16|", "10.0.0.1|0x0101|22|15|", "10.0.0.1|0x0101|20||", "10.0.0.1|0x0101|22||",
            "10.0.0.2|0x0101|20||", "10.0.0.2|0x0101|22||", "10.0.0.1|0x0101|23||",
        ]
        #expect(rows == expected)
        let text = try capture.text()
        #expect(!text.contains("Malformed") && !text.contains("Expert Info (Error"))
        // Both certificates of both sides, and both authorities the server names.
        #expect(text.components(separatedBy: "id-at-commonName=node-2").count > 2)
        #expect(text.components(separatedBy: "id-at-commonName=node-1").count > 2)
        #expect(text.contains("ECDSA Sign (64)") && text.contains("id-at-commonName=root"))
    }
}

/// Packets of one TCP connection, in the form of pcap: raw IPv4.
struct Capture {
    static let hasTool = run(["-v"]).status == 0

    private var packets: [[UInt8]] = []
    private var sequence: [Role: UInt32] = [.client: 1, .server: 1]

    init() {
        packet([], from: .client, flags: 0x02)
        packet([], from: .server, flags: 0x12)
    }

    mutating func add(_ bytes: [UInt8], from sender: Role) {
        packet(bytes, from: sender, flags: 0x18)
        sequence[sender, default: 1] += UInt32(bytes.count)
    }

    private mutating func packet(_ bytes: [UInt8], from sender: Role, flags: UInt8) {
        func big(_ number: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * (count - 1 - $0))) }
        }
        let isClient = sender == .client
        let (source, target): (UInt32, UInt32) = isClient ? (40_000, 4_433) : (4_433, 40_000)
        let start = (sequence[sender] ?? 1) - (flags & 0x02 == 0 ? 0 : 1)
        let acknowledged = flags == 0x02 ? 0 : sequence[isClient ? .server : .client] ?? 1
        let tcp =
            big(source, 2) + big(target, 2) + big(start, 4) + big(acknowledged, 4) + [0x50, flags] + big(65_535, 2)
            + big(0, 4) + bytes
        let addresses: [UInt8] = isClient ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1]
        packets.append([0x45, 0] + big(UInt32(20 + tcp.count), 2) + [0, 0, 0, 0, 64, 6, 0, 0] + addresses + tcp)
    }

    private var file: [UInt8] {
        func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) } }
        // Magic, version 2.4, no zone, no accuracy, no limit, link type 101: raw IP.
        var bytes = little(0xa1b2_c3d4) + [2, 0, 4, 0] + little(0) + little(0) + little(65_535) + little(101)
        for (index, packet) in packets.enumerated() {
            bytes += little(1_795_000_000) + little(UInt32(index))
            bytes += little(UInt32(packet.count)) + little(UInt32(packet.count)) + packet
        }
        return bytes
    }

    private func tshark(_ arguments: [String]) throws -> String {
        let path = NSTemporaryDirectory() + "tlcp-" + UUID().uuidString + ".pcap"
        try Data(file).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return Capture.run(["-r", path, "-d", "tcp.port==4433,tls", "-Y", "tls"] + arguments).output
    }

    /// One line a packet that holds a record, its fields between bars.
    func decoded(_ fields: [String]) throws -> [String] {
        try tshark(["-T", "fields", "-E", "separator=|"] + fields.flatMap { ["-e", $0] })
            .split(separator: "\n").map(String.init)
    }

    /// Everything tshark has to say.
    func text() throws -> String { try tshark(["-V"]) }

    private static func run(_ arguments: [String]) -> (status: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["tshark"] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return (127, "") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
