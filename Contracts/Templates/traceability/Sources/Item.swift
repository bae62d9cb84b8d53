// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// A batch of goods of one kind.
struct Item: Storable {
    enum State: UInt8, Choice {
        case held, offered, used

        var name: StaticString {
            switch self {
            case .held: "held"
            case .offered: "offered"
            case .used: "used"
            }
        }
    }

    var kind: Text
    var quantity: UInt64
    /// Who made it, or merged it.
    var maker: Text
    var holder: Text
    /// What it was split or merged from.
    var parents: [Text]
    var state: State
    /// Whom it is offered to.
    var receiver: Text?

    func encode(into writer: inout Writer) {
        writer.put(kind)
        writer.put(quantity)
        writer.put(maker)
        writer.put(holder)
        writer.put(parents)
        writer.put(state)
        writer.put(receiver)
    }

    static var shape: Shape {
        .record(
            "item",
            [
                .init("kind", .text), .init("quantity", .number), .init("maker", .text), .init("holder", .text),
                .init("parents", .list(.text)), .init("state", State.shape), .init("receiver", .optional(.text)),
            ])
    }
}

extension Item {
    init(from reader: inout Reader) throws(Failure) {
        kind = try reader.take()
        quantity = try reader.take()
        maker = try reader.take()
        holder = try reader.take()
        parents = try reader.take()
        state = try reader.take()
        receiver = try reader.take()
    }
}

/// One part of a split.
struct Part: Storable {
    var item: Text
    var quantity: UInt64

    func encode(into writer: inout Writer) {
        writer.put(item)
        writer.put(quantity)
    }

    static var shape: Shape { .record("part", [.init("item", .text), .init("quantity", .number)]) }
}

extension Part {
    init(from reader: inout Reader) throws(Failure) {
        item = try reader.take()
        quantity = try reader.take()
    }
}

/// One line of an item's history.
struct Passage: Storable {
    var what: Text
    var organization: Text
    var at: Moment

    func encode(into writer: inout Writer) {
        writer.put(what)
        writer.put(organization)
        writer.put(at)
    }

    static var shape: Shape {
        .record("passage", [.init("what", .text), .init("organization", .text), .init("at", .moment)])
    }
}

extension Passage {
    init(from reader: inout Reader) throws(Failure) {
        what = try reader.take()
        organization = try reader.take()
        at = try reader.take()
    }
}

/// One line of a page: hand its cursor back to go on.
struct Holding: Storable {
    var item: Text
    var cursor: Bytes

    func encode(into writer: inout Writer) {
        writer.put(item)
        writer.put(cursor)
    }

    static var shape: Shape { .record("holding", [.init("item", .text), .init("cursor", .bytes)]) }
}

extension Holding {
    init(from reader: inout Reader) throws(Failure) {
        item = try reader.take()
        cursor = try reader.take()
    }
}
