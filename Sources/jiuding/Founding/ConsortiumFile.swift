// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
package import Ledger
import ShangMi
import Transport

/// Reads what organisations agreed on from the file they all hold: `consortium.yaml`.
///
/// As strict as a node's configuration: an unknown key is a misunderstanding between organisations, and the earlier it
/// is seen the better.
/// - Spec: FOUND-1, FOUND-5 (docs/spec/founding.md).
package struct ConsortiumFile {
    /// - Throws: `Failure` JD-2401 with file, line and column.
    package static func read(_ path: String) throws -> Consortium {
        guard let text = FileManager.default.contents(atPath: path) else {
            throw failure("\(path): " + phrase("it cannot be read", zh: "无法读取"))
        }
        return try parse([UInt8](text), file: path)
    }

    package static func parse(_ text: [UInt8], file: String) throws -> Consortium {
        do throws(ConfigurationFlaw) { return try consortium(ConfigurationSection(file: file, text: text)) } catch {
            throw failure("\(error.place): " + phrase(error.reason, zh: error.reasonZh))
        }
    }

    private static func failure(_ facts: String) -> Failure {
        let code = StableCode.foundingSpecification
        return Failure(.usage, code.label, code.sentence + phrase(": ", zh: "：") + facts, fix: code.remedy)
    }

    private static func consortium(_ section: ConfigurationSection) throws(ConfigurationFlaw) -> Consortium {
        var top = section
        let _: Int = try top.value("consortium", "1, the format of this file", zh: " 1，即本文件格式") { $0 == "1" ? 1 : nil }
        let name = try label(&top, "chain")
        let founded = try top.value("founded", "a time like 2026-12-01T00:00:00Z", zh: "形如 2026-12-01T00:00:00Z 的时间") {
            timestamp($0)
        }
        let rules = try top.value("rules", default: RuleVersion.first, "a number", zh: "数字") {
            UInt16($0).map(RuleVersion.init)
        }
        let parameters = try parameters(&top)
        var waivers: Consortium.Waivers = []
        for word in try top.texts("waive") {
            guard let known = Consortium.Waivers.words.first(where: { $0.word == word }) else {
                let all = Consortium.Waivers.words.map(\.word).joined(separator: ", ")
                throw top.flaw("waive knows \(all), not \"\(word)\"", zh: "waive 可取 \(all)，而非“\(word)”")
            }
            waivers.insert(known.waiver)
        }
        var parties: [Consortium.Party] = []
        for item in try top.neededSections("organizations") {
            parties.append(try party(item, person: { Consortium.person($0, name: name, founded: founded) }))
        }
        try top.end()
        return Consortium(
            name: name, founded: founded, rules: rules, parameters: parameters, waivers: waivers, parties: parties)
    }

    private static func parameters(_ top: inout ConfigurationSection) throws(ConfigurationFlaw) -> ConsensusParameters {
        let usual = ConsensusParameters()
        guard var section = try top.section("parameters") else { return usual }
        func number(_ key: String, _ fallback: UInt64, _ most: UInt64) throws(ConfigurationFlaw) -> UInt64 {
            try section.value(key, default: fallback, "0 to \(most)", zh: " 0 到 \(most)") { text in
                UInt64(text).flatMap { $0 <= most ? $0 : nil }
            }
        }
        let parameters = ConsensusParameters(
            blockIntervalMillis: try number("block-interval", usual.blockIntervalMillis, 60_000),
            heartbeatMillis: try number("heartbeat", usual.heartbeatMillis, 86_400_000),
            clockToleranceMillis: try number("clock-tolerance", usual.clockToleranceMillis, 60_000),
            blockTransactionsMax: Int(
                try number(
                    "block-transactions", UInt64(usual.blockTransactionsMax), UInt64(Limits.payloadTransactionsMax))))
        try section.end()
        return parameters
    }

    private static func party(
        _ item: ConfigurationSection, person: (Label) -> Digest
    ) throws(ConfigurationFlaw) -> Consortium.Party {
        var item = item
        let id = try item.value("id", "a name of 1 to 128 bytes", zh: " 1 至 128 字节的名称") { text in
            Label(text).flatMap { $0.utf8.count <= Limits.organizationIDBytesMax ? $0 : nil }
        }
        let name = try optional(&item, "name", "a name of at most 255 bytes", "至多 255 字节的名称") { Label($0) }
        let code = try optional(
            &item, "credit-code", "a unified social credit code of 18 characters, the last of which checks the others",
            "18 位统一社会信用代码，末位为校验码"
        ) { CreditCode($0) }
        let region = try optional(&item, "region", "six digits of GB/T 2260", " GB/T 2260 六位行政区划代码") { RegionCode($0) }
        let cloud = try item.value("cloud", "a name without a stroke", zh: "不含斜线的名称") { cloudName($0) }
        let site = try optional(&item, "site", "a name", "名称") { Label($0) }
        let organization = Organization(
            id: id, name: name, creditCode: code, region: region, cloud: cloud, site: site ?? Label(literal: ""))
        var nodes: [Consortium.Node] = []
        for node in try item.sections("validators") { nodes.append(try self.node(node, of: organization, true)) }
        for node in try item.sections("observers") { nodes.append(try self.node(node, of: organization, false)) }
        var seats: [Consortium.Seat] = []
        for seat in try item.sections("members") { seats.append(try self.seat(seat, person)) }
        try item.end()
        return Consortium.Party(
            organization: organization, nodes: nodes, seats: AnchorSeat.seats(seats, for: nodes))
    }

    private static func node(
        _ section: ConfigurationSection, of organization: Organization, _ isValidator: Bool
    ) throws(ConfigurationFlaw) -> Consortium.Node {
        var section = section
        let name = try label(&section, "name")
        let addresses = try section.addresses("addresses")
        let listen = try optional(&section, "listen", "host:port", " 主机:端口") { NodeAddress($0) }
        let gateway = try optional(&section, "gateway", "host:port", " 主机:端口") { NodeAddress($0) }
        let cloud = try optional(&section, "cloud", "a name without a stroke", "不含斜线的名称") { cloudName($0) }
        let site = try optional(&section, "site", "a name", "名称") { Label($0) } ?? organization.site
        let stem = (cloud ?? organization.cloud).text
        guard let domain = Label(site.isEmpty ? stem : "\(stem)/\(site.text)"),
            addresses.count <= Limits.foundingAddressesMax
        else { throw section.flaw("cloud, site or addresses are too long", zh: "cloud、site 或 addresses 过长") }
        // What is read as an address is written as one, so that one address has one form.
        let labels = addresses.compactMap { Label("\($0)") }
        guard labels.count == addresses.count else {
            throw section.flaw("an address is too long", zh: "地址过长")
        }
        let node = Consortium.Node(
            name: name, isValidator: isValidator, domain: domain, addresses: labels,
            listen: listen.flatMap { Label("\($0)") }, gateway: gateway.flatMap { Label("\($0)") })
        try section.end()
        return node
    }

    private static func seat(
        _ section: ConfigurationSection, _ person: (Label) -> Digest
    ) throws(ConfigurationFlaw) -> Consortium.Seat {
        var section = section
        let name = try label(&section, "name")
        var roles = RoleSet.none
        for word in try section.texts("roles") {
            guard let role = MemberRole(word: word) else {
                let all = MemberRole.allCases.map(\.word).joined(separator: ", ")
                throw section.flaw("a role is one of \(all), not \"\(word)\"", zh: "角色可取 \(all)，而非“\(word)”")
            }
            roles = roles.union(RoleSet(role))
        }
        var groups: [Label] = []
        for text in try section.texts("groups") {
            guard let group = Label(text), groups.count < Limits.memberGroupsMax else {
                throw section.flaw("groups are at most 8 names", zh: "groups 至多 8 个名称")
            }
            groups.append(group)
        }
        let alias = try optional(
            &section, "person", "a pseudonym and never an identity number", "化名，不得为身份证号"
        ) { pseudonym($0) }
        let key = try optional(
            &section, "key", "a public key of 128 hexadecimal digits, with or without 04 in front",
            " 128 位十六进制公钥，可带 04 前缀"
        ) { publicKey($0) }
        let seat = Consortium.Seat(
            name: name, roles: roles.isEmpty ? RoleSet(.user) : roles, groups: groups, person: alias.map(person),
            key: key)
        try section.end()
        return seat
    }

    // MARK: Values

    private static func label(_ section: inout ConfigurationSection, _ key: String) throws(ConfigurationFlaw) -> Label {
        try section.value(key, "a name of 1 to 128 bytes", zh: " 1 至 128 字节的名称") { text in
            Label(text).flatMap { Consortium.isFileName($0) ? $0 : nil }
        }
    }

    private static func optional<Value>(
        _ section: inout ConfigurationSection, _ key: String, _ expected: String, _ expectedZh: String,
        _ parse: (String) -> Value?
    ) throws(ConfigurationFlaw) -> Value? {
        // Asked for all the same, so that the list of known keys is whole.
        guard section.names.contains(key) else {
            _ = try section.optionalText(key)
            return nil
        }
        return try section.value(key, expected, zh: expectedZh, parse)
    }

    private static func cloudName(_ text: String) -> Label? { text.contains("/") ? nil : Label(text) }

    /// 18 characters of which 17 are digits look like a resident identity number, which never goes on a chain (MEMB-3).
    private static func pseudonym(_ text: String) -> Label? {
        let bytes = Array(text.utf8)
        let isDigit = bytes.map { (0x30...0x39).contains($0) }
        let looksLikeNumber =
            bytes.count == 18 && isDigit.prefix(17).allSatisfy { $0 } && (isDigit[17] || bytes[17] | 0x20 == 0x78)
        return looksLikeNumber ? nil : Label(text)
    }

    private static func publicKey(_ text: String) -> SM2.PublicKey? {
        guard let bytes = Hex.decode(text) else { return nil }
        return SM2.PublicKey(bytes.count == 65 && bytes[0] == 4 ? Array(bytes.dropFirst()) : bytes)
    }

    /// Milliseconds since 1970 of an RFC 3339 time; not before 1970 nor after 9999.
    private static func timestamp(_ text: String) -> Timestamp? {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        let seconds = date.timeIntervalSince1970
        guard (0...253_402_300_799).contains(seconds) else { return nil }
        return Timestamp(UInt64(seconds) * 1_000)
    }
}
