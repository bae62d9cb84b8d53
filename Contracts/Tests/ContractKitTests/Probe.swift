// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// A contract that has one of everything, for the kit's own tests.
struct Probe: Contract {
    static let cell = Cell<Text>("cell")
    static let counter = Counter("counter")
    static let map = Map<Text, UInt64>("map")
    static let set = Members<UInt64>("set")
    static let journal = Journal<Text, UInt64>("journal")
    static let index = Index<UInt64, Text>("index")
    static let noted = Event<UInt64>("noted")
    static let own = Failure(7)

    static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("probe", version: 3, zh: "探针 \"一\"", en: "Probe \\ one")
        contract.state(cell, zh: "", en: "")
        contract.state(counter, zh: "", en: "")
        contract.state(map, zh: "", en: "")
        contract.state(set, zh: "", en: "")
        contract.state(journal, zh: "", en: "")
        contract.state(index, zh: "", en: "")
        contract.event(noted, zh: "", en: "")
        contract.failure(own, "own", zh: "", en: "")
        try contract.start(takes: Field<Text>("first", zh: "", en: ""), do: start)
        try contract.migration(do: migrate)
        let text = Field<Text>("text", zh: "", en: "")
        let number = Field<UInt64>("number", zh: "", en: "")
        try contract.method("fill", .change, zh: "", en: "", takes: text, number, do: fill)
        try contract.method("peek", .view, zh: "", en: "", takes: text, do: peek)
        try contract.method("cheat", .view, zh: "", en: "", do: cheat)
        try contract.method("fail", .change, zh: "", en: "", do: fail)
        try contract.method("relay", .change, zh: "", en: "", takes: text, text, do: relay)
        try contract.method("survive", .change, zh: "", en: "", takes: text, do: survive)
        try contract.method("who", .view, zh: "", en: "", do: who)
        try contract.method("insert", .change, zh: "", en: "", takes: number, text, do: insert)
        try contract.method("take", .change, zh: "", en: "", takes: number, text, do: take)
        try contract.method("large", .change, zh: "", en: "", takes: number, do: large)
    }

    static func start(_ text: Text) throws(Failure) {
        if text == "bad" { throw own.about("start") }
        try cell.set(text)
    }

    static func migrate() throws(Failure) { try cell.set("migrated") }

    static func fill(_ text: Text, _ number: UInt64) throws(Failure) {
        try map.set(text, number)
        try set.insert(number)
        try journal.append(number, to: text)
        try index.insert(text, under: number)
        _ = try counter.next()
        try noted.emit(number)
    }

    static func peek(_ text: Text) throws(Failure) -> UInt64 { try map.get(text, or: own) }

    static func cheat() throws(Failure) { try cell.set("changed") }

    static func fail() throws(Failure) {
        try cell.set("changed")
        try noted.emit(1)
        throw own.about("这里")
    }

    static func relay(_ contract: Text, _ method: Text) throws(Failure) {
        try cell.set("relayed")
        try OtherContract(contract).call(method)
    }

    static func survive(_ contract: Text) throws(Failure) -> UInt64 {
        try cell.set("survived")
        switch try OtherContract(contract).tryCall("fail") {
        case .answered: return 0
        case .failed(let code): return code
        }
    }

    static func who() throws(Failure) -> [Text] {
        let direct = Caller.contract ?? "nobody"
        let holds: Text = Caller.holds("auditor") ? "auditor" : "none"
        return [Caller.member, Caller.organization, direct, Block.contract, Text(Block.height), holds]
    }

    static func insert(_ number: UInt64, _ text: Text) throws(Failure) -> Bool { try index.insert(text, under: number) }

    static func take(_ number: UInt64, _ text: Text) throws(Failure) -> Bool { try index.remove(text, under: number) }

    static func large(_ size: UInt64) throws(Failure) {
        var writer = Writer()
        for _ in 0..<size { writer.byte(0x61) }
        let text = try Text(utf8: writer.done())
        try map.set(text, 1)
        try cell.set(text)
    }
}
