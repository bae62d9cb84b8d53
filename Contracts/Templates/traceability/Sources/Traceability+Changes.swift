// SPDX-License-Identifier: Apache-2.0
import ContractKit

extension Traceability {
    static func start(_ name: Text) throws(Failure) { try operatorName.set(name) }

    static func register(_ name: Text) throws(Failure) {
        try requireOperator()
        try parties.insert(name)
    }

    static func strike(_ name: Text) throws(Failure) {
        try requireOperator()
        try parties.remove(name)
    }

    static func make(_ name: Text, _ kind: Text, _ quantity: UInt64) throws(Failure) {
        let maker = Caller.organization
        try requireParty(maker)
        try add(name, Item(kind: kind, quantity: quantity, maker: maker, holder: maker, parents: [], state: .held))
        try note("make", name)
    }

    static func offer(_ name: Text, _ receiver: Text) throws(Failure) {
        var item = try ownFree(name)
        try requireParty(receiver)
        item.state = .offered
        item.receiver = receiver
        try items.set(name, item)
        try note("offer", name)
    }

    /// The second signature: only now the goods change hands.
    static func accept(_ name: Text) throws(Failure) {
        var item = try items.get(name, or: unknown)
        guard item.state == .offered, let receiver = item.receiver else { throw notFree }
        if receiver != Caller.organization { throw notReceiver }
        try requireParty(receiver)
        try requireSound(name)
        try heldBy.remove(Nothing(), under: Pair(item.holder, name))
        try heldBy.insert(Nothing(), under: Pair(receiver, name))
        item.holder = receiver
        item.receiver = nil
        item.state = .held
        try items.set(name, item)
        try note("accept", name)
        try handedOver.emit(name)
    }

    static func decline(_ name: Text) throws(Failure) {
        var item = try items.get(name, or: unknown)
        guard item.state == .offered, let receiver = item.receiver else { throw notFree }
        if receiver != Caller.organization, item.holder != Caller.organization { throw notReceiver }
        item.receiver = nil
        item.state = .held
        try items.set(name, item)
        try note("decline", name)
    }

    static func recall(_ name: Text, _ reason: Text) throws(Failure) {
        let item = try items.get(name, or: unknown)
        if item.maker != Caller.organization, try operatorName.get() != Caller.organization { throw notMaker }
        try recalls.set(name, reason)
        try note("recall: " + reason, name)
        try recalled.emit(name)
    }

    static func split(_ name: Text, _ parts: [Part]) throws(Failure) {
        if parts.isEmpty { throw wrongSum }
        if parts.count > partsMax { throw tooMany }
        let item = try ownFree(name)
        var sum: UInt64 = 0
        for part in parts { sum = try sum.plus(part.quantity) }
        if sum != item.quantity { throw wrongSum }
        for part in parts {
            let piece = Item(
                kind: item.kind, quantity: part.quantity, maker: item.maker, holder: item.holder, parents: [name],
                state: .held)
            try add(part.item, piece)
            try children.append(part.item, to: name)
            try note("split from " + name, part.item)
        }
        try use(name, item)
    }

    static func merge(_ names: [Text], _ into: Text) throws(Failure) {
        if names.count > partsMax { throw tooMany }
        var whole: Item?
        for name in names {
            // An item named twice is used up the second time.
            let item = try ownFree(name)
            if var sum = whole {
                if sum.kind != item.kind { throw unlike }
                sum.quantity = try sum.quantity.plus(item.quantity)
                whole = sum
            } else {
                whole = Item(
                    kind: item.kind, quantity: item.quantity, maker: item.holder, holder: item.holder, parents: names,
                    state: .held)
            }
            try children.append(into, to: name)
            try use(name, item)
        }
        guard let whole else { throw unknown }
        try add(into, whole)
        try note("merge", into)
    }

    private static func requireOperator() throws(Failure) {
        if try operatorName.get() != Caller.organization { throw onlyOperator }
    }

    private static func requireParty(_ name: Text) throws(Failure) {
        if try !parties.contains(name) { throw notParty.about(name) }
    }

    private static func requireSound(_ name: Text) throws(Failure) {
        if try !recallReasons(name).isEmpty { throw isRecalled.about(name) }
    }

    private static func add(_ name: Text, _ item: Item) throws(Failure) {
        if name.isEmpty { throw unknown }
        if try items.contains(name) { throw exists.about(name) }
        try items.set(name, item)
        try heldBy.insert(Nothing(), under: Pair(item.holder, name))
    }

    /// What the caller holds, free and not recalled.
    private static func ownFree(_ name: Text) throws(Failure) -> Item {
        let item = try items.get(name, or: unknown.about(name))
        if item.holder != Caller.organization { throw notHolder.about(name) }
        if item.state != .held { throw notFree.about(name) }
        try requireParty(item.holder)
        try requireSound(name)
        return item
    }

    private static func use(_ name: Text, _ item: Item) throws(Failure) {
        var item = item
        item.state = .used
        try items.set(name, item)
        try heldBy.remove(Nothing(), under: Pair(item.holder, name))
        try note("used", name)
    }

    private static func note(_ what: Text, _ name: Text) throws(Failure) {
        try history.append(Passage(what: what, organization: Caller.organization, at: Block.time), to: name)
    }
}
