// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi

/// Signatures whose sum of points has a chosen abscissa x, one in 2^127 by chance.
///
/// Made by solving for the key: with R = (x, y) on the curve and any s, t, Q = (R - sG)/t. By a short script
/// in Python with its own arithmetic; x is n + 4, n + 5, p - 2 and, where target + n just reaches p, p - n.
enum AbscissaVectors {
    static let all = [
        claim(
            "dab6a3aa1be263b161e74d2fe7f7ad45d7ee3af3e1a06a7a5f10117cc011782f",
            "56e88e396048b1aeb74cdf74717bdc4367e909061e47f8e29963f79472045ba7",
            e: "eca66396283de5826ea5cb81583f9187d5a4db0d210e680c15511ee716ee10d6",
            r: "eca66396283de5826ea5cb81583f9187d5a4db0d210e680c15511ee716ee10da",
            s: "f7f63f6d0975208eee333663cf41e7400723395f2f22b39e0b83459f10f98a55"),
        claim(
            "2063e5e7fe538e37f9d4f53000023ee5f4017e1d26c6b90659bd60aea8ac196f",
            "13e65afde4d2a43f99780b444b700c77705d3ebc2a30de55ff2bd7b95f925156",
            e: "260d1b82de446f3a9121043e94467ac32f1abcf94158110d41bb6204a6326af1",
            r: "260d1b82de446f3a9121043e94467ac32f1abcf94158110d41bb6204a6326af6",
            s: "871cab07ae9085a7a3d057d5bb61eba1d83eaafe765cdb35205bb1dedab32213"),
        claim(
            "82e5f87fd84493c1721f8c57fe54e8fa2157177c16ae09709a63def54e5047d0",
            "93c64c644ad00f2278eab16530667e4aa95ac1abab31df36a6f0e0837b3e58e4",
            e: "baadcc975d7b0e56e0eaa7dac605f2c57754ead7ac5deec61283fa1c18093f16",
            r: "baadcc975d7b0e56e0eaa7dac605f2c605510b6b8a97e99bbec80612de33fdf0",
            s: "20441f8672c9212400dd51c474dad652d10ae3e41deb567d756d458b12c3199e"),
        claim(
            "f1e09b8ef36bd0dc8f0d45d3f6d2c43321f7858e7858eda1ea41abb84507c88e",
            "6c2e991d5450ce5c5893d17bf68e889892a6553b5fe1496dc49f04fba3253155",
            e: "e01008fa9dee2b3fa4e5c130037cd53c3affafc1a1a84b9966319815048ebb21",
            r: "e01008fa9dee2b3fa4e5c130037cd53cc8fbd0557fe2466f1275a40bcab979fd",
            s: "febb69816b1843be8ffb11db896091715b117d4e00319a0e58406d1fc51c7cc2"),
    ]

    private static func claim(_ x: String, _ y: String, e: String, r: String, s: String) -> SM2.DigestClaim {
        SM2.DigestClaim(
            key: SM2.PublicKey(Hex.decode(x + y)!)!, digest: Digest(hex: e)!,
            signature: SM2.Signature(r: Digest(hex: r)!, s: Digest(hex: s)!))
    }
}
