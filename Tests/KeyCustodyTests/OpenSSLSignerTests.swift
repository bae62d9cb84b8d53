// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import Testing

@Suite struct OpenSSLSignerTests {
    // KEY-5
    @Test("a signature verifies under the default user ID and under no other, not even the empty one")
    func defaultUserID() throws {
        let signer: any Signer = OpenSSLSigner(try PrivateKey.generate())
        for length in [0, 1, 55, 64, 1000] {
            let message = [UInt8](repeating: 7, count: length)
            let signature = try signer.sign(message)
            #expect(OpenSSLReference.verify(message, signature, by: signer.publicKey))
            #expect(!OpenSSLReference.verify(message, signature, by: signer.publicKey, userID: []))
            #expect(!OpenSSLReference.verify(message, signature, by: signer.publicKey, userID: [0x31]))
            #expect(!OpenSSLReference.verify(message + [7], signature, by: signer.publicKey))
        }
    }

    // KEY-5
    @Test("many threads sign with one key at once")
    func concurrent() async throws {
        let signer = OpenSSLSigner(try PrivateKey.generate())
        let good = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    let message = [UInt8](repeating: UInt8(index), count: index)
                    return OpenSSLReference.verify(message, try signer.sign(message), by: signer.publicKey)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 64)
    }

    // KEY-6
    @Test("short halves of a signature keep their leading zeros in both directions")
    func derForm() throws {
        let short = Digest(hex: String(repeating: "00", count: 31) + "7f")!
        let high = Digest(hex: String(repeating: "00", count: 30) + "8001")!
        for signature in [SM2.Signature(r: short, s: high), SM2.Signature(r: high, s: .zero)] {
            #expect(try SM2.Signature(der: signature.der) == signature)
        }
        #expect(Hex.encode(SM2.Signature(r: short, s: high).der) == "300802017f0203008001")
    }

    // KEY-6
    @Test("a signature in any but the canonical DER form is refused")
    func derStrict() {
        for bad in [
            "", "30", "3000", "300602017f020101ff", "30070201 7f02020001", "300602 01ff020101",
            "30810602017f020101",
            "300602017f0201", "310602017f020101", "3084000000060201", "30820006", "300402000200",
            "3026022100" + String(repeating: "ff", count: 33) + "020101",
        ] {
            let der = bytes(bad.filter { $0 != " " })
            #expect(throws: DERError.self, "\(bad)") { try SM2.Signature(der: der) }
        }
    }
}
