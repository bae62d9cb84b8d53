// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// A record of a form's registry: its state, who made it, when it last changed, and a value or none for each field.
/// - Spec: KIT-16.
struct FormRecord {
    var state: UInt8
    var creator: Text
    var created: Moment
    var changed: Moment
    /// Canonical bytes, by field.
    var values: [Bytes?]

    init(_ state: UInt8, of creator: Text, at time: Moment, _ values: [Bytes?]) {
        self.state = state
        self.creator = creator
        created = time
        changed = time
        self.values = values
    }

    /// A required field stands as its value, another behind a flag.
    func encode(into writer: inout Writer, _ plan: FormPlan) {
        writer.byte(state)
        writer.put(creator)
        writer.put(created)
        writer.put(changed)
        for index in 0..<plan.fields.count {
            if !plan.fields[index].isRequired { writer.put(values[index] != nil) }
            if let value = values[index] { writer.raw(value) }
        }
    }

    init(from bytes: Bytes, _ plan: FormPlan) throws(Failure) {
        var reader = Reader(bytes)
        state = try reader.byte()
        creator = try reader.take()
        created = try reader.take()
        changed = try reader.take()
        values = []
        for field in plan.fields {
            let isThere = field.isRequired ? true : try Bool(from: &reader)
            values.append(isThere ? try field.value(from: &reader) : nil)
        }
        try reader.finish()
    }
}

/// Bytes that stand for themselves: a record as it lies in state, a key as its field writes it.
struct Verbatim: Storable {
    let bytes: Bytes

    init(_ bytes: Bytes) { self.bytes = bytes }

    func encode(into writer: inout Writer) { writer.raw(bytes) }

    init(from reader: inout Reader) throws(Failure) { bytes = try reader.raw(count: reader.remaining) }

    static var shape: Shape { .bytes }
}

/// One line of a record's history, and the body of the event that announces it.
struct FormStep: Storable {
    let action: Text
    let key: Bytes
    let organization: Text
    let member: Text
    let at: Moment

    init(_ action: Text, _ key: Bytes) {
        self.action = action
        self.key = key
        organization = Caller.organization
        member = Caller.member
        at = Block.time
    }

    func encode(into writer: inout Writer) {
        writer.put(action)
        writer.put(key)
        writer.put(organization)
        writer.put(member)
        writer.put(at)
    }

    init(from reader: inout Reader) throws(Failure) {
        action = try reader.take()
        key = try reader.take()
        organization = try reader.take()
        member = try reader.take()
        at = try reader.take()
    }

    static var shape: Shape {
        .record(
            "step",
            [
                .init("action", .text), .init("key", .bytes), .init("organization", .text), .init("member", .text),
                .init("at", .moment),
            ])
    }
}
