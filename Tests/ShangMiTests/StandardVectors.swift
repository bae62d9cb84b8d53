// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

/// The signature printed in GB/T 32918.5-2017 annex A, over "message digest" with the default user ID.
enum StandardVectors {
    static let message = [UInt8]("message digest".utf8)
    static let z = hex("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3")
    static let e = hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
    static let r = hex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3")
    static let s = hex("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")
    static let x = hex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020")
    static let y = hex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")

    static var key: SM2.PublicKey { SM2.PublicKey(x.bytes + y.bytes)! }
    static var signature: SM2.Signature { SM2.Signature(r: r, s: s) }
    static var claim: SM2.Claim { SM2.Claim(key: key, message: message, signature: signature) }

    private static func hex(_ text: String) -> Digest { Digest(hex: text)! }
}
