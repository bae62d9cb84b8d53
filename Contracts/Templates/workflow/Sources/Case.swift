// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// What is to be decided, by whom, until when, and how far it is.
struct Case: Storable {
    enum State: UInt8, Choice {
        case open, approved, rejected, withdrawn, expired

        var name: StaticString {
            switch self {
            case .open: "open"
            case .approved: "approved"
            case .rejected: "rejected"
            case .withdrawn: "withdrawn"
            case .expired: "expired"
            }
        }
    }

    var title: Text
    var document: Digest
    var opener: Text
    var asked: [Text]
    var signed: [Text]
    var needed: UInt64
    var deadline: Moment
    var state: State

    func encode(into writer: inout Writer) {
        writer.put(title)
        writer.put(document)
        writer.put(opener)
        writer.put(asked)
        writer.put(signed)
        writer.put(needed)
        writer.put(deadline)
        writer.put(state)
    }

    static var shape: Shape {
        .record(
            "case",
            [
                .init("title", .text), .init("document", .digest), .init("opener", .text), .init("asked", .list(.text)),
                .init("signed", .list(.text)), .init("needed", .number), .init("deadline", .moment),
                .init("state", State.shape),
            ])
    }
}

extension Case {
    init(from reader: inout Reader) throws(Failure) {
        title = try reader.take()
        document = try reader.take()
        opener = try reader.take()
        asked = try reader.take()
        signed = try reader.take()
        needed = try reader.take()
        deadline = try reader.take()
        state = try reader.take()
    }
}

/// One line of a case's history.
struct Act: Storable {
    var what: Text
    var organization: Text
    var at: Moment

    func encode(into writer: inout Writer) {
        writer.put(what)
        writer.put(organization)
        writer.put(at)
    }

    static var shape: Shape {
        .record("act", [.init("what", .text), .init("organization", .text), .init("at", .moment)])
    }
}

extension Act {
    init(from reader: inout Reader) throws(Failure) {
        what = try reader.take()
        organization = try reader.take()
        at = try reader.take()
    }
}
