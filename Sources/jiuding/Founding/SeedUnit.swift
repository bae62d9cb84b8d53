// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// A unit of the organisation tree that comes with the program: who may become an organisation of a city's chain.
///
/// A chain's own organisations are flat, each a legal person that answers for itself (ORG-1); the tree says whose
/// department a unit is, for whoever fills in a founding file or reads a matrix.
/// - Spec: SEED-1.
package struct SeedUnit: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case city, committee, bureau, zone, district
    }

    /// What a founding file and policies call it.
    package let id: String
    package let name: String
    package let english: String
    /// The unit above it; empty for the city.
    package let parent: String
    package let kind: Kind
    package let region: UInt32

    fileprivate init(
        _ id: String, _ name: String, _ english: String, under parent: String, _ kind: Kind, region: UInt32 = 410_100
    ) {
        (self.id, self.name, self.english) = (id, name, english)
        (self.parent, self.kind, self.region) = (parent, kind, region)
    }

    /// A code of the right form that is nobody's: who founds a chain puts the unit's own in its place.
    package var placeholder: CreditCode {
        let number = SeedUnit.all.firstIndex { $0.id == id } ?? 0
        let body =
            Array("11\(region)".utf8) + Array("0000000".utf8) + [0x30 + UInt8(number / 10), 0x30 + UInt8(number % 10)]
        guard let check = CreditCode.check(of: body[...]), let code = CreditCode(ascii: body + [check]) else {
            preconditionFailure("a placeholder is made of digits")
        }
        return code
    }

    package static func named(_ id: String) -> SeedUnit? { all.first { $0.id == id } }

    /// The unit's place: how many units are above it.
    package var depth: Int {
        var (count, unit) = (0, self)
        while let above = SeedUnit.named(unit.parent) { (count, unit) = (count + 1, above) }
        return count
    }

    /// A unit after the one above it.
    package static let all: [SeedUnit] = city + bureaus + zones + districts

    private static let city = [
        SeedUnit("zhengzhou", "郑州市人民政府", "Zhengzhou municipal government", under: "", .city),
        SeedUnit("party", "中共郑州市委", "Municipal party committee", under: "zhengzhou", .committee),
        SeedUnit("secrecy", "市委机要保密局", "Secrecy and cipher bureau", under: "party", .committee),
        SeedUnit("cyberspace", "市委网信办", "Cyberspace affairs office", under: "party", .committee),
    ]

    private static func bureau(_ id: String, _ name: String, _ english: String) -> SeedUnit {
        SeedUnit(id, name, english, under: "zhengzhou", .bureau)
    }

    private static let bureaus = [
        bureau("bigdata", "市大数据局", "Big data bureau"),
        bureau("services", "市政务办", "Government services office"),
        bureau("market", "市市场监管局", "Market regulation bureau"),
        bureau("finance", "市金融局", "Financial affairs bureau"),
        bureau("tax", "市税务局", "Tax bureau"),
        bureau("housing", "市住房保障局", "Housing security bureau"),
        bureau("planning", "市资源规划局", "Natural resources and planning bureau"),
        bureau("insurance", "市医保局", "Healthcare security bureau"),
        bureau("health", "市卫健委", "Health commission"),
        bureau("civildefence", "市人防办", "Civil air defence office"),
        bureau("transport", "市交通局", "Transport bureau"),
        bureau("industry", "市工信局", "Industry and information bureau"),
        bureau("education", "市教育局", "Education bureau"),
        bureau("labour", "市人社局", "Human resources and social security bureau"),
        bureau("commerce", "市商务局", "Commerce bureau"),
    ]

    private static func zone(_ id: String, _ name: String, _ english: String) -> SeedUnit {
        SeedUnit(id, name, english, under: "zhengzhou", .zone)
    }

    private static let zones = [
        zone("airport", "郑州航空港经济综合实验区", "Airport economy zone"),
        zone("zhengdong", "郑东新区", "Zhengdong new district"),
        zone("economic", "郑州经济技术开发区", "Economic and technological development zone"),
        zone("hightech", "郑州高新技术产业开发区", "High-tech industrial development zone"),
    ]

    private static func district(_ id: String, _ name: String, _ english: String, _ region: UInt32) -> SeedUnit {
        SeedUnit(id, name, english, under: "zhengzhou", .district, region: region)
    }

    private static let districts = [
        district("zhongyuan", "中原区", "Zhongyuan district", 410_102),
        district("erqi", "二七区", "Erqi district", 410_103),
        district("guancheng", "管城回族区", "Guancheng Hui district", 410_104),
        district("jinshui", "金水区", "Jinshui district", 410_105),
        district("shangjie", "上街区", "Shangjie district", 410_106),
        district("huiji", "惠济区", "Huiji district", 410_108),
        district("zhongmu", "中牟县", "Zhongmu county", 410_122),
        district("gongyi", "巩义市", "Gongyi city", 410_181),
        district("xingyang", "荥阳市", "Xingyang city", 410_182),
        district("xinmi", "新密市", "Xinmi city", 410_183),
        district("xinzheng", "新郑市", "Xinzheng city", 410_184),
        district("dengfeng", "登封市", "Dengfeng city", 410_185),
    ]
}
