// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

/// Values made by Tests/Vectors/tlcp.py, which knows only docs/spec/tlcp.md.
@Suite("Known answers of TLCP") struct VectorTests {
    private let client = [UInt8](100..<132)
    private let server = [UInt8](200..<232)
    private var first: SecretBytes { SecretBytes([1, 1] + [UInt8](0..<46)) }
    private var master: SecretBytes { KeySchedule.master(first, client: client, server: server) }

    @Test("the PRF, the master secret, the key block and Finished (TLCP-11)")
    func schedule() {
        let long = KeySchedule.expand(SecretBytes(Array("secret".utf8)), "label", Array("seed".utf8), count: 100)
        #expect(
            Hex.encode(long.bytes)
                == "6bbf1bdaf82815d0abc339bd25396265ade241d8f27e03d9aa2d94ebe1eda0e2b4b532a0d2324725c32045f7e1b85c2e"
                + "af9d49de6e5985c3feed359ca1bd0110641c8cc3031d5ccd968eb7346188e74bf898"
                + "f63b41625e45469eef9039562673adde5220"
        )
        #expect(
            Hex.encode(master.bytes)
                == "91ee59a711a9ed9320876f3688f110a6398a8539f0ea048589255655460ce1ebf95315448c303027910be5b3f4a469b8")
        let block =
            "2d8b47853896ec619013277e605d0caa48d5395b4ca54ffc69a075c6d1d31498c41204aae599f364670a085bda7a85ec2839d504"
            + "700d9338c1ed52c4f27f8c71cec6c7d780378c1c4a1b230cb64869a275e71487b3de65611c6d7403d9afabbe"
        let gcm = KeySchedule.keys(.gcm, master: master, client: client, server: server)
        let gcmParts = [gcm.client.cipher, gcm.server.cipher, gcm.client.nonce, gcm.server.nonce]
        #expect(Hex.encode(gcmParts.flatMap(\.bytes)) == String(block.prefix(80)))
        #expect(gcm.client.mac.count == 0)
        let cbc = KeySchedule.keys(.cbc, master: master, client: client, server: server)
        let cbcParts = [cbc.client.mac, cbc.server.mac, cbc.client.cipher, cbc.server.cipher]
        #expect(Hex.encode(cbcParts.flatMap(\.bytes)) == block)
        let transcript = SM3.hash(Array("transcript".utf8))
        #expect(
            Hex.encode(KeySchedule.verification(master: master, of: .client, transcript: transcript))
                == "e0436c3de9d0df9a4f5e76fc")
        #expect(
            Hex.encode(KeySchedule.verification(master: master, of: .server, transcript: transcript))
                == "3dc2ea012e558c69c05e09c6")
    }

    @Test("records are sealed to the known bytes and open again, in their order (TLCP-12, TLCP-13)")
    func records() throws {
        let text = Array("a record of data".utf8)
        let known: [(CipherSuite, [String])] = [
            (
                .gcm,
                [
                    "170101002800000000000000007d33349d3d3931143fd6d4189548dcf3b83566e634de01995b512d2da92da60b",
                    "17010100280000000000000001301b1c0e37fb2d05c9fc4e25304a985a07e47dac8f2d8cf6822c70beaba7697a",
                ]
            ),
            (
                .cbc,
                [
                    "1701010050000102030405060708090a0b0c0d0e0f48971366bcd3927d601d00957cba028f931f5a799eb0"
                        + "1f08fcf4acfd75f25cd08f9bb9a5bfbd48d6de130566134f7dd446812f3d28353d6f932dd29eb763ac9e"
                ]
            ),
        ]
        for (suite, sealed) in known {
            let keys = KeySchedule.keys(suite, master: master, client: client, server: server).client
            var writing = RecordProtection(keys, suite, isWriting: true, limit: 10)
            var reading = RecordProtection(keys, suite, isWriting: false, limit: 10)
            for one in sealed {
                var output: [UInt8] = []
                try writing.seal(kind: 23, text[...], vector: [UInt8](0..<16), into: &output)
                #expect(Hex.encode(output) == one, "\(suite.name)")
                #expect(try reading.open(kind: 23, Array(hex(one)[5...])) == text)
            }
            if suite == .cbc {
                // The other side may pad by up to 256 bytes.
                #expect(try reading.open(kind: 23, Array(hex(VectorTests.longPadding)[5...])) == text)
            }
        }
    }

    private static let longPadding =
        "1701010140101112131415161718191a1b1c1d1e1f3c265d45f866cda7531e7a3d10aebe7619f1ee9881b8393c0b011085bb"
        + "dd4e844b4bb7a89af5c094210ffcb3fe7aa01e8fd5c5b968b4fc065e87478c303142ba0d33f2b86931d71fcf35cd4f1ceb41"
        + "d978469af91f9aeb6802b264810d447e03d25245234f7574e7271f598622648e26abad8fa57d7b74428f40dbf22a96a065c0"
        + "d6eef1d36a6c9acaa60a0f05aface5882a379d932b908cd08fba4c8464c77f4377b5da329b83a785df66711f14ac89e82077"
        + "74ca3d7393fe7bf75b4e88487aef13a0531686dcbbac3f2d9aae27f0b04f8aab3370fe7990a5bea82215a391cdf844394051"
        + "5b1e54d575ef432ec974a4819b874246d9382e20dc081c6c9d1907d62b28c0dc1e46ebf1d08a7aaa04c69d1a36a0357ff8f6"
        + "773ef2d467bdcd7716753410d100e944d51c7b0e8ace0a6178"
}
