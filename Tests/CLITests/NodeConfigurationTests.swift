// SPDX-License-Identifier: Apache-2.0
import Ledger
import Testing
import jiuding

/// NODE-1, NODE-2: what a configuration may say, and where a mistake is.
@Suite struct NodeConfigurationTests {
    private static let account = String(repeating: "ab", count: 32)
    private static let whole = """
        node: node-0
        data: .
        log:
          level: debug
        keys:
          validator: keys/v.key
          encryption: /elsewhere/e.key
        certificates:
          signing: s.crt
          encryption: e.crt
          authorities: [a.crt, b.crt]
          revocations: a.crl
        peers:
          listen: ["127.0.0.1:8700", "[::1]:8700"]
          zone: inner
          nodes:
            - name: node-1
              account: \(account)
              addresses:
                default: 10.0.0.1:8700
                inner: ["192.168.0.1:8700", 192.168.0.2:8700]
                outer: 8.8.8.8:8700
        gateway:
          listen: 127.0.0.1:8600
          tokens:
            - token: t
              key: k
        chains:
          - name: main
          - name: tax
            state-heights: 100
            blocks-kept: 5000
            archive: old
            reads: public
            state-memory: 2048
        audit:
          anchor-key: a.key
          anchor-chain: tax
          anchor-seconds: 60
          count-seconds: 5
          read-files-kept: 3
          kept-days: 400
          archive: /mnt/audit
        """

    private func read(_ text: String) throws(ConfigurationFlaw) -> NodeConfiguration {
        try NodeConfiguration(ConfigurationSection(file: "/etc/jiuding/node.yaml", text: [UInt8](text.utf8)))
    }

