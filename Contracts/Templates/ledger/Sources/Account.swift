// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// An account: balances are in the smallest unit; an issuing account's is below zero by what it has given out.
struct Account: Storable {
    var owner: Text
    var isIssuing: Bool
    var balance: Int64
    /// Set aside by holds; part of the balance.
    var held: Int64

    /// What can be paid out now.
    func spare() throws(Failure) -> Int64 { isIssuing ? .max : try Ledger.sum(balance, -held) }

    func encode(into writer: inout Writer) {
        writer.put(owner)
        writer.put(isIssuing)
        writer.put(balance)
        writer.put(held)
    }

    static var shape: Shape {
        .record(
            "account",
            [.init("owner", .text), .init("issuing", .flag), .init("balance", .signed), .init("held", .signed)])
    }
}

extension Account {
    init(from reader: inout Reader) throws(Failure) {
        owner = try reader.take()
        isIssuing = try reader.take()
        balance = try reader.take()
        held = try reader.take()
    }
}

/// An amount set aside for a payee.
struct Hold: Storable {
    var from: Text
    var to: Text
    var amount: Int64
    var until: Moment

    func encode(into writer: inout Writer) {
        writer.put(from)
        writer.put(to)
        writer.put(amount)
        writer.put(until)
    }

    static var shape: Shape {
        .record(
            "hold", [.init("from", .text), .init("to", .text), .init("amount", .signed), .init("until", .moment)])
    }
}

extension Hold {
    init(from reader: inout Reader) throws(Failure) {
        from = try reader.take()
        to = try reader.take()
        amount = try reader.take()
        until = try reader.take()
    }
}

/// One entry, in the books of both accounts.
struct Posting: Storable {
    var from: Text
    var to: Text
    var amount: Int64
    var memo: Text
    var at: Moment

    func encode(into writer: inout Writer) {
        writer.put(from)
        writer.put(to)
        writer.put(amount)
        writer.put(memo)
        writer.put(at)
    }

    static var shape: Shape {
        .record(
            "posting",
            [
                .init("from", .text), .init("to", .text), .init("amount", .signed), .init("memo", .text),
                .init("at", .moment),
            ])
    }
}

extension Posting {
    init(from reader: inout Reader) throws(Failure) {
        from = try reader.take()
        to = try reader.take()
        amount = try reader.take()
        memo = try reader.take()
        at = try reader.take()
    }
}
