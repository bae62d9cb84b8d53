// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import ShangMi
import TLCP
import Testing

/// Our link against Tongsuo's (BabaSSL 8.3), the implementation most others are measured by, both ways round.
///
/// Needs a Python with the wheel `tongsuopy-crayon` and `cffi`, named by JIUDING_TONGSUO_PYTHON, and the openssl tool;
/// is skipped without.
@Suite(
    "Links with another implementation", .enabled(if: TongsuoPeer.python != nil, "JIUDING_TONGSUO_PYTHON is not set"))
struct TongsuoTests {
    private static let suites = [CipherSuite.gcm, .cbc]

    @Test("we dial Tongsuo: it finds our certificates good, and data comes back (TLCP-3 to TLCP-13)", arguments: suites)
    func dial(_ suite: CipherSuite) throws {
        let peer = try TongsuoPeer(.server, suite)
        let end = PaperEnd(try peer.party, .client)
        #expect(try peer.talk(end))
        #expect(end.peer?.signing?.subject.commonName == "peer" && end.peer?.suite == suite)
        #expect(end.end == .closed)
        #expect(peer.said == "open: NTLSv1.1 \(TongsuoPeer.name(suite)) verified 0\nclosed in peace\n")
    }

    @Test("Tongsuo dials us: it is who it says, and data comes back (TLCP-3 to TLCP-13)", arguments: suites)
    func dialled(_ suite: CipherSuite) throws {
        let peer = try TongsuoPeer(.client, suite)
        let end = PaperEnd(try peer.party, .server)
        #expect(try peer.talk(end))
        #expect(end.peer?.signing?.subject.commonName == "peer" && end.peer?.encrypting != nil)
        #expect(end.end == .closed)
        #expect(peer.said == "open: NTLSv1.1 \(TongsuoPeer.name(suite)) verified 0\nclosed in peace\n")
    }

    @Test("what we refuse in Tongsuo's certificates, its log names by our alert (TLCP-18)")
    func refused() throws {
        let peer = try TongsuoPeer(.client, .gcm)
        var party = try peer.party
        party.trust = CertificateTrust()
        let end = PaperEnd(party, .server)
        #expect(try !peer.talk(end))
        #expect(
            end.failure
                == .certificateRefused(
                    .signing, subject: "C=CN, O=Tongsuo, CN=peer", .unknownAuthority(issuer: "C=CN, O=Tongsuo, CN=root")
                ))
        #expect(peer.said.contains("alert unknown ca"), "\(peer.said)")
    }

    @Test("what Tongsuo refuses in ours, we name by its alert (TLCP-18)")
    func refuses() throws {
        let peer = try TongsuoPeer(.client, .gcm)
        var party = try peer.party
        let stranger = try PaperAuthority("无名", seed: 50, clock: TongsuoPeer.clock)
        party.credentials = try PaperParty("node-1", stranger, seed: 51).credentials
        let end = PaperEnd(party, .server)
        #expect(try !peer.talk(end))
        #expect(
            end.failure == .toldBy(.unknownAuthority, during: "the handshake, before its Certificate"), "\(peer.said)")
    }
}

/// A process with Tongsuo in it.
final class TongsuoPeer {
    static let python = ProcessInfo.processInfo.environment["JIUDING_TONGSUO_PYTHON"]

    /// Tongsuo asks the real clock, so everybody does.
    static var clock: CertificateTime { CertificateTime(seconds: Int64(Date().timeIntervalSince1970)) }

    static func name(_ suite: CipherSuite) -> String { suite == .gcm ? "ECC-SM2-SM4-GCM-SM3" : "ECC-SM2-SM4-CBC-SM3" }

    private let folder = NSTemporaryDirectory() + "tongsuo-" + UUID().uuidString
    private let process = Process()
    private let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    private let ours: PaperAuthority
    private(set) var said = ""

    private static func script(_ arguments: [String], in process: Process) {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: python ?? "")
        process.arguments = [here.appendingPathComponent("Vectors/tongsuo-peer.py").path] + arguments
    }

    /// - Parameter role: Tongsuo's.
    init(_ role: Role, _ suite: CipherSuite) throws {
        ours = try PaperAuthority("市大数据局", seed: 1, clock: TongsuoPeer.clock)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let pem =
            "-----BEGIN CERTIFICATE-----\n" + Data(ours.root.der).base64EncodedString(options: .lineLength64Characters)
            + "\n-----END CERTIFICATE-----\n"
        try pem.write(toFile: folder + "/trusted.pem", atomically: true, encoding: .utf8)
        let preparing = Process()
        TongsuoPeer.script(["prepare", folder], in: preparing)
        try preparing.run()
        preparing.waitUntilExit()
        TongsuoPeer.script([role.rawValue, folder, TongsuoPeer.name(suite)], in: process)
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Our side, which trusts the authority Tongsuo's certificates come from.
    var party: PaperParty {
        get throws {
            var party = try PaperParty("node-1", ours, seed: 11)
            party.clock = TongsuoPeer.clock
            let root = try Certificate([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/ca.der"))))
            var verifier = SM2.Verifier(tableBytesMax: 0)
            try party.trust.trust(root, &verifier)
            return party
        }
    }

    /// Runs the link to its end: handshake, data of several sizes there and back, close.
    /// - Returns: whether it opened and everything came back.
    func talk(_ end: PaperEnd) throws -> Bool {
        try process.run()
        let pieces = [1, 15, 16, 17, 1_000, 16_384].map { count in
            (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        }
        var (next, expected, hasClosed) = (0, [UInt8](), false)
        end.feed(.began)
        while true {
            let bytes = end.take()
            if !bytes.isEmpty { try? input.fileHandleForWriting.write(contentsOf: Data(bytes)) }
            if end.end != nil { break }
            if end.isOpen, end.received.count == expected.count {
                if next < pieces.count {
                    end.feed(.wrote(pieces[next]))
                    expected += pieces[next].reversed()
                    next += 1
                    continue
                }
                hasClosed = true
                end.feed(.closing)
                continue
            }
            let more = output.fileHandleForReading.availableData
            end.feed(more.isEmpty ? .cutOff : .received([UInt8](more)))
        }
        try? input.fileHandleForWriting.close()
        said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return hasClosed && end.received == expected
    }
}