    @Test(
        "every key of the table is read, paths from the file's folder, the own zone's addresses first (NODE-1, NODE-2)")
    func everyKey() throws {
        let read = try read(NodeConfigurationTests.whole)
        #expect(read.node == "node-0" && read.data == "/etc/jiuding" && "\(read.logLevel)" == "debug")
        #expect(read.validatorKey == .file("/etc/jiuding/keys/v.key"))
        let peers = try #require(read.peers)
        #expect(
            peers.encryptionKey == "/elsewhere/e.key"
                && peers.listen.map { "\($0)" } == ["127.0.0.1:8700", "[::1]:8700"])
        #expect(peers.certificates.authorities == ["/etc/jiuding/a.crt", "/etc/jiuding/b.crt"])
        #expect(peers.certificates.revocations == ["/etc/jiuding/a.crl"])
        let near = peers.nodes[0].addresses(from: peers.zone).map { "\($0)" }
        #expect(near == ["192.168.0.1:8700", "192.168.0.2:8700", "10.0.0.1:8700"])
        #expect(peers.nodes[0].addresses(from: "default").map { "\($0)" } == ["10.0.0.1:8700"])
        #expect(read.gateway?.defaultChain == "main" && read.gateway?.tokens.first?.key == "/etc/jiuding/k")
        #expect(read.chains.map(\.name) == ["main", "tax"] && read.chains.map(\.stateHeights) == [32, 100])
        #expect(read.chains.map(\.blocksKept) == [nil, 5_000] && read.chains[1].archive == "/etc/jiuding/old")
        #expect(read.chains.map(\.stateMemory) == [768, 2_048])
        #expect(read.chains.map(\.readsArePublic) == [false, true])
        let audit = NodeConfiguration.Audit(
            anchorKey: "/etc/jiuding/a.key", anchorChain: "tax", anchorSeconds: 60, countSeconds: 5, readFilesKept: 3,
            keptDays: 400, archive: "/mnt/audit")
        #expect(read.audit == audit)
    }

    private static let least = """
        node: n
        data: d
        keys: {validator: v}
        chains: [{name: main}]
        """

    @Test("the least configuration is four keys (NODE-1)")
    func least() throws {
        let read = try read(NodeConfigurationTests.least)
        #expect(read.peers == nil && read.gateway == nil && "\(read.logLevel)" == "notice")
    }

    /// What is changed in the whole file, the place that must be named, a word of the reason.
    private static let flaws: [(String, String, String, String)] = [
        ("level: debug", "levle: debug", ":4:3", "levle"), ("level: debug", "level: loud", ":4:10", "loud"),
        ("node: node-0", "node: node-0\nnode: x", "", "written twice"),
        ("data: .", "date: .", "", "data is missing"),
        ("zone: inner", "zone: inner\n  port: 1", ":16:3", "peers.port"),
        ("account: \(account)", "account: xyz", ":18:16", "64 hexadecimal"),
        ("- name: node-1\n      account", "- account", ":17:", "name is missing"),
        ("[\"127.0.0.1:8700\", \"[::1]:8700\"]", "127.0.0.1", ":14:11", "host:port"),
        ("127.0.0.1:8600", "127.0.0.1:99999", ":24:11", "host:port"),
        ("state-heights: 100", "state-heights: 0", ":31:20", "1 to 1000000"),
        ("state-heights: 100", "state-heights: many", ":31:20", "many"),
        ("state-memory: 2048", "state-memory: 7", ":35:19", "8 to 1000000"),
        ("blocks-kept: 5000", "blocks-kept: 0", ":32:18", "1 or more"),
        ("    blocks-kept: 5000\n", "", ":30:5", "blocks-kept"), ("name: tax", "name: ../tax", ":30:11", "chain"),
        ("name: tax", "name: main", "", "twice"),
        ("  encryption: /elsewhere/e.key\n", "", ":13:", "keys.encryption"),
        ("  authorities: [a.crt, b.crt]\n", "", "", "authorities"),
        ("log:\n  level: debug", "log: debug", ":3:6", "keys with values"),
        ("data: .", "data: [1, 2]", ":2:7", "no value"), ("data: .", "data: \"", "", "no YAML"),
        ("listen: 127.0.0.1:8600", "listen: 127.0.0.1:8600\n  default-chain: other", ":25:18", "main, tax"),
        ("  nodes:\n", "  nodez:\n", ":14:3", "peers.nodes is missing"),
        ("tokens:", "tokens: {a: b}\n  others:", ":25:11", "list"),
        ("reads: public", "reads: all", ":34:12", "members or public"),
        ("anchor-chain: tax", "anchor-chain: x", ":38:17", "main, tax"),
        ("count-seconds: 5", "count-seconds: 0", ":40:18", "1 to 3600"),
        ("count-seconds", "counts", ":40:3", "audit.counts"),
    ]

    @Test("a mistake is named with file, line and column, and what would be right (NODE-1)", arguments: flaws)
    func mistakes(old: String, new: String, place: String, word: String) throws {
        let text = NodeConfigurationTests.whole.replacing(old, with: new)
        #expect(text != NodeConfigurationTests.whole)
        let flaw = try #require(throws: ConfigurationFlaw.self) { try read(text) }
        #expect(flaw.place.hasPrefix("/etc/jiuding/node.yaml") && flaw.place.contains(place), "\(flaw.place)")
        #expect(flaw.reason.contains(word), "\(flaw.reason)")
    }

    @Test("limits are numbers of their own keys, and without them there are none (NODE-1, API-45)")
    func limits() throws {
        let gateway = "gateway:\n  listen: 127.0.0.1:8600\n"
        let none = try #require(try read("\(NodeConfigurationTests.least)\n\(gateway)").gateway).limits
        #expect("\(none)".split(separator: "nil").count == 5)
        let text =
            "\(NodeConfigurationTests.least)\n\(gateway)"
            + "  limits: {organization-per-second: 50, organization-per-day: 9, "
            + "strangers-per-second: 2, strangers-per-day: 1}\n"
        let limits = "\(try #require(try read(text).gateway).limits)"
        for (key, number) in [
            ("organizationPerSecond", 50), ("organizationPerDay", 9), ("strangersPerSecond", 2), ("strangersPerDay", 1),
        ] {
            #expect(limits.contains("\(key): Optional(\(number))"))
        }
        for (old, new) in [("second: 50", "second: 0"), ("second: 50", "second: many"), ("day: 9", "week: 9")] {
            #expect(throws: ConfigurationFlaw.self) { try read(text.replacing(old, with: new)) }
        }
    }

    @Test("proxies are addresses or networks, and without them there are none (NODE-1, API-48)")
    func proxies() throws {
        let gateway = "gateway:\n  listen: 127.0.0.1:8600\n"
        let plain = "\(NodeConfigurationTests.least)\n\(gateway)"
        let none = try #require(try read(plain).gateway).proxies
        let some = try #require(try read(plain + "  proxies: [10.0.0.0/8, \"2001:db8::1\"]\n").gateway).proxies
        #expect(none != some)
        #expect(throws: ConfigurationFlaw.self) { try read(plain + "  proxies: everybody\n") }
    }

    @Test("no file of any shape is a trap: bytes, no UTF-8, too long, empty, deep (NODE-1)")
    func shapes() throws {
        for text: [UInt8] in [
            [], [0xff, 0xfe], [0], Array("- a\n- b".utf8), Array("just words".utf8), Array("a: &a [*a]".utf8),
            Array(repeating: 0x20, count: 2 << 20), Array("? {a: b}\n: c".utf8),
            Array(String(repeating: "[", count: 5_000).utf8),
        ] {
            #expect(throws: ConfigurationFlaw.self) {
                try NodeConfiguration(ConfigurationSection(file: "x", text: text))
            }
        }
        // Every file cut off somewhere is read or refused.
        let whole = [UInt8](NodeConfigurationTests.whole.utf8)
        for end in whole.indices {
            let section = try? ConfigurationSection(file: "x", text: Array(whole[..<end]))
            _ = try? section.map { try NodeConfiguration($0) }
        }
    }

    @Test("what needs a restart is named, what does not is not (NODE-6)")
    func settled() throws {
        let old = try read(NodeConfigurationTests.whole)
        var new = old
        new.logLevel = try self.read(NodeConfigurationTests.least).logLevel
        new.peers?.nodes = []
        new.peers?.certificates.signing = "other"
        #expect(new.settled(differingFrom: old).isEmpty)
        new.data = "/other"
        new.peers?.listen = []
        #expect(new.settled(differingFrom: old) == ["data", "peers.listen"])
    }
}
