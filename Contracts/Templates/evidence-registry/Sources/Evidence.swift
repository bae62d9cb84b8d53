// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// What is known of a deposited digest.
struct Evidence: Storable {
    var title: Text
    var size: UInt64
    var owner: Text
    var member: Text
    var deposited: Moment
    var isNullified: Bool
    /// Deposits are numbered from 1, in the order of their blocks, so also of their times.
    var number: UInt64
    /// The number of what the same organisation deposited before; 0 for its first.
    var previous: UInt64

    func encode(into writer: inout Writer) {
        writer.put(title)
        writer.put(size)
        writer.put(owner)
        writer.put(member)
        writer.put(deposited)
        writer.put(isNullified)
        writer.put(number)
        writer.put(previous)
    }

    static var shape: Shape {
        .record(
            "evidence",
            [
                .init("title", .text), .init("size", .number), .init("owner", .text), .init("member", .text),
                .init("deposited", .moment), .init("nullified", .flag), .init("number", .number),
                .init("previous", .number),
            ])
    }
}

extension Evidence {
    init(from reader: inout Reader) throws(Failure) {
        title = try reader.take()
        size = try reader.take()
        owner = try reader.take()
        member = try reader.take()
        deposited = try reader.take()
        isNullified = try reader.take()
        number = try reader.take()
        previous = try reader.take()
    }
}

/// Digests one after the other, as they stand in state: they are taken apart where one is looked at, not where all
/// are only passed on.
struct DigestRun: Storable {
    private(set) var count = 0
    private var bytes = Bytes("")

    init() {}

    /// The digest at a place from 0 on.
    func digest(at place: Int) throws(Failure) -> Digest { try Digest(bytes.slice(32 * place, 32 * place + 32)) }

    mutating func append(_ digest: Digest) {
        var longer = Writer()
        longer.raw(bytes)
        longer.raw(digest.bytes)
        bytes = longer.done()
        count += 1
    }

    func encode(into writer: inout Writer) {
        writer.number(UInt64(truncatingIfNeeded: count))
        writer.raw(bytes)
    }

    static var shape: Shape { .list(.digest) }
}

extension DigestRun {
    init(from reader: inout Reader) throws(Failure) {
        count = Int(truncatingIfNeeded: try reader.number(max: UInt64(truncatingIfNeeded: reader.remaining / 32)))
        bytes = try reader.raw(count: 32 * count)
    }
}

/// The digests with the highest numbers: the page that is not full yet, or has just become so.
struct Tail: Storable {
    var page: UInt64 = 0
    var digests = DigestRun()

    /// The number of the newest; 0 where there is none.
    var last: UInt64 {
        page * UInt64(EvidenceRegistry.pageSize) + UInt64(truncatingIfNeeded: digests.count)
    }

    func encode(into writer: inout Writer) {
        writer.put(page)
        writer.put(digests)
    }

    static var shape: Shape { .record("tail", [.init("page", .number), .init("digests", DigestRun.shape)]) }
}

extension Tail {
    init(from reader: inout Reader) throws(Failure) {
        page = try reader.take()
        digests = try reader.take()
    }
}

/// One line of a record's history.
struct Step: Storable {
    enum Kind: UInt8, Choice {
        case deposited, annotated, nullified

        var name: StaticString {
            switch self {
            case .deposited: "deposited"
            case .annotated: "annotated"
            case .nullified: "nullified"
            }
        }
    }

    var kind: Kind
    var text: Text
    var member: Text
    var at: Moment

    func encode(into writer: inout Writer) {
        writer.put(kind)
        writer.put(text)
        writer.put(member)
        writer.put(at)
    }

    static var shape: Shape {
        .record(
            "step",
            [.init("kind", Kind.shape), .init("text", .text), .init("member", .text), .init("at", .moment)])
    }
}

extension Step {
    init(from reader: inout Reader) throws(Failure) {
        kind = try reader.take()
        text = try reader.take()
        member = try reader.take()
        at = try reader.take()
    }
}

/// One line of a page: hand its cursor back to go on.
struct Found: Storable {
    var digest: Digest
    var cursor: Bytes

    func encode(into writer: inout Writer) {
        writer.put(digest)
        writer.put(cursor)
    }

    static var shape: Shape { .record("found", [.init("digest", .digest), .init("cursor", .bytes)]) }
}

extension Found {
    init(from reader: inout Reader) throws(Failure) {
        digest = try reader.take()
        cursor = try reader.take()
    }
}
